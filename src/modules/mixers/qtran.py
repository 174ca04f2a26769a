"""QTRAN's joint value: the family that sees the agents' memories and the joint action.

Legend: B episodes, T time steps, A agents, U actions, H memory, S state.
"""

from __future__ import annotations

from abc import abstractmethod
from types import SimpleNamespace

import torch as th
from torch import nn

from modules.mixers.base import Mixer

HIDDEN_LAYERS = {"small": 2, "big": 3}


class JointMixer(Mixer):
    """``forward(states [B, T, S], hidden [B, T, A, H], actions_onehot [B, T, A, U]) -> (Q_jt [B, T, 1], V [B, T, 1])``.

    Raises ValueError with expected and received shapes.
    """

    reads = frozenset({"rnn_hidden_dim"})

    def __init__(self, args: SimpleNamespace) -> None:
        super().__init__(args)
        self.n_actions: int = args.n_actions
        self.hidden_dim: int = args.rnn_hidden_dim

    @abstractmethod
    def mix(self, states: th.Tensor, hidden: th.Tensor, actions: th.Tensor) -> tuple[th.Tensor, th.Tensor]:
        """The same with shapes that have been checked."""

    def forward(self, states: th.Tensor, hidden: th.Tensor, actions: th.Tensor) -> tuple[th.Tensor, th.Tensor]:
        b, t = states.shape[:2]
        expected = {
            "states": (states, (b, t, self.state_dim)),
            "hidden": (hidden, (b, t, self.n_agents, self.hidden_dim)),
            "actions_onehot": (actions, (b, t, self.n_agents, self.n_actions)),
        }
        for name, (x, shape) in expected.items():
            self._check(name, x, shape)
        return self.mix(states, hidden, actions)


class QTranBase(JointMixer):
    """QTRAN-base (Son et al. 2019, arXiv 1905.05408, section 4).

    ``qtran_arch: qtran_paper`` sums encodings of each agent's memory and action, ``coma_critic`` takes the joint action
    as it is. ``network_size``: two hidden layers (small) or three (big).
    """

    reads = frozenset({"qtran_arch", "network_size", "mixing_embed_dim"})

    def __init__(self, args: SimpleNamespace) -> None:
        super().__init__(args)
        self.encodes = args.qtran_arch == "qtran_paper"
        encoding = self.hidden_dim + self.n_actions
        extra = encoding if self.encodes else self.n_agents * self.n_actions
        layers, m = HIDDEN_LAYERS[args.network_size], args.mixing_embed_dim
        self.Q = _layers(self.state_dim + extra, m, layers)
        self.V = _layers(self.state_dim, m, layers)
        # made for either architecture, as in PyMARL2: its checkpoints have it
        self.action_encoding = nn.Sequential(nn.Linear(encoding, encoding), nn.ReLU(), nn.Linear(encoding, encoding))

    def mix(self, states: th.Tensor, hidden: th.Tensor, actions: th.Tensor) -> tuple[th.Tensor, th.Tensor]:
        if self.encodes:
            joint = self.action_encoding(th.cat([hidden, actions], dim=3)).sum(dim=2)  # [B, T, H + U]
        else:
            joint = actions.flatten(2)  # [B, T, A * U]
        return self.Q(th.cat([states, joint], dim=2)), self.V(states)


def _layers(inputs: int, units: int, hidden: int) -> nn.Sequential:
    parts: list[nn.Module] = [nn.Linear(inputs, units), nn.ReLU()]
    for _ in range(hidden - 1):
        parts += [nn.Linear(units, units), nn.ReLU()]
    return nn.Sequential(*parts, nn.Linear(units, 1))
