"""Which tensors of a rehearsal may share memory, and what Python's ``x += y`` would have changed under other names.

``x += y`` writes into x's memory in Python. The compiled function computes ``x = x + y``, which leaves that memory as
it is. The two differ only for who reads the old memory through something else, another name or a view: that is
refused, whatever the values are.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import torch

# These give the same memory or a copy, as the layout has it, which may hang on the number of states
MAY_COPY = {"contiguous", "reshape", "flatten"}


class Change(NamedTuple):
    """``target``: what was changed in place, as the source has it; ``sign``: how, as ``+``; ``line``: where."""

    target: str
    sign: str
    line: int

    @property
    def instead(self) -> str:
        return f"{self.target} = {self.target} {self.sign} ..."


class Memory:
    """The memory of a function's tensors. ``inputs``: those that the caller owns."""

    def __init__(self, inputs: Iterable[torch.Tensor] = ()) -> None:
        self._shares: dict[int, int] = {}  # a memory, and another that may be the same
        self._changed: dict[int, Change] = {}
        self._kept = [t.untyped_storage() for t in inputs]  # what lives keeps its number for itself
        self._inputs = [s._cdata for s in self._kept]

    def copy(self) -> Memory:
        new = Memory()
        new._shares, new._changed = dict(self._shares), dict(self._changed)
        new._kept, new._inputs = list(self._kept), self._inputs
        return new

    def _root(self, number: int) -> int:
        while number in self._shares:
            number = self._shares[number]
        return number

    def _of(self, t: torch.Tensor) -> int:
        storage = t.untyped_storage()
        self._kept.append(storage)
        return self._root(storage._cdata)

    def may_share(self, a: torch.Tensor, b: torch.Tensor) -> None:
        """``b`` was made of ``a`` and may be the same memory."""
        one, other = self._of(a), self._of(b)
        if one != other:
            self._shares[other] = one

    def is_input(self, t: torch.Tensor) -> bool:
        return self._of(t) in {self._root(i) for i in self._inputs}

    def change(self, t: torch.Tensor, change: Change) -> None:
        """Python changes ``t`` in place; from now on nobody else may read its memory."""
        self._changed[self._of(t)] = change

    def changed(self, t: torch.Tensor) -> Change | None:
        """What has changed the memory of ``t``, None where nothing has."""
        return self._changed.get(self._root(t.untyped_storage()._cdata)) if self._changed else None
