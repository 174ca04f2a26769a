"""DOP's critic: the utilities of an agent's actions from state and observation, to be mixed.

Legend: B episodes, T time steps, A agents, U actions, E inputs.
"""

from __future__ import annotations

from types import SimpleNamespace

import torch as th
from torch import nn
from torch.nn import functional as F

from components.episode_buffer import EpisodeBatch, Scheme
from modules.critics.inputs import agent_ids, states_for_agents


class OffPGCritic(nn.Module):
    """``Q_i(s, o_i) [.., U]`` as a value plus one number for each action; 256 units."""

    def __init__(self, scheme: Scheme, args: SimpleNamespace) -> None:
        super().__init__()
        self.n_agents: int = args.n_agents
        inputs = int(scheme["state"]["vshape"]) + int(scheme["obs"]["vshape"]) + self.n_agents
        self.fc1 = nn.Linear(inputs, 256)
        self.fc2 = nn.Linear(256, 256)
        self.fc_v = nn.Linear(256, 1)
        self.fc3 = nn.Linear(256, args.n_actions)

    def inputs(self, batch: EpisodeBatch) -> th.Tensor:
        """``[B, T, A, E]``"""
        return th.cat([states_for_agents(batch, self.n_agents), batch["obs"], agent_ids(batch, self.n_agents)], dim=-1)

    def forward(self, inputs: th.Tensor) -> th.Tensor:
        """Inputs ``[..., E]`` -> utilities ``[..., U]``."""
        x = F.relu(self.fc2(F.relu(self.fc1(inputs))))
        q: th.Tensor = self.fc3(x) + self.fc_v(x)
        return q
