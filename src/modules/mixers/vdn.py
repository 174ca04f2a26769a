"""VDN (Sunehag et al. 2018, arXiv 1706.05296): the sum of the utilities."""

from __future__ import annotations

import torch as th

from modules.mixers.base import StateMixer


class VDNMixer(StateMixer):
    """``Q_tot = sum_i Q_i`` (eq. 3); nothing to train."""

    def mix(self, agent_qs: th.Tensor, states: th.Tensor) -> th.Tensor:
        return agent_qs.sum(dim=1, keepdim=True)

    def credits(self, states: th.Tensor, agent_qs: th.Tensor | None = None) -> th.Tensor:
        return states.new_ones(*states.shape[:2], self.n_agents)
