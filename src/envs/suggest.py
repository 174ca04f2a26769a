"""Refusals of arguments, and hints for mistyped ids."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

from utils.errors import UserError


def nearest(word: str, known: Iterable[str], n: int = 3) -> str:
    """``Did you mean a, b or c?``, or a few of what exists."""
    names = list(known)
    near = get_close_matches(str(word), names, n=n)
    if near:
        return f"Did you mean {' or '.join(near)}?"
    return f"There are {len(names)}, for example {', '.join(names[:n])}."


def need(condition: bool, name: str, value: Any, words: str) -> None:
    """Raises UserError where an argument of an environment breaks a condition, which ``words`` say: ``at least 1``."""
    if not condition:
        raise UserError(f"env_args.{name}={value} must be {words}")
