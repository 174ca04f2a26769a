"""The controller of policies that are sampled by Gumbel noise: it also gives their logits.

Legend: B episodes, T time steps, A agents, U actions.
"""

from __future__ import annotations

import torch as th

from components.episode_buffer import EpisodeBatch
from controllers.basic_controller import BasicMAC, Unrolled, policy_logits


class LICAMAC(BasicMAC):
    """Probabilities, or with ``gumbel`` the logits that they are made from.

    Deviation from PyMARL2: without ``test_greedy`` it samples test actions from probabilities taken as logits; here
    actions are always chosen from logits.
    """

    def forward(self, ep_batch: EpisodeBatch, t: int, test_mode: bool = False, gumbel: bool = False) -> th.Tensor:
        outs, avail_actions = self._step(ep_batch, t, test_mode)
        return self._of_kind(outs, avail_actions, test_mode, gumbel)

    def unroll(self, ep_batch: EpisodeBatch, gumbel: bool = False) -> Unrolled:
        outs, hidden, avail_actions = self._unroll(ep_batch)
        return Unrolled(self._of_kind(outs, avail_actions, False, gumbel), hidden)

    def _selector_inputs(self, ep_batch: EpisodeBatch, t: int, test_mode: bool) -> th.Tensor:
        return self.forward(ep_batch, t, test_mode, gumbel=True)

    def _of_kind(self, outs: th.Tensor, avail_actions: th.Tensor, test_mode: bool, gumbel: bool) -> th.Tensor:
        if gumbel:
            return policy_logits(outs, avail_actions, self.args)
        return self._outputs(outs, avail_actions, test_mode)
