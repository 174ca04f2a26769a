"""A recurrent agent whose last layer is noisy.

Legend: T time steps, N rows, H memory, U actions.
"""

from __future__ import annotations

from types import SimpleNamespace

import torch as th
from torch import nn

from modules.agents.rnn_agent import RNNAgent
from modules.noisy_linear import NoisyLinear


class NoisyRNNAgent(RNNAgent):
    """RNNAgent with a NoisyLinear head and optional layer norm; noise is drawn anew at each time step."""

    draws_noise = True
    reads = frozenset({"use_layer_norm"})

    def __init__(self, input_shape: int, args: SimpleNamespace) -> None:
        super().__init__(input_shape, args)
        self.fc2 = NoisyLinear(args.rnn_hidden_dim, args.n_actions)  # type: ignore[assignment]
        if args.use_layer_norm:
            self.layer_norm = nn.LayerNorm(args.rnn_hidden_dim)
        self._use_layer_norm: bool = args.use_layer_norm

    def _normed(self, hidden: th.Tensor) -> th.Tensor:
        return self.layer_norm(hidden) if self._use_layer_norm else hidden

    def head(self, hidden: th.Tensor) -> th.Tensor:
        q: th.Tensor = self.fc2(self._normed(hidden))
        return q

    def head_over_time(self, hidden: th.Tensor) -> th.Tensor:
        q: th.Tensor = self.fc2.over_time(self._normed(hidden))  # type: ignore[operator]
        return q
