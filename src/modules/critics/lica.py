"""LICA's critic: a hypernetwork over the agents' policies, through which gradients flow to them.

Legend: B episodes, T time steps, N = B * T rows, A agents, U actions, S state, M mixing units.
"""

from __future__ import annotations

from math import prod
from types import SimpleNamespace

import torch as th
from torch import nn

from components.episode_buffer import Scheme


class LICACritic(nn.Module):
    """``Q(s, u_1 .. u_A)`` of one-hot actions or policies, weights made from the state and free in sign (Zhou et al.
    2020, arXiv 2007.02529).
    """

    def __init__(self, scheme: Scheme, args: SimpleNamespace) -> None:
        super().__init__()
        shape = args.state_shape
        s = shape if isinstance(shape, int) else prod(shape)
        self.joint: int = args.n_agents * args.n_actions
        self.embed_dim: int = args.lica_mixing_embed_dim
        self.state_dim = s
        hidden, m = args.hypernet_embed_dim, self.embed_dim
        self.hyper_w_1 = nn.Sequential(nn.Linear(s, hidden), nn.ReLU(), nn.Linear(hidden, m * self.joint))
        self.hyper_w_final = nn.Sequential(nn.Linear(s, hidden), nn.ReLU(), nn.Linear(hidden, m))
        self.hyper_b_1 = nn.Linear(s, m)
        self.hyper_b_2 = nn.Sequential(nn.Linear(s, hidden), nn.ReLU(), nn.Linear(hidden, 1))

    def forward(self, act: th.Tensor, states: th.Tensor) -> th.Tensor:
        """Actions ``[B, T, A, U]``, states ``[B, T, S]`` -> ``[B, T, 1]``."""
        b, t = act.shape[:2]
        states = states.reshape(b * t, self.state_dim)
        w1 = self.hyper_w_1(states).view(-1, self.joint, self.embed_dim)  # [N, A * U, M]
        hidden = th.bmm(act.reshape(b * t, 1, self.joint), w1).squeeze(1) + self.hyper_b_1(states)  # [N, M]
        q = (hidden.relu() * self.hyper_w_final(states)).sum(dim=1, keepdim=True) + self.hyper_b_2(states)  # [N, 1]
        return q.view(b, t, 1)
