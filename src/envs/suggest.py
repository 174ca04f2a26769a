"""Hints for mistyped ids."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(word: str, known: Iterable[str], n: int = 3) -> str:
    """``Did you mean a, b or c?``, or a few of what exists."""
    names = list(known)
    near = get_close_matches(str(word), names, n=n)
    if near:
        return f"Did you mean {' or '.join(near)}?"
    return f"There are {len(names)}, for example {', '.join(names[:n])}."
