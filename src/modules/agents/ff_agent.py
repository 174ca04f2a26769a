"""A feed-forward agent: no memory; what it returns as memory is its last hidden layer.

Legend: B episodes, T time steps, A agents, E inputs, H hidden units, U actions.
"""

from __future__ import annotations

from types import SimpleNamespace

import torch as th
from torch import nn
from torch.nn import functional as F

from modules.agents.base import Agent


class FFAgent(Agent):
    """Three linear layers with ReLU in between, ``rnn_hidden_dim`` units each."""

    def __init__(self, input_shape: int, args: SimpleNamespace) -> None:
        super().__init__()
        self.fc1 = nn.Linear(input_shape, args.rnn_hidden_dim)
        self.fc2 = nn.Linear(args.rnn_hidden_dim, args.rnn_hidden_dim)
        self.fc3 = nn.Linear(args.rnn_hidden_dim, args.n_actions)

    def init_hidden(self) -> th.Tensor:
        return self.fc1.weight.new_zeros(1, self.fc1.out_features)

    def forward(self, inputs: th.Tensor, hidden_state: th.Tensor) -> tuple[th.Tensor, th.Tensor]:
        h = F.relu(self.fc2(F.relu(self.fc1(inputs))))  # [..., H]
        return self.head(h), h

    def head(self, hidden: th.Tensor) -> th.Tensor:
        """Last hidden layer ``[..., H]`` -> outputs ``[..., U]``."""
        return self.fc3(hidden)

    def unroll(self, inputs: th.Tensor, hidden_state: th.Tensor) -> tuple[th.Tensor, th.Tensor]:
        return self(inputs, hidden_state)  # no memory: the time axis is one more batch axis
