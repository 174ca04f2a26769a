"""PyMARL's recurrent agent: linear, ReLU, GRU, linear.

Legend: B episodes, T time steps, A agents, E inputs, H memory, U actions.
"""

from __future__ import annotations

import warnings
from types import SimpleNamespace

import torch as th
from torch import nn
from torch.nn import functional as F

from modules.agents.base import Agent
from modules.gru import unroll_gru

# The GRU's weights belong to a GRUCell (PyMARL's parameter names); cuDNN packs them at each call, which is cheap.
warnings.filterwarnings("ignore", message="RNN module weights are not part of single contiguous chunk of memory")


class RNNAgent(Agent):
    """Deep recurrent Q-network of the PyMARL family (Hausknecht & Stone 2015, with a GRU)."""

    def __init__(self, input_shape: int, args: SimpleNamespace) -> None:
        super().__init__()
        self.fc1 = nn.Linear(input_shape, args.rnn_hidden_dim)
        self.rnn = nn.GRUCell(args.rnn_hidden_dim, args.rnn_hidden_dim)
        self.fc2 = nn.Linear(args.rnn_hidden_dim, args.n_actions)

    def init_hidden(self) -> th.Tensor:
        return self.fc1.weight.new_zeros(1, self.rnn.hidden_size)

    def head(self, hidden: th.Tensor) -> th.Tensor:
        """Memories ``[..., H]`` -> outputs ``[..., U]``."""
        return self.fc2(hidden)

    def head_over_time(self, hidden: th.Tensor) -> th.Tensor:
        """Memories ``[T, N, H]`` -> outputs ``[T, N, U]``, as :meth:`head` step by step."""
        return self.head(hidden)

    def forward(self, inputs: th.Tensor, hidden_state: th.Tensor) -> tuple[th.Tensor, th.Tensor]:
        b, a, e = inputs.shape
        x = F.relu(self.fc1(inputs.reshape(b * a, e)))  # [B * A, H]
        h = self.rnn(x, hidden_state.reshape(b * a, -1))  # [B * A, H]
        return self.head(h).view(b, a, -1), h.view(b, a, -1)

    def unroll(self, inputs: th.Tensor, hidden_state: th.Tensor) -> tuple[th.Tensor, th.Tensor]:
        """One matrix product for all steps wherever no memory is involved, and the fused GRU for the rest."""
        b, t, a, e = inputs.shape
        x = F.relu(self.fc1(inputs.transpose(0, 1).reshape(t, b * a, e)))  # [T, B * A, H]
        h = unroll_gru(self.rnn, x, hidden_state.reshape(b * a, -1))  # [T, B * A, H]
        q = self.head_over_time(h)  # [T, B * A, U]
        return _episodes_first(q, b, a), _episodes_first(h, b, a)


def _episodes_first(x: th.Tensor, b: int, a: int) -> th.Tensor:
    """``[T, B * A, X] -> [B, T, A, X]``"""
    return x.view(x.shape[0], b, a, -1).transpose(0, 1)
