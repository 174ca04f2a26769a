"""A central value of the state.

Legend: B episodes, T time steps, A agents, S state.
"""

from __future__ import annotations

from types import SimpleNamespace

import torch as th
from torch import nn

from components.episode_buffer import EpisodeBatch, Scheme


class CentralVCritic(nn.Module):
    """``V(s)``, two hidden layers of 256 units; one value for the team, which every agent gets: ``[B, T, A]``."""

    def __init__(self, scheme: Scheme, args: SimpleNamespace) -> None:
        super().__init__()
        self.n_agents: int = args.n_agents
        s = int(scheme["state"]["vshape"])
        self.fc1 = nn.Sequential(nn.Linear(s, 256), nn.ReLU(), nn.Linear(256, 256), nn.ReLU(), nn.Linear(256, 1))

    def forward(self, batch: EpisodeBatch) -> th.Tensor:
        value: th.Tensor = self.fc1(batch["state"])  # [B, T, 1]
        return value.expand(-1, -1, self.n_agents)
