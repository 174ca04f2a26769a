"""The layout of Level-Based Foraging's state, field by field, for both kinds of state.

Ranges are as narrow as the package's rules make them: proofs about credit functions rest on them.

Legend: A agents, F foods.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

import numpy as np

from llm_credit.task import StateField

N_ACTIONS = 6

What = Literal["row", "col", "level"]


class _Range(NamedTuple):
    """Bounds of one of an entity's values while the entity is there; ``unit``: what the state's value is divided by."""

    what: What
    low: int
    high: int
    unit: int = 1


def units(rows: int, cols: int, max_food_level: int) -> np.ndarray:
    """``[3]``: what row, column and level of the ``scaled`` state are divided by."""
    return np.array([max(rows, cols), max(rows, cols), max_food_level], dtype=np.float32)


def global_fields(facts: Mapping[str, Any], n_agents: int) -> tuple[StateField, ...]:
    """A x (row, col, level), then F x (row, col, level), then A x last action, one-hot."""
    rows, cols = facts["rows"], facts["cols"]
    where = {"row": "its row, 0 at the top", "col": "its column, 0 at the left", "level": "its level"}
    agent = _ranges(0, rows - 1, cols - 1, (facts["min_player_level"], facts["max_player_level"]))
    # The package places food in inner cells only.
    food = _ranges(1, rows - 2, cols - 2, (1, facts["max_food_level"]))
    if facts["state"] == "scaled":
        by = [int(u) for u in units(rows, cols, facts["max_food_level"])]
        agent, food = ([r._replace(unit=u) for r, u in zip(ranges, by, strict=True)] for ranges in (agent, food))
    gone = "once it is eaten, or if there was no room to place it"
    return (
        *_entities("agent", "agent", 0, n_agents, agent, where),
        *_entities("food", "food", 3 * n_agents, facts["n_food"], food, where, absent_when=gone),
        StateField(
            "last_action",
            3 * (n_agents + facts["n_food"]),
            size=N_ACTIONS,
            count=n_agents,
            stride=N_ACTIONS,
            per="agent",
            kind="one_hot",
            meaning="what the agent chose at the previous step, in the order of the actions, also where it had no "
            "effect; all 0 at the first step",
        ),
    )


def observation_fields(facts: Mapping[str, Any], n_agents: int) -> tuple[StateField, ...]:
    """The observations of agent 0, 1, ... one after the other: foods, then oneself, then the other agents in sight."""
    rows, cols, sight, n_food = facts["rows"], facts["cols"], facts["sight"], facts["n_food"]
    levels = (facts["min_player_level"], facts["max_player_level"]) if facts["observe_agent_levels"] else None
    food = _ranges(0, min(2 * sight, rows - 2), min(2 * sight, cols - 2), (1, facts["max_food_level"]))
    itself = _ranges(0, min(sight, rows - 1), min(sight, cols - 1), levels)
    other = _ranges(0, min(2 * sight, rows - 1), min(2 * sight, cols - 1), levels)
    if sight >= max(rows, cols) - 1:
        origin = {"row": "", "col": ""}
    else:  # a window of (2 * sight + 1) cells around the agent, cut at the grid's edges
        origin = {
            "row": f", counted from the top row in its sight (its own row - {sight}, at least 0)",
            "col": f", counted from the left column in its sight (its own column - {sight}, at least 0)",
        }
    fields: list[StateField] = []
    start = 0
    for i in range(n_agents):
        for name, per, count, ranges, who in (
            ("food", "food", n_food, food, "a food"),
            ("self", "", 1, itself, "the agent itself"),
            ("other", "seen_agent", n_agents - 1, other, "another agent, in the agents' order"),
        ):
            if count == 0:
                continue
            where = {
                "row": f"as agent {i} sees it: row of {who}{origin['row']}",
                "col": f"as agent {i} sees it: column of {who}{origin['col']}",
                "level": f"as agent {i} sees it: level of {who}",
            }
            unseen = "" if name == "self" else "in the places left over when fewer are in sight"
            fields += _entities(f"obs{i}_{name}", per, start, count, ranges, where, unseen)
            start += count * len(ranges)
    return tuple(fields)


def _ranges(first: int, last_row: int, last_col: int, levels: tuple[int, int] | None) -> list[_Range]:
    position = [_Range("row", first, last_row), _Range("col", first, last_col)]
    return position if levels is None else [*position, _Range("level", *levels)]


def _entities(
    name: str,
    per: str,
    start: int,
    count: int,
    ranges: list[_Range],
    meanings: Mapping[str, str],
    absent_when: str = "",
) -> list[StateField]:
    """One field per value of ``count`` like entities; one that can be absent then has -1, -1, 0 (scaled: 0, 0, 0)."""
    fields = []
    for k, r in enumerate(ranges):
        what, whole = r.what, r.unit == 1
        absent = None if not absent_when else 0 if what == "level" or not whole else -1
        low, high = (r.low, r.high) if whole else (_divided(r.low, r.unit), _divided(r.high, r.unit))
        name_of_unit = "levels" if what == "level" else "cells"
        fields.append(
            StateField(
                f"{name}_{what}",
                start + k,
                count=count,
                stride=len(ranges),
                per=per,
                kind="integer" if whole else "real",
                low=low if absent is None else absent,
                high=high,
                unit=name_of_unit if whole else f"times {r.unit} {name_of_unit}",
                meaning=meanings[what] + (f"; {absent} {absent_when}" if absent_when else ""),
                absent=absent,
            )
        )
    return fields


def _divided(value: int, unit: int) -> float:
    return float(np.float32(value) / np.float32(unit))  # rounded as the state's own numbers are
