"""Declared ranges as arrays, to keep a state within them.

Legend: S state.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from llm_credit.task import StateField


def inner_bounds(fields: Iterable[StateField], size: int) -> tuple[np.ndarray, np.ndarray]:
    """The declared range of every state value as float32 ``[S]``, rounded to the inside."""
    low, high = np.zeros(size), np.zeros(size)
    for field in fields:
        low[list(field.indices())], high[list(field.indices())] = field.low, field.high
    low32, high32 = low.astype(np.float32), high.astype(np.float32)
    low32 = np.where(low32 < low, np.nextafter(low32, np.float32(np.inf)), low32)
    high32 = np.where(high32 > high, np.nextafter(high32, np.float32(-np.inf)), high32)
    return low32, high32
