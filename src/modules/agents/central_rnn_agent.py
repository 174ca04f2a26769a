"""WQMIX's central agent: PyMARL's recurrent agent with several numbers for each action."""

from __future__ import annotations

from types import SimpleNamespace

from torch import nn

from modules.agents.rnn_agent import RNNAgent


class CentralRNNAgent(RNNAgent):
    """Outputs ``[..., U * E]``, ``E = central_action_embed``; as in PyMARL2 it has ``rnn_hidden_dim`` units."""

    central = True
    reads = frozenset({"central_action_embed"})

    def __init__(self, input_shape: int, args: SimpleNamespace) -> None:
        super().__init__(input_shape, args)
        self.fc2 = nn.Linear(args.rnn_hidden_dim, args.n_actions * args.central_action_embed)
