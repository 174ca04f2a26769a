"""Averages over the episodes since the last log."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from utils.logging import Logger


class EpisodeStats:
    """Returns, lengths and the environments' own numbers of finished episodes; logged under ``prefix``."""

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix
        self.returns: list[float] = []
        self._sums: dict[str, float] = defaultdict(float)

    def add(self, episode_return: float, length: int, info: Mapping[str, Any]) -> None:
        """One finished episode; ``info`` is what the environment said at its last step (numbers only are kept)."""
        self.returns.append(episode_return)
        self._sums["ep_length"] += length
        for key, value in info.items():
            if isinstance(value, (bool, int, float, np.number, np.bool_)):
                self._sums[key] += float(value)

    def log(self, logger: Logger, t_env: int) -> None:
        """Logs means over the episodes and starts anew; nothing to log without episodes."""
        n = len(self.returns)
        if n == 0:
            return
        logger.log_stat(self.prefix + "return_mean", float(np.mean(self.returns)), t_env)
        logger.log_stat(self.prefix + "return_std", float(np.std(self.returns)), t_env)
        logger.log_stat(self.prefix + "n_episodes", n, t_env)
        for key, total in self._sums.items():
            logger.log_stat(f"{self.prefix}{key}_mean", total / n, t_env)
        self.returns.clear()
        self._sums.clear()

    def state_dict(self) -> dict[str, Any]:
        return {"returns": list(self.returns), "sums": dict(self._sums)}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.returns = list(state["returns"])
        self._sums = defaultdict(float, state["sums"])
