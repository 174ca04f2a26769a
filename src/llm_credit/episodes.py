"""A few episodes of a random policy, and how a function's credits go with what the agents did to the return in them.

Legend: K steps of all episodes, A agents, S state, U actions.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from .errors import CreditError
from .task import TaskDescription

MAX_FEATURES = 2_000  # above, an agent's effect may not depend on the state: the fit would take too long
RIDGE = 1.0


@dataclass(frozen=True)
class Episodes:
    """Steps of several episodes: ``states [K, S]``, ``actions [K, A]``, ``returns [K]`` (undiscounted, to go)."""

    states: torch.Tensor
    actions: torch.Tensor
    returns: torch.Tensor

    @classmethod
    def from_list(cls, episodes: list[Mapping[str, Any]], task: TaskDescription) -> Episodes:
        """From ``[{"states": [T][S], "actions": [T][A], "rewards": [T]}, ...]``. Raises CreditError for bad data."""
        states, actions, returns = [], [], []
        for k, episode in enumerate(episodes):
            try:
                s = torch.tensor(episode["states"], dtype=torch.float32)
                a = torch.tensor(episode["actions"], dtype=torch.int64)
                r = torch.tensor(episode["rewards"], dtype=torch.float32)
            except (KeyError, TypeError, ValueError) as e:
                raise CreditError(f"episode {k} lacks states, actions or rewards, or they are no numbers: {e}") from e
            t = len(r)
            if s.shape != (t, task.state_dim) or a.shape != (t, task.n_agents):
                expected = f"[{t}, {task.state_dim}] and [{t}, {task.n_agents}]"
                raise CreditError(
                    f"episode {k}: states and actions should be {expected}, not {list(s.shape)}, {list(a.shape)}"
                )
            if t and not (int(a.min()) >= 0 and int(a.max()) < task.n_actions):
                raise CreditError(f"episode {k}: actions should be 0 to {task.n_actions - 1}")
            states.append(s)
            actions.append(a)
            returns.append(r.flip(0).cumsum(0).flip(0))
        if not returns:
            raise CreditError("there are no episodes")
        return cls(torch.cat(states), torch.cat(actions), torch.cat(returns))


def read_episodes(path: str, task: TaskDescription) -> list[Mapping[str, Any]] | None:
    """Episodes from a JSON file, checked; None for no path. Raises CreditError."""
    if not path:
        return None
    try:
        data = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as e:
        raise CreditError(f"the episodes in {path} cannot be read: {e}") from e
    if not isinstance(data, list):
        raise CreditError(f"{path} should hold a list of episodes")
    Episodes.from_list(data, task)
    return data


def credit_return_correlation(w: torch.Tensor, task: TaskDescription, episodes: Episodes) -> dict[str, float]:
    """``return_correlation/agent_i``: ``w_i(s)`` (``w [K, A]``) against the size of what it did to the return.

    What an agent did is estimated: a ridge regression of the return to go on the state and on each agent's action
    (times the state, where that is small enough); the effect is its part for the action taken, less its mean over
    actions. 0 where either does not vary.
    """
    effects = _effects(task, episodes)
    return {f"return_correlation/agent_{i}": _correlation(w[:, i], effects[:, i]) for i in range(task.n_agents)}


def _effects(task: TaskDescription, e: Episodes) -> torch.Tensor:
    """``[K, A]``: the estimated size of each agent's effect on the return at each step."""
    k, n_actions = e.actions.shape[0], task.n_actions
    scale = e.states.std(dim=0, unbiased=False).clamp(min=1e-6)
    x = torch.cat([torch.ones(k, 1), (e.states - e.states.mean(dim=0)) / scale], dim=1)  # [K, 1 + S]
    if task.n_agents * n_actions * x.shape[1] > MAX_FEATURES:
        context = x[:, :1]
    else:
        context = x
    width = context.shape[1]
    blocks = []
    for i in range(task.n_agents):
        hot = torch.nn.functional.one_hot(e.actions[:, i], n_actions).float() - 1 / n_actions  # [K, U]
        blocks.append((hot.unsqueeze(2) * context.unsqueeze(1)).reshape(k, n_actions * width))
    features = torch.cat([x, *blocks], dim=1).double()
    gram = features.T @ features + RIDGE * torch.eye(features.shape[1], dtype=torch.float64)
    solution = torch.linalg.solve(gram, features.T @ e.returns.double())
    parts = solution[x.shape[1] :].split(n_actions * width)
    return torch.stack([(b.double() @ p).abs() for b, p in zip(blocks, parts, strict=True)], dim=1).float()


def _correlation(a: torch.Tensor, b: torch.Tensor) -> float:
    a, b = a - a.mean(), b - b.mean()
    size = float(a.norm() * b.norm())
    return float((a * b).sum()) / size if size > 1e-9 else 0.0
