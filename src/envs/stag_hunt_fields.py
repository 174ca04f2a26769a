"""The layout of the stag hunt's state, field by field.

Legend: A agents, C cells.
"""

from __future__ import annotations

import numpy as np

from envs.stag_hunt_options import StagHuntOptions
from llm_credit.task import StateField


def state_fields(o: StagHuntOptions) -> tuple[StateField, ...]:
    return _cells(o) if o.state == "grid" else _entities(o)


def _entities(o: StagHuntOptions) -> tuple[StateField, ...]:
    """Agents (row, column, active), stags and hares (row, column, alive), drawn obstacles (row, column)."""
    leaves = o.capture_freezes and o.remove_frozen
    own = 3 if o.capture_freezes else 2
    fields = _positions(o, "agent", 0, o.n_agents, own, "once it is frozen and has left the grid" if leaves else "")
    if own == 3:
        meaning = "1 while it can act, 0 once it took part in catching prey and is frozen"
        fields.append(StateField("agent_active", 2, 1, o.n_agents, 3, "agent", "binary", meaning=meaning))
    start = own * o.n_agents
    for name, n in (("stag", o.n_stags), ("hare", o.n_hare)):
        if n:
            fields += _positions(o, name, start, n, 3, "once it is caught")
            meaning = "1 while it lives, 0 once it is caught"
            fields.append(StateField(f"{name}_alive", start + 2, 1, n, 3, name, "binary", meaning=meaning))
            start += 3 * n
    if o.n_obstacles:
        fields += _positions(o, "obstacle", start, o.n_obstacles, 2, "")
    return tuple(fields)


def _positions(o: StagHuntOptions, name: str, start: int, n: int, stride: int, absent_when: str) -> list[StateField]:
    tail = f"; 0 {absent_when}" if absent_when else ""
    return [
        StateField(
            f"{name}_{what}",
            start + k,
            count=n,
            stride=stride,
            per=name,
            high=float(np.float32(size - 1) / np.float32(o.unit)),  # as the state's own numbers are rounded
            unit=f"lengths of the longer side ({o.unit} cells)",
            meaning=f"its {what}, 0 at the {origin}{tail}",
        )
        for k, (what, size, origin) in enumerate((("row", o.height, "top"), ("column", o.width, "left")))
    ]


def _cells(o: StagHuntOptions) -> tuple[StateField, ...]:
    """PyMARL2's layout: cell by cell, row by row, whether there is an agent, a stag, a hare (and a drawn obstacle)."""
    names = ["agent", "stag", "hare", *(["wall"] if o.n_obstacles else [])]
    things = {"agent": "an agent", "stag": "a stag", "hare": "a hare", "wall": "an obstacle"}
    return tuple(
        StateField(
            f"cell_{name}",
            k,
            count=o.height * o.width,
            stride=len(names),
            per="cell",
            kind="binary",
            meaning=f"1 if {things[name]} is in the cell; cell k is in row k // {o.width}, column k % {o.width}",
        )
        for k, name in enumerate(names)
    )
