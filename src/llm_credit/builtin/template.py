"""What templates of credit functions are, and how they name parts of the state."""

from __future__ import annotations

from collections.abc import Callable

from ..task import StateField, TaskDescription

Templates = dict[str, Callable[[TaskDescription], str]]  # by name: makes the source text for a task; the default first


def columns(f: StateField) -> str:
    """Source text for a field of one value an agent (or food, enemy, ...): ``[N, count]``."""
    stop = f.start + (f.count - 1) * f.stride + 1
    return f"state[:, {f.start}:{stop}:{f.stride}]"
