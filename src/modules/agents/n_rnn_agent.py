"""PyMARL2's recurrent agent: RNNAgent with optional layer norm and orthogonal initialisation."""

from __future__ import annotations

from types import SimpleNamespace

import torch as th
from torch import nn

from modules.agents.rnn_agent import RNNAgent
from modules.init import orthogonal_init_


class NRNNAgent(RNNAgent):
    """``use_layer_norm`` normalises the memory before the last layer; ``use_orthogonal`` with ``gain`` for its head."""

    reads = frozenset({"use_layer_norm", "use_orthogonal", "gain"})

    def __init__(self, input_shape: int, args: SimpleNamespace) -> None:
        super().__init__(input_shape, args)
        if args.use_layer_norm:
            self.layer_norm = nn.LayerNorm(args.rnn_hidden_dim)
        self._use_layer_norm = args.use_layer_norm
        if args.use_orthogonal:
            orthogonal_init_(self.fc1)
            orthogonal_init_(self.fc2, gain=args.gain)

    def head(self, hidden: th.Tensor) -> th.Tensor:
        return self.fc2(self.layer_norm(hidden) if self._use_layer_norm else hidden)
