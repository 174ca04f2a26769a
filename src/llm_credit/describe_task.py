"""What a language model is told of a task, in the four formats whose influence can be studied."""

from __future__ import annotations

import json
from collections.abc import Callable

from .render import render_prose, render_text
from .task import TaskDescription


def describe(task: TaskDescription, format: str) -> str:
    """The task as ``full``, ``schema``, ``prose`` or ``minimal``."""
    return FORMATS[format](task)


def _schema(task: TaskDescription) -> str:
    """The structured description itself: everything, in no sentences but the fields' own."""
    return json.dumps(json.loads(task.to_json()), indent=1, sort_keys=True)


def _minimal(task: TaskDescription) -> str:
    """Sizes and the fields' names and places; no word on rules, ranges or meaning."""
    lines = [f"{task.n_agents} agents, {task.n_actions} actions, a state of {task.state_dim} numbers."]
    for f in task.state_fields:
        entities = f", {f.count} times at a distance of {f.stride}" if f.count > 1 else ""
        lines.append(f"{f.name}: starts at {f.start}, {f.size} number{'s' if f.size > 1 else ''}{entities}")
    return "\n".join(lines) + "\n"


FORMATS: dict[str, Callable[[TaskDescription], str]] = {
    "full": render_text,
    "schema": _schema,
    "prose": render_prose,
    "minimal": _minimal,
}
