"""QMIX's mixing network as PyMARL has it (Rashid et al. 2018, arXiv 1803.11485), used by ``q_learner``.

Legend: N rows, A agents, S state, M mixing units.
"""

from __future__ import annotations

from types import SimpleNamespace

import torch as th
from torch import nn
from torch.nn import functional as F

from modules.mixers.base import StateMixer, normalised


class QMixer(StateMixer):
    """Two layers over the utilities whose non-negative weights are made from the state (eq. 5-7, fig. 2a).

    ``hypernet_layers`` 1 or 2; ``abs`` False drops the monotonicity constraint (an ablation).
    """

    reads = frozenset({"mixing_embed_dim", "hypernet_layers", "hypernet_embed", "abs"})

    def __init__(self, args: SimpleNamespace) -> None:
        super().__init__(args)
        self.embed_dim: int = args.mixing_embed_dim
        self.abs: bool = args.abs
        self.hyper_w_1 = self._hypernet(self.embed_dim * self.n_agents, args)
        self.hyper_w_final = self._hypernet(self.embed_dim, args)
        self.hyper_b_1 = nn.Linear(self.state_dim, self.embed_dim)
        self.V = nn.Sequential(
            nn.Linear(self.state_dim, self.embed_dim), nn.ReLU(), nn.Linear(self.embed_dim, 1)
        )  # a state value in place of the last bias

    def _hypernet(self, out_dim: int, args: SimpleNamespace) -> nn.Module:
        if args.hypernet_layers == 1:
            return nn.Linear(self.state_dim, out_dim)
        hidden = args.hypernet_embed
        return nn.Sequential(nn.Linear(self.state_dim, hidden), nn.ReLU(), nn.Linear(hidden, out_dim))

    def mix(self, agent_qs: th.Tensor, states: th.Tensor) -> th.Tensor:
        w1, w2 = self.hyper_w_1(states), self.hyper_w_final(states)
        if self.abs:
            w1, w2 = w1.abs(), w2.abs()
        w1 = w1.view(-1, self.n_agents, self.embed_dim)  # [N, A, M]
        hidden = th.bmm(agent_qs.unsqueeze(1), w1).squeeze(1)  # [N, 1, A] x [N, A, M] -> [N, M]
        hidden = F.elu(hidden + self.hyper_b_1(states))
        return (hidden * w2).sum(dim=1, keepdim=True) + self.V(states)  # [N, 1]

    @th.no_grad()
    def shares(self, states: th.Tensor) -> th.Tensor:
        """PyMARL2's coefficients of DOP's actor: the product of both layers' weights, without the ELU's slope."""
        b, t = states.shape[:2]
        rows = states.reshape(b * t, self.state_dim)
        w1 = self.hyper_w_1(rows).abs().view(-1, self.n_agents, self.embed_dim)  # [N, A, M]
        w2 = self.hyper_w_final(rows).abs().unsqueeze(2)  # [N, M, 1]
        return normalised(th.bmm(w1, w2).view(b, t, self.n_agents))
