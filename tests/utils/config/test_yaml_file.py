"""Config files are YAML without PyYAML's surprises."""

from __future__ import annotations

import pytest

from utils.config.yaml_file import read_yaml
from utils.errors import UserError


def _read(tmp_path, text):
    path = tmp_path / "some.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_yaml(path, "some.yaml")


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("1e-5", 1e-5),
        ("1E5", 1e5),
        ("-1.5e+3", -1500.0),
        (".5", 0.5),
        ("3", 3),
        ("-3", -3),
        ("1_000_000", 1_000_000),
        ("010", 10),
        ("1:30", "1:30"),
        ("2024-01-01", "2024-01-01"),
        ("True", True),
        ("false", False),
        ("off", "off"),
        ("yes", "yes"),
        ("null", None),
        ("None", None),
        ("~", None),
        ("", None),
        ("3m", "3m"),
        ("'3'", "3"),
        ("e5", "e5"),
        ("-", None),  # a list with one empty item, see below
        ("[1e-3, off]", [1e-3, "off"]),
        ("{a: 1e-3}", {"a": 1e-3}),
    ],
)
def test_plain_values(tmp_path, written, value):
    if written == "-":
        assert _read(tmp_path, "key:\n  -\n").values == {"key": [None]}
        return
    read = _read(tmp_path, f"key: {written}\n").values["key"]
    assert read == value
    assert type(read) is type(value)


def test_lines_of_nested_keys(tmp_path):
    file = _read(tmp_path, "# head\na: 1\ngroup:\n  b: 2\n\n  c: {d: 3}\n")
    assert file.lines == {"a": 2, "group": 3, "group.b": 4, "group.c": 6, "group.c.d": 6}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\nb: 2\na: 3\n", "some.yaml, line 3: the key a is given already in line 1"),
        ("g:\n  a: 1\n  a: 2\n", "some.yaml, line 3: the key g.a is given already in line 2"),
        ("l:\n  - {a: 1, a: 2}\n", "the key l.[].a is given already"),
        ("a: [1, 2\nb: 3\n", "some.yaml, line 2: is not valid YAML"),
        ("a: 1\n b: 2\n", "some.yaml, line 2: is not valid YAML"),
        ("a: 1\n\tb: 2\n", "some.yaml, line 2: is not valid YAML"),
        ("a: !!python/object:os.system x\n", "some.yaml, line 1: is not valid YAML"),
        ("a: 1\n---\nb: 2\n", "some.yaml, line 2: is not valid YAML"),
        ("? [a]\n: 1\n", "some.yaml, line 1: is not valid YAML"),
        ("a: &x {b: *x}\n", "some.yaml: is not valid YAML"),
        ("- a\n- b\n", "some.yaml: must hold lines of the form 'key: value'"),
        ("lr 0.1\n", "some.yaml: must hold lines of the form 'key: value'"),
        ("", "some.yaml: is empty"),
        ("# only a comment\n", "some.yaml: is empty"),
        (b"a: \xff\n", "some.yaml: is not UTF-8 text"),
        ("a: \x00\n", "some.yaml: holds a character that YAML does not allow"),
    ],
)
def test_what_cannot_be_read_names_file_and_line_in_one_line(tmp_path, text, message):
    with pytest.raises(UserError) as caught:
        _read(tmp_path, text)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_file(tmp_path):
    with pytest.raises(UserError, match=r"gone\.yaml: cannot be read: No such file"):
        read_yaml(tmp_path / "gone.yaml")


def test_the_same_key_in_two_groups_is_no_duplicate(tmp_path):
    assert _read(tmp_path, "a: {x: 1}\nb: {x: 2}\n").values == {"a": {"x": 1}, "b": {"x": 2}}


def test_a_broken_file_does_not_hide_other_mistakes(config_dir, refusal):
    (config_dir / "algs" / "mine.yaml").write_text("a: [1\n")
    message = refusal("lr=abc", alg="mine")
    assert "config/algs/mine.yaml, line 2: is not valid YAML" in message
    assert "lr must be a number" in message


def test_dotted_keys_and_keys_that_are_no_text(config_dir, refusal):
    (config_dir / "algs" / "mine.yaml").write_text("llm.phi: abs\n3: x\n")
    message = refusal(alg="mine")
    assert "config/algs/mine.yaml, line 1: 'llm.phi' is no key; write groups as nested mappings" in message
    assert "config/algs/mine.yaml, line 2: 3 is no key; keys are text" in message
