"""Prioritised replay over whole episodes.

Legend: B episodes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
import torch as th

from components.episode_buffer import EpisodeBatch, Preprocess, Scheme
from components.replay_buffer import ReplayBuffer

SMALLEST = 1e-6  # added to every priority, so that no episode is lost to sampling


class PrioritizedReplayBuffer(ReplayBuffer):
    """Proportional prioritised replay (Schaul et al. 2016, arXiv 1511.05952), as PyMARL2's ``use_per``.

    An episode is drawn with probability ``p^alpha / sum p^alpha``, stratified over the batch, and counts with
    ``(N P)^-beta`` by the largest such weight; ``beta`` grows linearly to 1 over ``t_max`` steps. New episodes get the
    largest priority seen. ``by_return``: priorities are the episodes' returns, scaled to 0 to 1 over all seen, in place
    of their TD errors. The few thousand episodes of a replay need no tree: a cumulated sum is as fast.

    reads: config keys that no other replay reads.
    """

    reads: ClassVar[frozenset[str]] = frozenset({"per_alpha", "per_beta", "return_priority"})

    def __init__(
        self,
        scheme: Scheme,
        groups: Mapping[str, int],
        buffer_size: int,
        max_seq_length: int,
        alpha: float,
        beta: float,
        t_max: int,
        by_return: bool = False,
        preprocess: Preprocess | None = None,
        device: str | th.device = "cpu",
        seed: int | Sequence[int] = 0,
    ) -> None:
        super().__init__(scheme, groups, buffer_size, max_seq_length, preprocess=preprocess, device=device, seed=seed)
        self.alpha, self.beta, self.t_max = alpha, beta, t_max
        self.by_return = by_return
        self.max_priority = 1.0
        self._scaled = np.zeros(buffer_size)  # priority^alpha of each episode
        self._return_range = (float("inf"), float("-inf"))

    def insert_episode_batch(self, ep_batch: EpisodeBatch) -> None:
        slots = (self.buffer_index + np.arange(ep_batch.batch_size)) % self.buffer_size
        super().insert_episode_batch(ep_batch)
        self._scaled[slots] = self.max_priority**self.alpha

    def sample(self, batch_size: int, t_env: int = 0) -> EpisodeBatch:
        """``batch_size`` episodes by priority, the same one perhaps twice, with ``ids`` and ``weights``."""
        self._check_filled(batch_size)
        n = self.episodes_in_buffer
        cumulated = np.cumsum(self._scaled[:n])
        # one draw from each of batch_size equal parts of the priorities' sum
        mass = (np.arange(batch_size) + self._rng.random(batch_size)) / batch_size * cumulated[-1]
        slots = np.minimum(np.searchsorted(cumulated, mass, side="right"), n - 1)
        beta = self.beta + (1.0 - self.beta) * min(t_env / max(self.t_max, 1), 1.0)
        weights = (self._scaled[slots] / self._scaled[:n].min()) ** -beta  # (N P)^-beta by its largest value
        batch = self._episodes(slots)
        batch.ids, batch.weights = slots, th.from_numpy(weights).float()
        return batch

    def update_priorities(self, batch: EpisodeBatch, td_errors_abs: th.Tensor) -> None:
        """New priorities of the episodes of a sample, ``td_errors_abs [B]`` or their returns."""
        assert batch.ids is not None
        priorities = td_errors_abs.cpu().double().numpy()
        if self.by_return:
            returns = self["reward"][th.from_numpy(batch.ids).to(self.device), :-1].sum(dim=(1, 2)).cpu().numpy()
            low, high = self._return_range
            self._return_range = low, high = min(low, float(returns.min())), max(high, float(returns.max()))
            priorities = (returns - low) / (high - low + 1e-5)
        priorities = priorities + SMALLEST
        self._scaled[batch.ids] = priorities**self.alpha
        self.max_priority = max(self.max_priority, float(priorities.max()))

    def state_dict(self) -> dict[str, Any]:
        n = self.episodes_in_buffer
        return {
            **super().state_dict(),
            "scaled": th.from_numpy(self._scaled[:n].copy()),
            "max_priority": self.max_priority,
            "return_range": self._return_range,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        super().load_state_dict(state)
        self._scaled[: self.episodes_in_buffer] = state["scaled"].numpy()
        self.max_priority = state["max_priority"]
        self._return_range = tuple(state["return_range"])
