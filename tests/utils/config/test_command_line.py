"""The command line is PyMARL2's and Sacred's."""

from __future__ import annotations

import pytest

from utils.config import load_config
from utils.config.command_line import parse_call, parse_value
from utils.errors import UserError


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3", 3),
        ("1e-5", 1e-5),
        ("2e5", 200000.0),
        ("-0.5", -0.5),
        ("True", True),
        ("false", False),
        ("None", None),
        ("null", None),
        ("'3'", "3"),
        ("3m", "3m"),
        ("Foraging-8x8-2p-2f-coop-v3", "Foraging-8x8-2p-2f-coop-v3"),
        ("", ""),
        ("a=b", "a=b"),
        ("[[1, -2], [0.5, 4]]", [[1, -2], [0.5, 4]]),
        ("(1, (2, 3))", [1, [2, 3]]),
        ("{'a': (1, None)}", {"a": [1, None]}),
        ("{1, 2}", "{1, 2}"),  # no set in YAML or JSON
        ("b'x'", "b'x'"),
        ("1j", "1j"),
        ("__import__('os')", "__import__('os')"),
        ("(" * 500, "(" * 500),
    ],
)
def test_values_are_literals_or_text(text, value):
    parsed = parse_value(text)
    assert parsed == value
    assert type(parsed) is type(value)


@pytest.mark.parametrize(
    "argv",
    [
        ["--config=qmix", "--env-config=lbf", "with", "lr=0.1", "name=a=b"],
        ["--config", "qmix", "--env-config", "lbf", "with", "lr=0.1", "name=a=b"],
        ["with", "lr=0.1", "name=a=b", "--env-config=lbf", "--config=qmix"],
    ],
)
def test_options_and_overrides_in_any_place(argv):
    call = parse_call(argv)
    assert call.options == {"--config": "qmix", "--env-config": "lbf"}
    assert call.overrides == {"lr": "0.1", "name": "a=b"}
    assert call.problems == []


def test_the_last_value_of_a_key_wins():
    assert parse_call(["with", "lr=0.1", "lr=0.2"]).overrides == {"lr": "0.2"}


@pytest.mark.parametrize(
    ("argv", "problem"),
    [
        (["lr=0.1"], "'with' is missing before the first key=value; write: with lr=0.1"),
        (["with", "lr"], "'lr' is not of the form key=value"),
        (["with", "=3"], "'=3' is not of the form key=value"),
        (["--config"], "--config needs a name, as --config=NAME"),
        (["--config", "--env-config=lbf"], "--config needs a name, as --config=NAME"),
        (["--config="], "--config needs a name, as --config=NAME"),
        (["--config", "with", "lr=0.1"], "--config needs a name, as --config=NAME"),
        (["--config=a", "--config=b"], "--config is given twice, as a and as b"),
        (["--conf=a"], "--conf is no option; there are --config=NAME and --env-config=NAME"),
        (["-m", "localhost:27017:db"], "-m is no option; write: with mongo_url=mongodb://HOST:PORT"),
        (["-s", "sqlite:///x"], "-s is no option; write: with sql_url=sqlite:///FILE"),
        (["--mongo_observer=x"], "--mongo_observer is no option; write: with mongo_url=mongodb://HOST:PORT"),
        (["-F", "folder"], "-F is no option; write: with local_results_path=FOLDER"),
        (["print_config"], "'print_config' is not of the form key=value"),
    ],
)
def test_what_cannot_be_read_is_said_once(argv, problem):
    problems = parse_call(argv).problems
    assert len(problems) == 1
    assert problem in problems[0]


def test_without_with_the_keys_are_checked_all_the_same(config_dir):
    with pytest.raises(UserError) as caught:
        load_config(["--config=qmix", "--env-config=matrix_game", "lr=abc", "gamma=2"], config_dir)
    message = str(caught.value)
    assert message.count("'with' is missing") == 1
    assert "lr must be" in message
    assert "gamma must be" in message


@pytest.mark.parametrize("key", ["llm.", ".lr", "env_args..key", "a..b"])
def test_empty_parts_of_a_key_are_refused(refusal, key):
    assert f"{key} is no key; parts are separated by single dots" in refusal(f"{key}=1")
