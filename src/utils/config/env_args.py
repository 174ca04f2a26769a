"""``env_args`` against the signature of the environment's adapter."""

from __future__ import annotations

import inspect
import types
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import envs


def env_arg_problems(env: str, env_args: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What is wrong, as ``(name, problem)``. Raises UserError for an unknown environment or a missing package."""
    adapter = envs.REGISTRY[env]
    parameters = inspect.signature(adapter).parameters
    hints = get_type_hints(adapter.__init__)
    problems = []
    for name, value in env_args.items():
        if name not in parameters:
            near = get_close_matches(name, parameters, n=1)
            hint = f"; did you mean {near[0]}?" if near else f"; there are {', '.join(parameters)}"
            problems.append((name, f"does not exist for env={env}{hint}"))
        elif name in hints and not _fits(value, hints[name]):
            problems.append((name, f"must be {_words(hints[name])}, not {value!r}"))
    for name, parameter in parameters.items():
        if parameter.default is inspect.Parameter.empty and name not in env_args:
            problems.append((name, f"is needed by env={env}"))
    return problems


def _fits(value: Any, hint: Any) -> bool:
    if hint is Any:
        return True
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        return any(_fits(value, option) for option in get_args(hint))
    if origin is Literal:
        return value in get_args(hint)
    if hint is type(None):
        return value is None
    expected = origin or hint
    if expected is float:
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    if expected is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return not isinstance(expected, type) or isinstance(value, expected)


def _words(hint: Any) -> str:
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        return " or ".join(_words(option) for option in get_args(hint))
    if origin is Literal:
        return "one of " + ", ".join(str(option) for option in get_args(hint))
    names = {type(None): "null", str: "text", int: "a whole number", float: "a number", bool: "true or false"}
    return names.get(hint) or {list: "a list", dict: "a mapping", Mapping: "a mapping"}.get(origin or hint, str(hint))
