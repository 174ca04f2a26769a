"""Running mean and variance of a stream of numbers."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np


class RunningMeanStd:
    """Mean and variance of all values seen so far, merged batch by batch.

    Source: Chan, Golub, LeVeque, "Updating formulae and a pairwise algorithm for computing sample variances" (1979).
    """

    def __init__(self) -> None:
        self.mean = 0.0
        self.var = 1.0
        self.count = 0

    def update(self, values: np.ndarray) -> None:
        """Takes the values (any shape) into account."""
        n = int(values.size)
        if n == 0:
            return
        mean, var = float(values.mean()), float(values.var())
        total = self.count + n
        delta = mean - self.mean
        spread = self.count * (self.var if self.count else 0.0) + n * var + delta**2 * self.count * n / total
        self.mean += delta * n / total
        self.var = spread / total
        self.count = total

    def standardise(self, values: np.ndarray) -> np.ndarray:
        """``(values - mean) / std``; unchanged while nothing has been seen."""
        return (values - self.mean) / (np.sqrt(self.var) + 1e-8)

    def state_dict(self) -> dict[str, float]:
        return {"mean": self.mean, "var": self.var, "count": self.count}

    def load_state_dict(self, state: Mapping[str, float]) -> None:
        self.mean, self.var, self.count = state["mean"], state["var"], int(state["count"])
