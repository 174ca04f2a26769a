"""Which number of a world stands where in observations and states, what it means, and how far it can go.

A game keeps all its numbers in one vector ``values``; an observation or a state is differences of them, picked by
index. Legend: V values, A agents of the team, O observation, S state.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

from llm_credit.task import Kind, StateField


class Slot(NamedTuple):
    """One number of an observation or state: ``values[plus] - values[minus]``, within ``[low, high]``."""

    name: str
    plus: int
    minus: int
    low: float
    high: float
    meaning: str
    unit: str = ""


class Entities(NamedTuple):
    """Like things of the state: ``count`` times the numbers in ``slots`` (of entity 0), one after the other.

    rows: the ``plus`` index of every number, entity by entity.
    """

    name: str
    per: str
    slots: tuple[Slot, ...]
    rows: tuple[tuple[int, ...], ...]


class Group(NamedTuple):
    """One whole field of several values of a kind: a goal or a message as one-hot."""

    name: str
    kind: Kind
    rows: tuple[int, ...]
    meaning: str


def entity_fields(entities: Entities, start: int) -> list[StateField]:
    stride = len(entities.slots)
    return [
        StateField(
            f"{entities.name}_{slot.name}",
            start + k,
            count=len(entities.rows),
            stride=stride if len(entities.rows) > 1 else 1,
            per=entities.per,
            low=slot.low,
            high=slot.high,
            unit=slot.unit,
            meaning=slot.meaning,
        )
        for k, slot in enumerate(entities.slots)
    ]


def state_fields(parts: Iterable[Entities | Group]) -> tuple[tuple[StateField, ...], list[int]]:
    """The fields of a state made of these parts, and the index into ``values`` of each of its S numbers."""
    fields: list[StateField] = []
    index: list[int] = []
    for part in parts:
        if isinstance(part, Group):
            size = len(part.rows)
            fields.append(StateField(part.name, len(index), size=size, kind=part.kind, meaning=part.meaning))
            index += part.rows
        else:
            fields += entity_fields(part, len(index))
            index += [i for row in part.rows for i in row]
    return tuple(fields), index


def observation_fields(observations: Sequence[Sequence[Slot]], obs_dim: int) -> tuple[StateField, ...]:
    """The fields of all observations in a row, each padded with zeros to ``obs_dim``.

    Agents that observe the same things share fields (``obs_...``, per agent); others have their own (``obs<i>_...``).
    """
    alike = len({tuple((s.name, s.low, s.high) for s in slots) for slots in observations}) == 1
    fields: list[StateField] = []
    for i, slots in enumerate(observations[:1] if alike else observations):
        name, whose = ("obs", "") if alike else (f"obs{i}", f"as agent {i} observes it: ")
        rows = tuple(tuple(s.plus for s in slots) for _ in (observations if alike else [slots]))
        part = Entities(name, "agent" if alike else "", tuple(slots), rows)
        fields += [_described(f, whose) for f in entity_fields(part, i * obs_dim)]
        if len(slots) < obs_dim:
            words = f"always 0: agent {i} observes fewer values than others"
            gap = obs_dim - len(slots)
            fields.append(StateField(f"{name}_padding", i * obs_dim + len(slots), size=gap, high=0.0, meaning=words))
    return tuple(fields)


def _described(field: StateField, whose: str) -> StateField:
    return replace(field, meaning=whose + field.meaning)
