"""MADDPG's critic: each agent's value of the joint action.

Legend: B episodes, T time steps, A agents, U actions.
"""

from __future__ import annotations

from types import SimpleNamespace

import torch as th
from torch import nn
from torch.nn import functional as F

from components.episode_buffer import EpisodeBatch, Scheme
from modules.critics.inputs import agent_ids, states_for_agents


class MADDPGCritic(nn.Module):
    """``Q_i(s, u_1 .. u_A)``, one network for all agents, told apart by their number; ``critic_hidden_dim`` units."""

    def __init__(self, scheme: Scheme, args: SimpleNamespace) -> None:
        super().__init__()
        self.n_agents: int = args.n_agents
        inputs = int(scheme["state"]["vshape"]) + self.n_agents * args.n_actions + self.n_agents
        self.fc1 = nn.Linear(inputs, args.critic_hidden_dim)
        self.fc2 = nn.Linear(args.critic_hidden_dim, args.critic_hidden_dim)
        self.fc3 = nn.Linear(args.critic_hidden_dim, 1)

    def forward(self, batch: EpisodeBatch, joint_actions: th.Tensor) -> th.Tensor:
        """Joint actions as each agent's critic sees them ``[B, T, A, A * U]`` -> values ``[B, T, A]``."""
        x = th.cat([states_for_agents(batch, self.n_agents), joint_actions, agent_ids(batch, self.n_agents)], dim=-1)
        q: th.Tensor = self.fc3(F.relu(self.fc2(F.relu(self.fc1(x)))))
        return q.squeeze(3)
