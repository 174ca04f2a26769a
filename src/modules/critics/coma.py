"""COMA's critic: the value of each of an agent's actions, the others' being what they were.

Legend: B episodes, T time steps, A agents, U actions, E inputs.
"""

from __future__ import annotations

from types import SimpleNamespace

import torch as th
from torch import nn
from torch.nn import functional as F

from components.episode_buffer import EpisodeBatch, Scheme
from modules.critics.inputs import agent_ids, before, joint_actions_for_agents, others_actions, states_for_agents


class COMACritic(nn.Module):
    """``Q(s, o_i, u_-i, u_before, i) [.., U]`` (Foerster et al. 2018, arXiv 1705.08926, fig. 1c); 128 units."""

    def __init__(self, scheme: Scheme, args: SimpleNamespace) -> None:
        super().__init__()
        self.n_agents: int = args.n_agents
        joint = self.n_agents * args.n_actions
        inputs = int(scheme["state"]["vshape"]) + int(scheme["obs"]["vshape"]) + 2 * joint + self.n_agents
        self.fc1 = nn.Linear(inputs, 128)
        self.fc2 = nn.Linear(128, 128)
        self.fc3 = nn.Linear(128, args.n_actions)

    def inputs(self, batch: EpisodeBatch) -> th.Tensor:
        """``[B, T, A, E]``"""
        onehot = batch["actions_onehot"]
        parts = [
            states_for_agents(batch, self.n_agents),
            batch["obs"],
            others_actions(onehot),
            joint_actions_for_agents(before(onehot)),
            agent_ids(batch, self.n_agents),
        ]
        return th.cat(parts, dim=-1)

    def values(self, inputs: th.Tensor) -> th.Tensor:
        """Inputs ``[..., E]`` -> ``[..., U]``."""
        q: th.Tensor = self.fc3(F.relu(self.fc2(F.relu(self.fc1(inputs)))))
        return q

    def forward(self, batch: EpisodeBatch, t: int | None = None) -> th.Tensor:
        """``[B, T, A, U]``; of step ``t`` alone ``[B, 1, A, U]``."""
        inputs = self.inputs(batch)
        return self.values(inputs if t is None else inputs[:, t : t + 1])
