"""The command line as a user calls it."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch as th

ROOT = Path(__file__).resolve().parents[2]
SMALL = ["batch_size=4", "test_nepisode=2", "test_interval=200", "log_interval=200", "rnn_hidden_dim=8", "seed=7"]
SMALL += ["learner_log_interval=100", "runner_log_interval=100", "progress_bar=False", "use_cuda=False"]


def command(results, alg="qmix_beta", env="lbf", *more):
    return [sys.executable, "src/main.py", f"--config={alg}", f"--env-config={env}", "with", *SMALL,
            f"local_results_path={results}", *more]  # fmt: skip


def call(*args):
    return subprocess.run(command(*args), cwd=ROOT, capture_output=True, text=True, timeout=300)


def run_dir(results):
    (path,) = [p for p in Path(results).glob("sacred/*/*/*") if p.name.isdigit()]
    return path


def curve(results, keys=("loss_td", "return_mean", "test_return_mean", "grad_norm")):
    lines = [json.loads(line) for line in (run_dir(results) / "metrics.jsonl").read_text().splitlines()]
    return [(x["key"], x["t_env"], x["value"]) for x in lines if x["key"] in keys]


@pytest.mark.slow
@pytest.mark.parametrize(
    "more",
    [
        ("qmix_beta", "lbf", "t_max=400", "mixer=tfcaf", "entropy=1.0"),
        ("qmix", "lbf", "t_max=900", "mixer=tfcaf", "batch_size_run=2"),
    ],
    ids=["episode", "parallel"],
)
def test_a_run_leaves_its_record_and_repeats_exactly(tmp_path, more):
    for name in ("a", "b"):
        done = call(tmp_path / name, *more)
        assert done.returncode == 0, done.stdout + done.stderr
    assert curve(tmp_path / "a") == curve(tmp_path / "b")
    assert {k for k, _, _ in curve(tmp_path / "a")} == {"loss_td", "return_mean", "test_return_mean", "grad_norm"}
    folder = run_dir(tmp_path / "a")
    info = json.loads((folder / "info.json").read_text())
    assert len(info["test_return_mean"]) == len(info["test_return_mean_T"]) > 1
    assert info["mixer"]["origin"] == "builtin:lbf/proximity"
    assert info["mixer_parameters"] == [0]
    assert json.loads((folder / "config.json").read_text())["mixer"] == "tfcaf"
    assert "plot" in done.stdout
    if "entropy=1.0" in more:  # what probably was not meant is told, and kept with the record
        assert "entropy=1.0 changes nothing" in done.stdout + done.stderr
        assert "entropy=1.0 changes nothing" in (folder / "cout.txt").read_text()
    assert "builtin:lbf/proximity" in done.stdout


@pytest.mark.slow
@pytest.mark.parametrize(
    ("alg", "more"),
    [
        ("qmix_beta", []),
        ("qmix", []),
        ("qmix", ["use_per=True", "per_beta=1.0"]),  # beta would grow towards t_max, which differs here
        ("coma", []),
        ("mappo", []),
        ("riit", ["buffer_size=8", "off_batch_size=6"]),
        ("dop", ["buffer_size=8", "off_batch_size=6", "mixer=tfcaf", "epsilon_anneal_time=1500"]),
        ("maddpg", []),
        ("ippo", ["accumulated_episodes=4"]),
        ("vmix", []),
        ("lica", []),
        ("qplex", []),
        ("cw_qmix", ["central_mixing_embed_dim=16"]),
        ("qplex", ["mixer=tfcaf"]),
    ],
    ids=[
        "qmix_beta",
        "qmix",
        "qmix_per",
        "coma",
        "mappo",
        "riit",
        "dop_tfcaf",
        "maddpg",
        "ippo",
        "vmix",
        "lica",
        "qplex",
        "cw_qmix",
        "qplex_tfcaf",
    ],
)
def test_a_continued_run_equals_an_uninterrupted_one(tmp_path, alg, more):
    more += ["save_model=True", "save_training_state=True", "save_model_interval=300", "standardise_rewards=True"]
    more += ["batch_size_run=2"] if alg != "qmix_beta" else []
    models = {}
    for name, extra in (("whole", ["t_max=1200"]), ("first", ["t_max=700"]), ("rest", ["t_max=1200"])):
        extra += [f"checkpoint_path={models['first']}"] if name == "rest" else []
        done = call(tmp_path / name, alg, "lbf", *more, *extra)
        assert done.returncode == 0, done.stdout + done.stderr
        (models[name],) = (tmp_path / name / "models").iterdir()
    assert "replay buffer" in done.stdout
    last = {name: max(models[name].iterdir(), key=lambda p: int(p.name)) for name in models}
    assert last["whole"].name == last["rest"].name
    assert [p.parent for p in models["first"].glob("*/training_state.th")] == [last["first"]]  # the newest only
    files = {p.name for p in last["whole"].glob("*.th")}
    assert {"agent.th"} < files
    assert files == {p.name for p in last["rest"].glob("*.th")}
    for file in files - {"training_state.th"} - {f for f in files if f.endswith("opt.th")}:
        whole, rest = (th.load(last[name] / file, weights_only=True) for name in ("whole", "rest"))
        assert all(th.equal(whole[k], rest[k]) for k in whole), file


@pytest.mark.slow
def test_a_run_is_recorded_in_an_sql_database_too(tmp_path):
    url = f"sqlite:///{tmp_path / 'runs.db'}"
    done = call(tmp_path / "a", "vdn_beta", "matrix_game", "t_max=300", f"sql_url={url}")
    assert done.returncode == 0, done.stderr
    with sqlite3.connect(tmp_path / "runs.db") as database:
        ((status, config),) = database.execute("select status, config from run").fetchall()
    assert status == "COMPLETED"
    assert json.loads(config)["mixer"] == "vdn"


@pytest.mark.slow
def test_evaluation_of_a_checkpoint(tmp_path):
    assert call(tmp_path / "a", "vdn_beta", "lbf", "t_max=300", "save_model=True").returncode == 0
    (models,) = (tmp_path / "a" / "models").iterdir()
    done = call(tmp_path / "b", "vdn_beta", "lbf", f"checkpoint_path={models}", "evaluate=True")
    assert done.returncode == 0, done.stderr
    assert not [k for k, _, _ in curve(tmp_path / "b") if k == "loss_td"]
    assert [k for k, _, _ in curve(tmp_path / "b") if k == "test_return_mean"]
    assert th.load(next(models.glob("*/agent.th")), weights_only=True)["fc1.weight"].shape[0] == 8


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("qmix", "lbf", "mixr=vdn"), "did you mean mixer"),
        (("qmix", "lbf", "lr=abc"), "lr"),
        (("qmxi", "lbf"), "qmix"),
        (("qmix", "lfb"), "lbf"),
        (("qmix", "lbf", "env_args.key=Foraging-5x5-2p-1f-coop-v9"), "Foraging-5x5-2p-1f-coop-v3"),
        (("qmix", "lbf", "mixer=qmxi"), "Did you mean mixer=qmix"),
        (("qmix", "lbf", "runner=episode"), "runner=parallel"),
        (("qmix", "lbf", "llm.builtin=sharpp"), "sharp"),
        (("qmix", "lbf", "mixer=tfcaf", "llm.builtin=sharpp"), "sharp"),
        (("qmix", "lbf", "checkpoint_path=/nowhere"), "not a folder"),
        (("qmix", "lbf", "buffer_size=2"), "raise buffer_size"),
    ],
)
def test_wrong_calls_end_with_one_message_and_exit_code_2(tmp_path, args, words):
    if args == ("qmix", "lbf", "llm.builtin=sharpp"):
        pytest.skip("llm settings are read only with mixer=tfcaf")
    done = call(tmp_path, *args)
    assert done.returncode == 2, done.stdout + done.stderr
    assert words.lower() in done.stderr.lower()
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.iterdir())


def test_without_arguments_it_says_what_there_is():
    done = subprocess.run([sys.executable, "src/main.py"], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    for word in ("qmix", "iql_beta", "lbf", "matrix_climbing", "docs/config.md"):
        assert word in done.stdout


@pytest.mark.slow
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_stopped_run_ends_cleanly(tmp_path, number, code):
    run = subprocess.Popen(
        command(tmp_path, "qmix", "lbf", "t_max=10000000", "batch_size_run=2"), cwd=ROOT, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    try:
        deadline = time.monotonic() + 60
        logged = "sacred/*/*/*/metrics.jsonl"
        while not any("return_mean" in p.read_text() for p in tmp_path.glob(logged)) and time.monotonic() < deadline:
            time.sleep(0.2)
        os.killpg(run.pid, number)
        out, err = run.communicate(timeout=60)
    finally:
        run.kill()
    assert run.returncode == code, out + err
    assert json.loads((run_dir(tmp_path) / "run.json").read_text())["status"] == "INTERRUPTED"
    assert curve(tmp_path)
