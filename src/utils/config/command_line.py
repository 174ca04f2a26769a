"""The command line, read as Sacred reads it: ``--config=NAME --env-config=NAME with key=value ...``."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

SOURCE = "command line"
_WORDS: Mapping[str, Any] = {"null": None, "none": None, "true": True, "false": False}
_SACRED_OPTIONS: Mapping[str, str] = {
    "-m": "mongo_url=mongodb://HOST:PORT",
    "--mongo_db": "mongo_url=mongodb://HOST:PORT",
    "--mongo_observer": "mongo_url=mongodb://HOST:PORT",
    "-s": "sql_url=sqlite:///FILE",
    "--sql": "sql_url=sqlite:///FILE",
    "-F": "local_results_path=FOLDER",
    "--file_storage": "local_results_path=FOLDER",
    "-n": "name=NAME",
    "--name": "name=NAME",
    "-c": "label=TEXT",
    "--comment": "label=TEXT",
}


@dataclass
class Call:
    """What a command line asks for. ``overrides`` maps dotted keys to their text; the last one of a key wins."""

    options: dict[str, str] = field(default_factory=dict)
    overrides: dict[str, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


def parse_call(argv: Sequence[str]) -> Call:
    """Reads a command line (without the program's name); what cannot be read is in ``problems``."""
    call = Call()
    words = list(argv)
    with_seen = False
    while words:
        word = words.pop(0)
        name, equals, value = word.partition("=")
        if name in ("--config", "--env-config"):
            if not equals and words and words[0] != "with" and not words[0].startswith("-"):
                value = words.pop(0)
            _set_option(call, name, value)
        elif word == "with":
            with_seen = True
        elif word.startswith("-"):
            hint = _SACRED_OPTIONS.get(name)
            if hint and not equals and words and "=" not in words[0] and words[0] != "with":
                words.pop(0)  # the option's own value
            more = (
                f"write: with {hint}" if hint else "there are --config=NAME and --env-config=NAME, then: with key=value"
            )
            call.problems.append(f"{SOURCE}: {name} is no option; {more}")
        elif not equals or not name:
            call.problems.append(f"{SOURCE}: {word!r} is not of the form key=value (no spaces around '=')")
        elif not with_seen:
            call.problems.append(f"{SOURCE}: 'with' is missing before the first key=value; write: with {word}")
            with_seen = True  # said once; the keys are still checked
            call.overrides[name] = value
        else:
            call.overrides[name] = value
    return call


def _set_option(call: Call, name: str, value: str) -> None:
    if not value:
        call.problems.append(f"{SOURCE}: {name} needs a name, as {name}=NAME")
    elif call.options.get(name, value) != value:
        call.problems.append(f"{SOURCE}: {name} is given twice, as {call.options[name]} and as {value}")
    call.options[name] = value


def parse_value(text: str) -> Any:
    """A value as the command line writes it: null, true, false (in any case), a Python literal, or else text.

    Tuples become lists; literals that YAML and JSON have no value for (sets, bytes, ...) are text.
    """
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    try:
        return _plain(ast.literal_eval(text))
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return text


def _plain(value: Any) -> Any:
    """Raises TypeError for what YAML and JSON cannot hold."""
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {_key(key): _plain(item) for key, item in value.items()}
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    raise TypeError(type(value).__name__)


def _key(key: Any) -> str:
    if isinstance(key, str):
        return key
    raise TypeError("keys are text")
