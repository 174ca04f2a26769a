"""Qatten's attention mixer.

Legend: N rows, A agents, S state, H heads, E embedding, P an agent's own state values.
"""

from __future__ import annotations

from math import sqrt
from types import SimpleNamespace

import torch as th
from torch import nn

from modules.mixers.base import StateMixer
from utils.errors import UserError


class QattenMixer(StateMixer):
    """``Q_tot = c(s) + sum_h w_h(s) sum_i lambda_{h,i}(s) Q_i`` (Yang et al. 2020, arXiv 2002.03939, eq. 9).

    Each head attends from the state to the agents' own features, which are the first ``A * P`` values of the state,
    agent by agent (``agent_own_state_size``). ``type: weighted`` weights the heads by the state, else they are summed.
    """

    reads = frozenset({"agent_own_state_size", "type", "n_attention_head", "n_constrant_value"}) | {
        "n_query_embedding_layer1",
        "n_query_embedding_layer2",
        "n_key_embedding_layer1",
        "n_head_embedding_layer1",
        "n_head_embedding_layer2",
    }

    def __init__(self, args: SimpleNamespace) -> None:
        super().__init__(args)
        own, s = args.agent_own_state_size, self.state_dim
        if isinstance(own, bool) or not own or own * self.n_agents > s:
            raise UserError(
                "mixer=qatten needs a state that begins with the agents' own features, equally many for each; set "
                f"agent_own_state_size to their number (it is {own!r}; the state has {s} values)"
            )
        self.own_size: int = own
        self.weighted: bool = args.type == "weighted"
        query, key = args.n_query_embedding_layer2, args.n_key_embedding_layer1
        _must_agree("n_query_embedding_layer2", query, "n_key_embedding_layer1", key)
        if self.weighted:
            _must_agree(
                "n_head_embedding_layer2", args.n_head_embedding_layer2, "n_attention_head", args.n_attention_head
            )
        heads = range(args.n_attention_head)
        self.query_embedding_layers = nn.ModuleList(_two_layers(s, args.n_query_embedding_layer1, query) for _ in heads)
        self.key_embedding_layers = nn.ModuleList(nn.Linear(own, key) for _ in heads)
        self.head_embedding_layer = _two_layers(s, args.n_head_embedding_layer1, args.n_head_embedding_layer2)
        self.constrant_value_layer = _two_layers(s, args.n_constrant_value, 1)  # PyMARL2's name, for its checkpoints
        self.scale = 1 / sqrt(query)

    def attention(self, states: th.Tensor) -> th.Tensor:
        """How much each head looks at each agent: ``[N, S]`` -> ``[N, H, A]``, summing to 1 over agents."""
        n = states.shape[0]
        own = states[:, : self.own_size * self.n_agents].reshape(n, self.n_agents, self.own_size)
        queries = th.stack([layer(states) for layer in self.query_embedding_layers], dim=1)  # [N, H, E]
        keys = th.stack([layer(own) for layer in self.key_embedding_layers], dim=1)  # [N, H, A, E]
        return th.softmax((keys @ queries.unsqueeze(3)).squeeze(3) * self.scale, dim=2)

    def mix(self, agent_qs: th.Tensor, states: th.Tensor) -> th.Tensor:
        heads = (self.attention(states) * agent_qs.unsqueeze(1)).sum(dim=2)  # [N, H]
        if self.weighted:
            heads = heads * self.head_embedding_layer(states).abs()
        return heads.sum(dim=1, keepdim=True) + self.constrant_value_layer(states)  # [N, 1]


def _two_layers(inputs: int, hidden: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(inputs, hidden), nn.ReLU(), nn.Linear(hidden, outputs))


def _must_agree(name: str, value: int, other: str, needed: int) -> None:
    if value != needed:
        raise UserError(f"mixer=qatten: {name}={value} and {other}={needed} must be equal")
