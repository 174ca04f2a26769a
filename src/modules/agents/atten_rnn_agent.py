"""A recurrent agent that also attends to the other agents' inputs: communication in acting.

Legend: B episodes, T time steps, N = B (* T) rows, A agents, E inputs, H memory, K heads, D embedding, U actions.
"""

from __future__ import annotations

from types import SimpleNamespace

import torch as th
from torch import nn
from torch.nn import functional as F

from modules.agents.base import Agent
from modules.gru import unroll_gru


class SelfAttention(nn.Module):
    """Scaled dot-product attention over agents (Vaswani et al. 2017), without an output layer: ``[N, A, K * D]``."""

    def __init__(self, input_size: int, heads: int, embed_size: int) -> None:
        super().__init__()
        self.heads = heads
        self.tokeys = nn.Linear(input_size, embed_size * heads, bias=False)
        self.toqueries = nn.Linear(input_size, embed_size * heads, bias=False)
        self.tovalues = nn.Linear(input_size, embed_size * heads, bias=False)

    def forward(self, x: th.Tensor) -> th.Tensor:
        n, a, _ = x.shape
        q, k, v = (
            layer(x).view(n, a, self.heads, -1).transpose(1, 2)  # [N, K, A, D]
            for layer in (self.toqueries, self.tokeys, self.tovalues)
        )
        return F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(n, a, -1)


class ATTRNNAgent(Agent):
    """GRU on the agent's own inputs, attention over all agents' inputs, utilities from both.

    Execution is not decentralised: an agent needs the others' observations of the same step.
    """

    sees_others = True
    reads = frozenset({"att_heads", "att_embed_dim"})

    def __init__(self, input_shape: int, args: SimpleNamespace) -> None:
        super().__init__()
        h = args.rnn_hidden_dim
        self.fc1 = nn.Linear(input_shape, h)
        self.rnn = nn.GRUCell(h, h)
        self.att = SelfAttention(input_shape, args.att_heads, args.att_embed_dim)
        self.fc2 = nn.Linear(args.att_heads * args.att_embed_dim, h)
        self.fc3 = nn.Sequential(nn.Linear(2 * h, h), nn.ReLU(), nn.Linear(h, args.n_actions))

    def init_hidden(self) -> th.Tensor:
        return self.fc1.weight.new_zeros(1, self.rnn.hidden_size)

    def forward(self, inputs: th.Tensor, hidden_state: th.Tensor) -> tuple[th.Tensor, th.Tensor]:
        b, a, e = inputs.shape
        x = F.relu(self.fc1(inputs.reshape(b * a, e)))
        h = self.rnn(x, hidden_state.reshape(b * a, -1)).view(b, a, -1)
        return self._utilities(inputs, h), h

    def unroll(self, inputs: th.Tensor, hidden_state: th.Tensor) -> tuple[th.Tensor, th.Tensor]:
        b, t, a, e = inputs.shape
        x = F.relu(self.fc1(inputs.transpose(0, 1).reshape(t, b * a, e)))  # [T, B * A, H]
        h = unroll_gru(self.rnn, x, hidden_state.reshape(b * a, -1)).view(t, b, a, -1).transpose(0, 1)  # [B, T, A, H]
        q = self._utilities(inputs.reshape(b * t, a, e), h.reshape(b * t, a, -1))
        return q.view(b, t, a, -1), h

    def _utilities(self, inputs: th.Tensor, hidden: th.Tensor) -> th.Tensor:
        """Inputs ``[N, A, E]``, memories ``[N, A, H]`` -> ``[N, A, U]``."""
        attended = F.relu(self.fc2(self.att(inputs)))
        utilities: th.Tensor = self.fc3(th.cat([hidden, attended], dim=2))
        return utilities
