"""RIIT's critic: a utility of an agent's observation and (soft) action, to be mixed.

Legend: B episodes, T time steps, A agents, U actions.
"""

from __future__ import annotations

from types import SimpleNamespace

import torch as th
from torch import nn
from torch.nn import functional as F

from components.episode_buffer import EpisodeBatch, Scheme
from modules.critics.inputs import agent_ids


class FMACCritic(nn.Module):
    """``Q_i(o_i, u_i)`` with ``critic_hidden_dim`` units; ``u_i`` a one-hot action or a policy's probabilities."""

    def __init__(self, scheme: Scheme, args: SimpleNamespace) -> None:
        super().__init__()
        self.n_agents: int = args.n_agents
        self.obs_agent_id: bool = args.obs_agent_id
        inputs = int(scheme["obs"]["vshape"]) + args.n_actions + (self.n_agents if self.obs_agent_id else 0)
        self.fc1 = nn.Linear(inputs, args.critic_hidden_dim)
        self.fc2 = nn.Linear(args.critic_hidden_dim, args.critic_hidden_dim)
        self.fc3 = nn.Linear(args.critic_hidden_dim, 1)

    def forward(self, batch: EpisodeBatch, actions: th.Tensor) -> th.Tensor:
        """Actions ``[B, T, A, U]`` -> utilities ``[B, T, A]``."""
        ids = [agent_ids(batch, self.n_agents)] if self.obs_agent_id else []
        x = th.cat([batch["obs"], *ids, actions], dim=-1)
        q: th.Tensor = self.fc3(F.relu(self.fc2(F.relu(self.fc1(x)))))
        return q.squeeze(3)
