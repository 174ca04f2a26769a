"""Holds states to their declared ranges, on which the proofs of credit functions rest.

The ranges come from facts about one version of the game; another version may have other cooldowns.

Legend: S state.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

import numpy as np

from envs.ranges import inner_bounds
from llm_credit.task import StateField

log = logging.getLogger("pymarl")

ROUNDING = 1e-5  # what a number may lie outside without a warning


class RangeKeeper:
    """Cuts states to the ranges of ``fields``, and says so the first time.

    where: the environment's and the map's name, for that warning.
    """

    def __init__(self, fields: Sequence[StateField], where: str) -> None:
        self._fields, self._where, self._warned = fields, where, False
        self._low, self._high = inner_bounds(fields, sum(f.size * f.count for f in fields))

    def keep(self, state: np.ndarray) -> np.ndarray:
        """``state [S]`` within its ranges."""
        kept = state.clip(self._low, self._high)  # [S]
        if not self._warned:
            outside = np.flatnonzero(np.abs(kept - state) > ROUNDING)
            if len(outside):
                self._warn(int(outside[0]), float(state[outside[0]]))
        return kept

    def _warn(self, index: int, value: float) -> None:
        self._warned = True
        field = next(f for f in self._fields if index in f.indices())
        log.warning(
            "%s: the state's %s is %g, outside its declared range of %g to %g, to which such values are cut from now "
            "on. Is this another version of the game than the one described (4.10)? This is said once",
            self._where,
            field.name,
            value,
            field.low,
            field.high,
        )
