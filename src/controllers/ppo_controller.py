"""The controller of agents that also give a value: policy and value from one network.

Legend: B episodes, T time steps, A agents, U actions.
"""

from __future__ import annotations

import torch as th

from components.episode_buffer import EpisodeBatch
from controllers.basic_controller import BasicMAC, Unrolled


class PPOMAC(BasicMAC):
    """For agents with ``U + 1`` outputs, the value last (``rnn_ppo``)."""

    needs_value = True

    def forward(  # type: ignore[override]
        self, ep_batch: EpisodeBatch, t: int, test_mode: bool = False
    ) -> tuple[th.Tensor, th.Tensor]:
        """PyMARL2's pair: probabilities ``[B, A, U]`` and values ``[B, A, 1]`` of step ``t``."""
        outs, avail_actions = self._step(ep_batch, t, test_mode)
        return self._outputs(outs[..., :-1], avail_actions, test_mode), outs[..., -1:]

    def _selector_inputs(self, ep_batch: EpisodeBatch, t: int, test_mode: bool) -> th.Tensor:
        return self.forward(ep_batch, t, test_mode)[0]

    def unroll(self, ep_batch: EpisodeBatch) -> Unrolled:
        outs, hidden, avail_actions = self._unroll(ep_batch)
        return Unrolled(self._outputs(outs[..., :-1], avail_actions, test_mode=False), hidden, outs[..., -1])
