"""The declarations agree with the files, with the code that reads the keys, and with their page."""

from __future__ import annotations

from dataclasses import asdict

import pytest

from controllers.basic_controller import OUTPUT_TYPES
from learners.target_update import TARGET_UPDATES
from llm_credit.settings import TFCAFSettings
from modules.mixers.nmix import POSITIVE_MAPS
from utils.config import CONFIG_DIR
from utils.config.document import PAGE, page
from utils.config.merge import Layers
from utils.config.schema import ENV_ARGS, all_keys, all_sections
from utils.config.suggest import nearest_keys
from utils.config.yaml_file import read_yaml
from utils.optim import OPTIMISERS


@pytest.fixture(scope="module")
def defaults():
    layers = Layers()
    layers.add_file(read_yaml(CONFIG_DIR / "default.yaml"), "default.yaml")
    assert not layers.problems
    return {dotted: entry.value for dotted, entry in layers.entries.items()}


def test_default_yaml_sets_every_declared_key_and_no_other(defaults):
    assert set(defaults) == set(all_keys())


def test_every_default_is_a_value_that_its_key_takes(defaults):
    for name, key in all_keys().items():
        key.kind.accept(defaults[name])


def test_no_key_is_declared_twice():
    names = [key.name for keys in all_sections().values() for key in keys]
    assert sorted(names) == sorted(set(names))
    assert ENV_ARGS not in names


def test_every_key_has_a_sentence():
    for key in all_keys().values():
        assert key.help.endswith("."), key.name


def test_the_plug_ins_own_defaults_are_those_of_default_yaml(defaults):
    assert asdict(TFCAFSettings()) == {
        name.removeprefix("llm."): value for name, value in defaults.items() if name.startswith("llm.")
    }


@pytest.mark.parametrize(
    ("key", "registry"),
    [
        ("optimizer", OPTIMISERS),
        ("target_update_mode", TARGET_UPDATES),
        ("qmix_pos_func", POSITIVE_MAPS),
        ("agent_output_type", OUTPUT_TYPES),
    ],
)
def test_closed_sets_are_what_the_code_knows(key, registry):
    assert set(all_keys()[key].kind.choices) == set(registry)


def test_the_page_in_docs_is_up_to_date():
    assert PAGE.read_text(encoding="utf-8") == page(), "run: make docs"


def test_every_key_is_a_row_of_the_page():
    rows = [line for line in page().split("\n") if line.startswith("| `")]
    assert [row.split("`")[1] for row in rows] == list(all_keys())
    assert all(row.replace(r"\|", "").count("|") == 6 for row in rows)


@pytest.mark.parametrize(
    ("dotted", "near"),
    [
        ("buffersize", ["buffer_size"]),
        ("llm.fie", ["llm.file"]),
        ("phi", ["llm.phi"]),
        ("lllm.phi", ["llm.phi"]),
        ("qwertz", []),
    ],
)
def test_nearest_keys(dotted, near):
    assert nearest_keys(dotted, all_keys()) == near


def test_a_right_name_in_the_wrong_group_comes_before_a_similar_one():
    assert nearest_keys("state", ["states", "env_args.state"]) == ["env_args.state"]
