"""WQMIX's unrestricted central mixer.

Legend: B episodes, T time steps, A agents, E numbers for each action, S state.
"""

from __future__ import annotations

from math import prod
from types import SimpleNamespace

import torch as th
from torch import nn


class QMixerCentralFF(nn.Module):
    """``Q* = f(s, central utilities) + V(s)``: any function, so that it can represent the optimum that QMIX cannot
    (Rashid et al. 2020, arXiv 2006.10800, section 4).
    """

    def __init__(self, args: SimpleNamespace) -> None:
        super().__init__()
        shape = args.state_shape
        self.state_dim: int = shape if isinstance(shape, int) else prod(shape)
        self.width: int = args.n_agents * args.central_action_embed
        m = args.central_mixing_embed_dim
        self.net = nn.Sequential(
            nn.Linear(self.state_dim + self.width, m), nn.ReLU(),
            nn.Linear(m, m), nn.ReLU(),
            nn.Linear(m, m), nn.ReLU(),
            nn.Linear(m, 1),
        )  # fmt: skip
        self.V = nn.Sequential(nn.Linear(self.state_dim, m), nn.ReLU(), nn.Linear(m, 1))

    def forward(self, agent_qs: th.Tensor, states: th.Tensor) -> th.Tensor:
        """Central utilities of the chosen actions ``[B, T, A, E]``, states ``[B, T, S]`` -> ``[B, T, 1]``."""
        if agent_qs.shape[2:].numel() != self.width or states.shape != (*agent_qs.shape[:2], self.state_dim):
            received = f"{list(agent_qs.shape)}, {list(states.shape)}"
            raise ValueError(f"QMixerCentralFF: should be [B, T, A, E], [B, T, {self.state_dim}], received {received}")
        inputs = th.cat([states, agent_qs.flatten(2)], dim=2)  # [B, T, S + A * E]
        value: th.Tensor = self.net(inputs) + self.V(states)
        return value
