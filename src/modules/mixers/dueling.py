"""QPLEX's duplex dueling mixer: the family that also sees the joint action and the agents' greedy values.

Legend: B episodes, T time steps, N = B * T rows, A agents, U actions, S state, K kernels.
"""

from __future__ import annotations

from abc import abstractmethod
from itertools import pairwise
from types import SimpleNamespace

import torch as th
from torch import nn

from modules.mixers.base import Mixer

SMALLEST = 1e-10  # keeps weights positive
SI_KEYS = frozenset({"num_kernel", "adv_hypernet_layers", "adv_hypernet_embed"})  # what SIWeight reads


class DuelingMixer(Mixer):
    """``Q_tot = sum_i Q'_i + sum_i (lambda_i(s, a) - 1) A'_i``, with ``Q'_i = w_i(s) Q_i + v_i(s)`` and the advantages
    ``A'_i = Q'_i - max_u Q'_i <= 0`` (Wang et al. 2021, arXiv 2008.01062, eq. 8-11).

    Individual-Global-Max holds since ``w`` and ``lambda`` are positive. As in PyMARL2, no gradient flows through the
    advantages (``is_stop_gradient``). Subclasses say what head and lambda are.
    """

    reads = frozenset({"is_minus_one", "is_stop_gradient"})

    def __init__(self, args: SimpleNamespace) -> None:
        super().__init__(args)
        self.n_actions: int = args.n_actions
        self.minus_one: bool = args.is_minus_one
        self.stop_gradient: bool = args.is_stop_gradient

    @abstractmethod
    def head(self, states: th.Tensor) -> tuple[th.Tensor, th.Tensor]:
        """States ``[N, S]`` -> weights ``w [N, A]``, positive, and offsets ``v [N, A]`` of the utilities."""

    @abstractmethod
    def lambdas(self, states: th.Tensor, actions_onehot: th.Tensor) -> th.Tensor:
        """States ``[N, S]``, joint actions ``[N, A, U]`` -> weights of the advantages ``[N, A]``, positive."""

    def forward(
        self, agent_qs: th.Tensor, states: th.Tensor, actions_onehot: th.Tensor, max_qs: th.Tensor
    ) -> th.Tensor:
        """Chosen utilities ``[B, T, A]``, states ``[B, T, S]``, joint actions ``[B, T, A, U]``, the utilities' maxima
        over available actions ``[B, T, A]`` -> ``Q_tot [B, T, 1]``.
        """
        b, t = agent_qs.shape[:2]
        self._check("agent_qs", agent_qs, (b, t, self.n_agents))
        self._check("states", states, (b, t, self.state_dim))
        self._check("actions_onehot", actions_onehot, (b, t, self.n_agents, self.n_actions))
        self._check("max_qs", max_qs, (b, t, self.n_agents))
        states = states.reshape(b * t, self.state_dim)
        w, v = self.head(states)
        qs = w * agent_qs.reshape(b * t, self.n_agents) + v  # [N, A]
        advantages = qs - (w * max_qs.reshape(b * t, self.n_agents) + v)
        if self.stop_gradient:
            advantages = advantages.detach()
        lambdas = self.lambdas(states, actions_onehot.reshape(b * t, self.n_agents, self.n_actions).float())
        total = qs + (lambdas - 1.0 if self.minus_one else lambdas) * advantages
        return total.sum(dim=1).view(b, t, 1)

    def credits(
        self, states: th.Tensor, agent_qs: th.Tensor | None = None, actions_onehot: th.Tensor | None = None
    ) -> th.Tensor:
        """How much each utility counts, ``[B, T, A]``: in ``V_tot`` ``w_i(s)``; for a joint action ``[B, T, A, U]``,
        the greedy values being what they are, ``dQ_tot/dQ_i = w_i(s) lambda_i(s, a)`` (``1 + lambda_i`` without
        ``is_minus_one``). ``agent_qs`` changes nothing.
        """
        b, t = states.shape[:2]
        rows = states.reshape(b * t, self.state_dim)
        w = self.head(rows)[0]
        if actions_onehot is not None:
            lambdas = self.lambdas(rows, actions_onehot.reshape(b * t, self.n_agents, self.n_actions).float())
            w = w * (lambdas if self.minus_one else 1.0 + lambdas)
        return w.view(b, t, self.n_agents)


class DMAQer(DuelingMixer):
    """The learned one: head and lambda from the state, lambda by attention over the joint action."""

    reads = SI_KEYS | {"weighted_head", "hypernet_embed"}

    def __init__(self, args: SimpleNamespace) -> None:
        super().__init__(args)
        self.weighted_head: bool = args.weighted_head
        s, hidden = self.state_dim, args.hypernet_embed
        self.hyper_w_final = nn.Sequential(nn.Linear(s, hidden), nn.ReLU(), nn.Linear(hidden, self.n_agents))
        self.V = nn.Sequential(nn.Linear(s, hidden), nn.ReLU(), nn.Linear(hidden, self.n_agents))
        self.si_weight = SIWeight(args, s, self.n_agents, self.n_actions)

    def head(self, states: th.Tensor) -> tuple[th.Tensor, th.Tensor]:
        if not self.weighted_head:
            ones = states.new_ones(states.shape[0], self.n_agents)
            return ones, th.zeros_like(ones)
        return self.hyper_w_final(states).abs() + SMALLEST, self.V(states)

    def lambdas(self, states: th.Tensor, actions_onehot: th.Tensor) -> th.Tensor:
        weights: th.Tensor = self.si_weight(states, actions_onehot)
        return weights


class SIWeight(nn.Module):
    """Lambda: ``sum_k |key_k(s)| sigmoid(agents_k(s)) sigmoid(action_k(s, a))`` (QPLEX, eq. 11)."""

    def __init__(self, args: SimpleNamespace, state_dim: int, n_agents: int, n_actions: int) -> None:
        super().__init__()
        layers, hidden, kernels = args.adv_hypernet_layers, args.adv_hypernet_embed, range(args.num_kernel)
        both = state_dim + n_agents * n_actions
        self.key_extractors = nn.ModuleList(_extractor(layers, state_dim, hidden, 1) for _ in kernels)
        self.agents_extractors = nn.ModuleList(_extractor(layers, state_dim, hidden, n_agents) for _ in kernels)
        self.action_extractors = nn.ModuleList(_extractor(layers, both, hidden, n_agents) for _ in kernels)

    def forward(self, states: th.Tensor, actions_onehot: th.Tensor) -> th.Tensor:
        both = th.cat([states, actions_onehot.flatten(1)], dim=1)  # [N, S + A * U]
        parts = [
            (key(states).abs() + SMALLEST) * th.sigmoid(agents(states)) * th.sigmoid(action(both))  # [N, A]
            for key, agents, action in zip(
                self.key_extractors, self.agents_extractors, self.action_extractors, strict=True
            )
        ]
        return th.stack(parts).sum(dim=0)


def _extractor(layers: int, inputs: int, hidden: int, outputs: int) -> nn.Module:
    if layers == 1:
        return nn.Linear(inputs, outputs)
    sizes = [inputs, *[hidden] * (layers - 1)]
    parts: list[nn.Module] = []
    for a, b in pairwise(sizes):
        parts += [nn.Linear(a, b), nn.ReLU()]
    return nn.Sequential(*parts, nn.Linear(hidden, outputs))
