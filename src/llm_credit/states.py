"""States that a task allows, drawn from its declared layout.

Legend: N rows, S state.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch

from .task import StateField, TaskDescription


def draw_states(task: TaskDescription, n: int, seed: int = 0) -> torch.Tensor:
    """``[n, S]``: every field within its range and of its kind; entities that can be absent are so in a fifth."""
    g = torch.Generator().manual_seed(seed)
    states = torch.zeros(n, task.state_dim)
    gone: dict[tuple[str, int], torch.Tensor] = {}
    for f in task.state_fields:
        for e in range(f.count):
            values = _draw(f, n, g)
            if f.absent is not None:  # an entity that is absent is so in all its fields
                key = (f.per, f.count * 10_000 + e)
                gone.setdefault(key, torch.rand(n, 1, generator=g) < 0.2)
                values = torch.where(gone[key], torch.full_like(values, f.absent), values)
            states[:, f.slice_of(e)] = values
    return states


def _draw(f: StateField, n: int, g: torch.Generator) -> torch.Tensor:
    u = torch.rand(n, f.size, generator=g)
    if f.kind == "one_hot":
        hot = torch.zeros(n, f.size).scatter_(1, u.argmax(1, keepdim=True), 1.0)
        return hot * (torch.rand(n, 1, generator=g) < 0.9)
    if f.kind == "binary":
        return torch.where(u < 0.5, f.low, f.high)
    values = f.low + u * (f.high - f.low)
    return values.round() if f.kind == "integer" else values


def corner_states(task: TaskDescription, n: int = 256, seed: int = 0) -> torch.Tensor:
    """Zeros (padded rows), all lows, all highs, and rows that take each range's end at random."""
    low, high = torch.zeros(task.state_dim), torch.zeros(task.state_dim)
    for f in task.state_fields:
        for i in f.indices():
            low[i], high[i] = f.low, f.high
    g = torch.Generator().manual_seed(seed)
    ends = torch.where(torch.rand(n, task.state_dim, generator=g) < 0.5, low, high)
    return torch.cat([torch.zeros(1, task.state_dim), low[None], high[None], ends])


def pointed_states(task: TaskDescription, numbers: Sequence[float], n: int, seed: int = 0) -> torch.Tensor:
    """``[n, S]``: legal states made of the numbers that stand in a function, where its divisors and roots may be 0.

    Each real or integer number of the state is one of ``numbers`` that its field allows, or an end of its range where
    it allows none; in every other state all entities have the same one. Other kinds are as in :func:`draw_states`.
    """
    states = draw_states(task, n, seed)
    g = torch.Generator().manual_seed(seed + 1)
    for f in task.state_fields:
        if f.kind not in ("real", "integer"):
            continue
        legal = [x for x in numbers if f.low <= x <= f.high and (f.kind == "real" or float(x).is_integer())]
        values = torch.tensor(sorted(set(legal or [f.low, f.high])), dtype=torch.float32)
        where = list(f.indices())
        chosen = torch.randint(len(values), (n, len(where)), generator=g)
        chosen[::2] = chosen[::2, :1]
        states[:, where] = values[chosen]
    return states


def draw_beyond(task: TaskDescription, n: int, seed: int = 0) -> torch.Tensor:
    """``[n, S]``: like :func:`draw_states`, but every real or integer field over twice its range around its middle."""
    states = draw_states(task, n, seed)
    for f in task.state_fields:
        if f.kind in ("real", "integer"):
            middle, where = (f.low + f.high) / 2, list(f.indices())
            states[:, where] = middle + 2 * (states[:, where] - middle)
    return states


def draw_actions(task: TaskDescription, n: int, seed: int = 0) -> torch.Tensor:
    """``[n, A, U]``: one action of each agent as one-hot rows; the last row is zeros, as in padded steps."""
    g = torch.Generator().manual_seed(seed)
    chosen = torch.randint(task.n_actions, (n, task.n_agents), generator=g)
    hot = torch.nn.functional.one_hot(chosen, task.n_actions).float()
    hot[-1] = 0
    return hot
