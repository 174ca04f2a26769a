"""Did-you-mean for names and dotted keys."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def nearest_names(word: str, known: Iterable[str], n: int = 1) -> list[str]:
    """Names that ``word`` may have been meant as, best first."""
    return get_close_matches(word, list(known), n=n)


def nearest_keys(dotted: str, known: Iterable[str]) -> list[str]:
    """Dotted keys that ``dotted`` may have been meant as, at most three, best first.

    A key whose last part is right in the wrong group comes first (``source`` -> ``llm.source``), then what is spelled
    alike as a whole, then the key that it was taken for a group of, then what is spelled alike in its last part.
    """
    keys = list(known)
    last = dotted.rpartition(".")[2]
    by_last: dict[str, list[str]] = {}
    for key in keys:
        by_last.setdefault(key.rpartition(".")[2], []).append(key)
    if last in by_last:
        return by_last[last][:3]
    parent = dotted.rpartition(".")[0]
    found = nearest_names(dotted, keys) or [key for key in keys if key == parent]
    return found or [key for name in nearest_names(last, by_last, n=2) for key in by_last[name]][:3]
