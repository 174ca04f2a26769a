"""Schedules over environment steps."""

from __future__ import annotations

import math
from typing import Literal


class DecayThenFlatSchedule:
    """From ``start`` to ``finish`` within ``time_length`` environment steps, flat afterwards."""

    def __init__(
        self, start: float, finish: float, time_length: int, decay: Literal["linear", "exp"] = "linear"
    ) -> None:
        self.start = start
        self.finish = finish
        self.time_length = time_length
        self.decay = decay

    def eval(self, t: int) -> float:
        """The value after ``t`` environment steps."""
        if t >= self.time_length:
            return self.finish
        done = t / self.time_length
        if self.decay == "linear":
            return self.start + (self.finish - self.start) * done
        if self.finish <= 0:
            raise ValueError("an exponential schedule needs a finish above 0")
        return self.start * math.exp(done * math.log(self.finish / self.start))
