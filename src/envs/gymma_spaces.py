"""Gymnasium spaces as flat vectors: what their values are, and the field layout of several agents' vectors in a row.

Legend: A agents, O observation (padded to the longest), S = A * O.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from gymnasium import spaces

from llm_credit.task import Kind, StateField
from utils.errors import UserError


class Part(NamedTuple):
    """Neighbouring values of a flattened space that are of one kind and share their bounds."""

    path: str  # where in a nested space, "" for a plain one
    size: int
    kind: Kind
    low: float
    high: float


def parts_of(space: spaces.Space[Any], path: str = "") -> Iterator[Part]:
    """The parts of a space in the order of ``gymnasium.spaces.flatten``. Raises UserError for unsupported spaces."""
    if isinstance(space, spaces.Box):
        kind: Kind = "integer" if np.issubdtype(space.dtype, np.integer) else "real"
        yield from _runs(path, kind, np.asarray(space.low).ravel(), np.asarray(space.high).ravel())
    elif isinstance(space, spaces.Discrete):
        yield Part(path, int(space.n), "one_hot", 0.0, 1.0)
    elif isinstance(space, spaces.MultiDiscrete):
        for n in np.asarray(space.nvec).ravel():
            yield Part(path, int(n), "one_hot", 0.0, 1.0)
    elif isinstance(space, spaces.MultiBinary):
        yield Part(path, int(np.prod(space.shape)), "binary", 0.0, 1.0)
    elif isinstance(space, (spaces.Tuple, spaces.Dict)):
        inner = space.spaces.items() if isinstance(space, spaces.Dict) else enumerate(space.spaces)
        for name, sub in inner:
            yield from parts_of(sub, f"{path}_{name}")
    else:
        raise UserError(
            f"this adapter cannot flatten a space of type {type(space).__name__}; it takes Box, Discrete, "
            "MultiDiscrete, MultiBinary, and Tuple and Dict of these"
        )


def _runs(path: str, kind: Kind, low: np.ndarray, high: np.ndarray) -> Iterator[Part]:
    start = 0
    for end in range(1, len(low) + 1):
        if end == len(low) or (low[end], high[end]) != (low[start], high[start]):
            yield Part(path, end - start, kind, float(np.float32(low[start])), float(np.float32(high[start])))
            start = end


def state_fields(observations: Sequence[spaces.Space[Any]], bound: float) -> tuple[StateField, ...]:
    """The agents' flattened observations one after the other, each padded with zeros to the longest.

    Like agents share fields (``obs_<first>_<last>``, per agent); unlike ones have their own (``obs<i>_...``). A range
    that is wider than ``[-bound, bound]``, infinite for instance, is declared as that.
    """
    obs_dim = max(spaces.flatdim(space) for space in observations)
    n_agents = len(observations)
    if all(space == observations[0] for space in observations):
        return tuple(_fields_of(observations[0], "obs", 0, n_agents, obs_dim, bound))
    fields: list[StateField] = []
    for i, space in enumerate(observations):
        fields += _fields_of(space, f"obs{i}", i * obs_dim, 1, obs_dim, bound)
        padding = obs_dim - spaces.flatdim(space)
        if padding:
            where = (i + 1) * obs_dim - padding
            meaning = f"always 0: agent {i} observes fewer values than others"
            fields.append(StateField(f"obs{i}_padding", where, size=padding, low=0.0, high=0.0, meaning=meaning))
    return tuple(fields)


def own_state_fields(space: spaces.Space[Any], bound: float) -> tuple[StateField, ...]:
    """The fields of a state that an environment gives itself, ranges as in :func:`state_fields`."""
    return tuple(_fields_of(space, "state", 0, 1, 1, bound, "the environment's state"))


def _fields_of(
    space: spaces.Space[Any], name: str, start: int, count: int, stride: int, bound: float, whose: str = ""
) -> Iterator[StateField]:
    offset = 0
    whose = whose or ("the agent's observation" if count > 1 else f"agent {start // stride}'s observation")
    for part in parts_of(space):
        last = offset + part.size - 1
        span = f"{offset}" if part.size == 1 else f"{offset}_{last}"
        values = f"value {offset}" if part.size == 1 else f"values {offset} to {last}"
        inside = f", {part.path.strip('_')}" if part.path else ""
        cut = part.low < -bound or part.high > bound
        yield StateField(
            f"{name}_{span}{re.sub(r'[^0-9a-zA-Z_]', '_', part.path)}",
            start + offset,
            size=part.size,
            count=count,
            stride=stride if count > 1 else 1,
            per="agent" if count > 1 else "",
            kind=part.kind,
            low=min(max(part.low, -bound), bound),
            high=max(min(part.high, bound), -bound),
            meaning=f"{values} of {whose}{inside}" + (f"; cut to [{-bound:g}, {bound:g}]" if cut else ""),
        )
        offset += part.size
