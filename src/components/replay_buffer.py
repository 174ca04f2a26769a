"""Uniform replay over whole episodes.

Legend: B episodes, T time steps.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch as th

from components.episode_buffer import BatchData, EpisodeBatch, Preprocess, Scheme


class ReplayBuffer(EpisodeBatch):
    """A ring of the last ``buffer_size`` episodes, sampled uniformly without replacement.

    The buffer draws from a generator of its own, seeded by ``seed``, so that what is sampled does not depend on how
    many random numbers anything else has used.
    """

    def __init__(
        self,
        scheme: Scheme,
        groups: Mapping[str, int],
        buffer_size: int,
        max_seq_length: int,
        preprocess: Preprocess | None = None,
        device: str | th.device = "cpu",
        seed: int | Sequence[int] = 0,
    ) -> None:
        super().__init__(scheme, groups, buffer_size, max_seq_length, preprocess=preprocess, device=device)
        self.buffer_size = buffer_size
        self.buffer_index = 0
        self.episodes_in_buffer = 0
        self._rng = np.random.default_rng(seed)

    def insert_episode_batch(self, ep_batch: EpisodeBatch) -> None:
        """Stores the episodes over the oldest ones. Raises ValueError if there are more than the buffer holds."""
        n = ep_batch.batch_size
        if n > self.buffer_size:
            raise ValueError(f"{n} episodes do not fit a buffer of {self.buffer_size}; raise buffer_size")
        slots = (self.buffer_index + np.arange(n)) % self.buffer_size
        first = int(min(n, self.buffer_size - self.buffer_index))  # up to the ring's end; the rest at its start
        for start, stop, at in ((0, first, int(slots[0])), (first, n, 0)):
            if stop > start:
                self._copy(ep_batch, slice(start, stop), slice(at, at + stop - start))
        self.buffer_index = (self.buffer_index + n) % self.buffer_size
        self.episodes_in_buffer = min(self.episodes_in_buffer + n, self.buffer_size)

    def _copy(self, ep_batch: EpisodeBatch, source: slice, target: slice) -> None:
        length = ep_batch.max_seq_length
        for key, tensor in ep_batch.data.transition_data.items():
            self.data.transition_data[key][target, :length] = tensor[source].to(self.device)
            self.data.transition_data[key][target, length:] = 0  # nothing of the overwritten episode stays
        for key, tensor in ep_batch.data.episode_data.items():
            self.data.episode_data[key][target] = tensor[source].to(self.device)

    def can_sample(self, batch_size: int) -> bool:
        return self.episodes_in_buffer >= batch_size

    def sample(self, batch_size: int, t_env: int = 0) -> EpisodeBatch:
        """``batch_size`` different episodes, cut to the longest of them (copies). ``t_env`` changes nothing here."""
        self._check_filled(batch_size)
        return self._episodes(self._rng.choice(self.episodes_in_buffer, batch_size, replace=False))

    def sample_latest(self, batch_size: int) -> EpisodeBatch:
        """The ``batch_size`` newest episodes, cut to the longest of them (copies).

        Deviation from PyMARL2: where they lie around the ring's end, it samples uniformly instead.
        """
        self._check_filled(batch_size)
        return self._episodes((self.buffer_index - batch_size + np.arange(batch_size)) % self.buffer_size)

    def update_priorities(self, batch: EpisodeBatch, td_errors_abs: th.Tensor) -> None:
        """Nothing to do: all episodes are alike here."""

    def _check_filled(self, batch_size: int) -> None:
        if not self.can_sample(batch_size):
            raise ValueError(f"{batch_size} episodes asked for, {self.episodes_in_buffer} in the buffer")

    def _episodes(self, slots: np.ndarray) -> EpisodeBatch:
        """Copies of these episodes. PyMARL cuts after sampling; cutting first does not copy the padding."""
        batch_size, ids = len(slots), th.from_numpy(slots).to(self.device)
        length = int(self["filled"].index_select(0, ids).sum(1).max())
        data = BatchData(
            {k: v[:, :length].index_select(0, ids) for k, v in self.data.transition_data.items()},  # [B, T', ...]
            {k: v.index_select(0, ids) for k, v in self.data.episode_data.items()},
        )
        return self._like(data, batch_size, length)

    def state_dict(self) -> dict[str, Any]:
        """All a continued run needs, the episodes included."""
        n = self.episodes_in_buffer
        return {
            "transition_data": {k: v[:n].cpu() for k, v in self.data.transition_data.items()},
            "episode_data": {k: v[:n].cpu() for k, v in self.data.episode_data.items()},
            "buffer_index": self.buffer_index,
            "episodes_in_buffer": n,
            "rng": self._rng.bit_generator.state,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        n = state["episodes_in_buffer"]
        if n > self.buffer_size:
            raise ValueError(f"the saved buffer holds {n} episodes, this one {self.buffer_size}; raise buffer_size")
        for mine, saved in (
            (self.data.transition_data, state["transition_data"]),
            (self.data.episode_data, state["episode_data"]),
        ):
            for key, tensor in saved.items():
                mine[key][:n] = tensor.to(self.device)
        self.buffer_index, self.episodes_in_buffer = state["buffer_index"] % self.buffer_size, n
        self._rng.bit_generator.state = state["rng"]

    def __repr__(self) -> str:
        return f"ReplayBuffer({self.episodes_in_buffer}/{self.buffer_size} episodes, keys={sorted(self.scheme)})"
