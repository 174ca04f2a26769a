"""A task description as text for a language model or a person."""

from __future__ import annotations

from .task import StateField, TaskDescription


def render_text(task: TaskDescription) -> str:
    """The whole description: prose, agents, actions, and the state's layout with the formula of every index."""
    return _render(task, ranges=True)


def render_prose(task: TaskDescription) -> str:
    """The same without the fields' kinds, ranges and units."""
    return _render(task, ranges=False)


def _render(task: TaskDescription, ranges: bool) -> str:
    parts = [
        f"Task: {task.name}",
        task.summary,
        f"Agents ({task.n_agents}):",
        *(f"  {i}: {a.name}" + (f" - {a.role}" if a.role else "") for i, a in enumerate(task.agents)),
        f"Actions ({task.n_actions}):",
        *(f"  {i}: {a.name}" + (f" - {a.meaning}" if a.meaning else "") for i, a in enumerate(task.actions)),
        f"Reward: {task.reward} A return lies between {task.return_low:g} and {task.return_high:g}.",
        f"Episode end: {task.episode_end}",
        f"State: a row of {task.state_dim} numbers.",
        *(f"  {_field(f, ranges)}" for f in task.state_fields),
    ]
    return "\n".join(parts) + "\n"


def _field(f: StateField, ranges: bool) -> str:
    if f.count > 1:
        first = f"{f.start} + {f.stride} * i"
        where = f"state[:, {first}]" if f.size == 1 else f"state[:, {first} : {f.start + f.size} + {f.stride} * i]"
        where += f" for {f.per or 'entity'} i in 0..{f.count - 1}"
    else:
        where = f"state[:, {f.start}]" if f.size == 1 else f"state[:, {f.start} : {f.start + f.size}]"
    if not ranges:
        return f"{f.name}: {where}; {f.meaning}"
    unit = f" {f.unit}" if f.unit else ""
    absent = f", {f.absent:g} if it is not there" if f.absent is not None else ""
    return f"{f.name}: {where}; {f.kind}, {f.low:g} to {f.high:g}{unit}{absent}; {f.meaning}"
