"""The contract at a mixer's door.

Legend: B episodes, T time steps, A agents, S state, N = B * T rows.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from math import prod
from types import SimpleNamespace
from typing import Any, ClassVar

import torch as th
from torch import nn


class Mixer(nn.Module, ABC):
    """What all families share: sizes, a shape check, and what a run records of a mixer.

    reads: config keys that it reads and not every mixer does, beyond its bases'.
    """

    reads: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, args: SimpleNamespace) -> None:
        super().__init__()
        self.n_agents: int = args.n_agents
        shape = args.state_shape
        self.state_dim: int = shape if isinstance(shape, int) else prod(shape)

    def record(self) -> dict[str, Any]:
        """What a run's record should hold of this mixer beyond its parameters (JSON values); nothing by default."""
        return {}

    def artifacts(self) -> dict[str, bytes]:
        """Files by name that belong into the run's record; none by default."""
        return {}

    def _check(self, name: str, x: th.Tensor, expected: tuple[int, ...]) -> None:
        if tuple(x.shape) != expected:
            raise ValueError(f"{type(self).__name__}: {name} should be {list(expected)}, received {list(x.shape)}")


class StateMixer(Mixer):
    """A mixer that sees utilities and state: ``forward(agent_qs [B, T, A], states [B, T, S]) -> Q_tot [B, T, 1]``.

    Subclasses implement only :meth:`mix`, on rows. Raises ValueError with expected and received shapes.
    """

    @abstractmethod
    def mix(self, agent_qs: th.Tensor, states: th.Tensor) -> th.Tensor:
        """Utilities ``[N, A]``, states ``[N, S]`` -> joint values ``[N, 1]``."""

    def forward(self, agent_qs: th.Tensor, states: th.Tensor) -> th.Tensor:
        b, t = agent_qs.shape[:2]
        self._check("agent_qs", agent_qs, (b, t, self.n_agents))
        self._check("states", states, (b, t, self.state_dim))
        q_tot = self.mix(agent_qs.reshape(b * t, self.n_agents), states.reshape(b * t, self.state_dim))  # [N, 1]
        self._check("Q_tot", q_tot, (b * t, 1))
        return q_tot.view(b, t, 1)

    def credits(self, states: th.Tensor, agent_qs: th.Tensor | None = None) -> th.Tensor:
        """How much each utility counts, ``dQ_tot/dQ_i [B, T, A]``, at ``agent_qs`` (zeros where not given)."""
        b, t = states.shape[:2]
        qs = states.new_zeros(b, t, self.n_agents) if agent_qs is None else agent_qs.detach().clone()
        with th.enable_grad():
            qs.requires_grad_(True)
            (grad,) = th.autograd.grad(self(qs, states).sum(), qs)
        return grad

    def shares(self, states: th.Tensor) -> th.Tensor:
        """Credits as shares of the team's value ``[B, T, A]``: they sum to 1, and are equal where credits sum to 0."""
        return normalised(self.credits(states))


def normalised(credits: th.Tensor) -> th.Tensor:
    """Credits ``[..., A]`` divided by their sum; ``1 / A`` each where that is 0 (or less: signed credits)."""
    total = credits.sum(dim=-1, keepdim=True)
    equal = th.full_like(credits, 1.0 / credits.shape[-1])
    return th.where(total > 0, credits / total.clamp(min=th.finfo(credits.dtype).tiny), equal)
