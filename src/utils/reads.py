"""Which config keys a part reads: what it declares, and what its bases declare."""

from __future__ import annotations


def keys_read(part: type) -> frozenset[str]:
    """``reads`` of a class, and that of all its bases."""
    return frozenset().union(*(vars(base).get("reads", frozenset()) for base in part.__mro__))
