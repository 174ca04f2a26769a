"""The finished config: layers, types, sources; and that everything that ships can be loaded."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from itertools import product

import pytest

from utils.config import CONFIG_DIR, available, config_hash, load_config, usage_text
from utils.errors import UserError


def test_the_command_line_wins_over_algorithm_over_environment_over_default(config_dir, load):
    (config_dir / "algs" / "mine.yaml").write_text("t_max: 3\nlr: 0.3\n")
    (config_dir / "envs" / "mine.yaml").write_text(
        "env: matrix_game\nenv_args: {payoff: [[1, 0], [0, 1]]}\nt_max: 2\nlr: 0.2\ngamma: 0.5\n"
    )
    config = load("lr=0.4", alg="mine", env="mine")
    assert (config.values["gamma"], config.values["t_max"], config.values["lr"]) == (0.5, 3, 0.4)
    assert config.values["batch_size"] == 32
    assert config.sources["gamma"] == "config/envs/mine.yaml, line 5"
    assert config.sources["t_max"] == "config/algs/mine.yaml, line 1"
    assert config.sources["lr"] == "command line"
    assert config.sources["batch_size"].startswith("config/default.yaml, line ")
    assert (config.alg, config.env_config) == ("mine", "mine")


def test_numbers_get_the_type_that_is_declared(config_dir, load):
    (config_dir / "algs" / "mine.yaml").write_text("optim_eps: 1e-5\ngrad_norm_clip: 10\n")
    values = load("t_max=2e5", "lr=1", "buffer_size=5000.0", alg="mine").values
    for key, value in {
        "optim_eps": 1e-5,
        "grad_norm_clip": 10.0,
        "t_max": 200_000,
        "lr": 1.0,
        "buffer_size": 5000,
    }.items():
        assert values[key] == value
        assert type(values[key]) is type(value), key


def test_text_keys_take_the_command_line_as_it_is_written(load):
    values = load("label=007", "name=1e3", "mongo_db=True", "llm.builtin='quoted'").values
    assert values["label"] == "007"
    assert values["name"] == "1e3"
    assert values["mongo_db"] == "True"
    assert values["llm"]["builtin"] == "quoted"


@pytest.mark.parametrize("word", ["None", "null", "none"])
def test_null_where_it_is_declared(load, word):
    values = load(f"mixer={word}", f"seed={word}").values
    assert values["mixer"] is None
    assert values["seed"] is None


@pytest.mark.parametrize("device", ["auto", "cpu", "cuda", "cuda:0", "cuda:12"])
def test_devices(load, device):
    assert load(f"device={device}").values["device"] == device


def test_off_needs_no_quotes_in_a_file(config_dir, load):
    (config_dir / "algs" / "mine.yaml").write_text("llm:\n  bias: off\n")
    assert load(alg="mine").values["llm"]["bias"] == "off"


def test_a_group_is_merged_key_by_key(config_dir, load):
    (config_dir / "algs" / "mine.yaml").write_text("llm:\n  phi: abs\n")
    plain = load().values["llm"]
    assert load("llm.check_seed=5", alg="mine").values["llm"] == {**plain, "phi": "abs", "check_seed": 5}


def test_an_empty_group_sets_nothing(config_dir, load):
    (config_dir / "algs" / "mine.yaml").write_text("name: mine\nllm:\nenv_args:\n")
    assert load(alg="mine").values["llm"] == load().values["llm"]


def test_describing_an_environment_needs_no_algorithm(config_dir):
    config = load_config(["--env-config=matrix_game"], config_dir, alg_required=False)
    assert config.values["env"] == "matrix_game"
    assert config.alg == ""


def test_every_call_gets_values_of_its_own(load):
    load().values["env_args"]["payoff"].append("x")
    assert "x" not in load().values["env_args"]["payoff"]


@pytest.mark.parametrize(("alg", "env"), list(product(available(CONFIG_DIR, "algs"), available(CONFIG_DIR, "envs"))))
def test_every_algorithm_with_every_environment(alg, env):
    try:
        config = load_config([f"--config={alg}", f"--env-config={env}"])
    except UserError as e:
        if "which is not installed" in str(e):
            pytest.skip(str(e))
        raise
    assert json.loads(json.dumps(config.values)) == config.values
    assert set(config.sources) >= set(config.values) - {"env_args", "llm"}


def test_the_usage_lists_every_config_with_its_first_comment(config_dir):
    (config_dir / "algs" / "mine.yaml").write_text("# What mine does\nname: mine\n")
    (config_dir / "algs" / "bare.yaml").write_text("name: bare\n")
    text = usage_text(config_dir)
    assert re.search(r"^  mine +What mine does$", text, re.MULTILINE)
    assert "  bare\n" in text
    for name in [*available(config_dir, "algs"), *available(config_dir, "envs")]:
        assert f"\n  {name}" in text
    assert "--config=qmix --env-config=lbf with mixer=tfcaf" in text
    assert "docs/config.md" in text


def test_every_example_of_the_usage_can_be_called():
    examples = [line.split("main.py ", 1)[1] for line in usage_text().split("\n") if line.startswith("  python")][:3]
    assert len(examples) == 3
    for example in examples:
        load_config(example.split())


def test_every_shipped_config_says_what_it_is():
    for folder in ("algs", "envs"):
        for name in available(CONFIG_DIR, folder):
            first = (CONFIG_DIR / folder / f"{name}.yaml").read_text().split("\n")[0]
            assert first.startswith("# "), name


def test_a_wrong_call_is_answered_without_loading_torch():
    code = (
        "import sys\nfrom utils.config import load_config\nfrom utils.errors import UserError\n"
        "try:\n    load_config(['--config=qmix', '--env-config=matrix_game', 'with', 'lr=x'])\n"
        "except UserError:\n    print('torch' in sys.modules)\n"
    )
    src = CONFIG_DIR.parent / "src"
    done = subprocess.run([sys.executable, "-c", code], cwd=src, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "False\n"


def test_the_hash_ignores_seeds_and_records_alone(load):
    plain = config_hash(load().values)
    same = ["seed=5", "label=x", "repeat_id=3", "local_results_path=/tmp/x", "progress_bar=False", "log_interval=7"]
    assert config_hash(load(*same).values) == plain
    prepared = load().values
    prepared["env_args"]["seed"] = 12
    assert config_hash(prepared) == plain
    for change in ("lr=0.5", "mixer=vdn", "llm.phi=abs", "env_args.payoff=[[1, 2], [3, 4]]", "t_max=5", "name=other"):
        assert config_hash(load(change).values) != plain, change


def test_the_hash_survives_the_record_and_any_order_of_keys(load):
    values = load().values
    read_back = json.loads(json.dumps(dict(reversed(values.items()))))
    assert config_hash(read_back) == config_hash(values)
