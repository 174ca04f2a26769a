"""A recurrent agent with two heads: policy logits and a value."""

from __future__ import annotations

from types import SimpleNamespace

import torch as th
from torch import nn

from modules.agents.rnn_agent import RNNAgent


class RNNPPOAgent(RNNAgent):
    """RNNAgent whose outputs are ``U + 1``: the logits, then the value (``ppo_mac`` takes them apart)."""

    gives_value = True

    def __init__(self, input_shape: int, args: SimpleNamespace) -> None:
        super().__init__(input_shape, args)
        self.fc3 = nn.Linear(args.rnn_hidden_dim, 1)

    def head(self, hidden: th.Tensor) -> th.Tensor:
        return th.cat([self.fc2(hidden), self.fc3(hidden)], dim=-1)
