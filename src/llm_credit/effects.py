"""What a function's credits do when the state changes: one field at a time, and from step to step of an episode.

Legend: N drawn states, A agents, S state, V values of a field, T steps.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from .backend import InterpretedFunction
from .screen import screen
from .states import draw_actions, draw_states
from .task import StateField, TaskDescription
from .tfcaf import TFCAF, AdvantageTFCAF

Credits = Callable[[torch.Tensor], torch.Tensor]  # states [N, S] -> credits [N, A]
VALUES = 9  # of a field on one axis
STATES = 300
WALK_STEPS = 40
Path = tuple[torch.Tensor, torch.Tensor | None]  # states [T, S], rewards [T]


@dataclass(frozen=True)
class Effect:
    """Mean credit of every agent when one quantity alone takes each of its values.

    labels: V of them. means ``[V, A]``. size ``[A]``: mean change of each agent's credit from its value in the drawn
    state.
    """

    field: StateField
    entity: int
    component: int
    labels: list[str]
    means: torch.Tensor
    size: torch.Tensor

    @property
    def title(self) -> str:
        entity = f" of {self.field.per or 'number'} {self.entity}" if self.field.count > 1 else ""
        several = self.field.size > 1 and self.field.kind != "one_hot"
        return self.field.name + (f"[{self.component}]" if several else "") + entity


def gated_credits(source: str, task: TaskDescription, igm: str, phi: str, seed: int = 0) -> Credits:
    """The credits that count, by the interpreter: nothing is compiled for it. Lambda for drawn joint actions."""
    screened = screen(source)
    kind = AdvantageTFCAF if screened.form == "credit_advantages" else TFCAF
    function = kind(InterpretedFunction(screened), screened.form, task.n_agents, task.state_dim, igm, phi)

    @torch.no_grad()
    def credits(states: torch.Tensor) -> torch.Tensor:
        if isinstance(function, TFCAF):
            return function.credit_weights(states)[0]
        assert isinstance(function, AdvantageTFCAF)
        return function.credit_advantages(states, draw_actions(task, len(states), seed))

    return credits


def effects(credits: Credits, task: TaskDescription, n: int = STATES, seed: int = 0) -> list[Effect]:
    """One for each quantity of the state, the strongest first."""
    states = draw_states(task, n, seed)
    base = credits(states)
    found = []
    for field in task.state_fields:
        for entity in range(field.count):
            for component in range(1 if field.kind == "one_hot" else field.size):
                found.append(_effect(credits, states, base, field, entity, component))
    return sorted(found, key=lambda e: -float(e.size.max()))


def _effect(
    credits: Credits, states: torch.Tensor, base: torch.Tensor, field: StateField, entity: int, component: int
) -> Effect:
    labels, means, changes = [], [], []
    at = field.slice_of(entity)
    for label, value in _values(field):
        changed = states.clone()
        if field.kind == "one_hot":
            changed[:, at] = 0.0
            if value >= 0:
                changed[:, at.start + int(value)] = 1.0
        else:
            changed[:, at.start + component] = value
        w = credits(changed)
        labels.append(label)
        means.append(w.mean(dim=0))
        changes.append((w - base).abs().mean(dim=0))
    return Effect(field, entity, component, labels, torch.stack(means), torch.stack(changes).mean(dim=0))


def _values(field: StateField) -> list[tuple[str, float]]:
    """Legal values, spread over the range; of a one-hot quantity its places, and -1 for none."""
    if field.kind == "one_hot":
        return [("none", -1.0), *((str(k), float(k)) for k in range(field.size))]
    low, high = field.low, field.high
    if field.kind == "binary":
        numbers = [low, high]
    elif field.kind == "integer" and high - low < VALUES + 3:
        numbers = [low + k for k in range(int(high - low) + 1)]
    else:
        numbers = [low + (high - low) * k / (VALUES - 1) for k in range(VALUES)]
        numbers = [float(math.floor(x + 0.5)) for x in numbers] if field.kind == "integer" else numbers
    if field.absent is not None and field.absent not in numbers:
        numbers = [field.absent, *numbers]
    return [("gone" if x == field.absent else f"{x:.3g}", x) for x in dict.fromkeys(numbers)]


def recorded_paths(episodes: Sequence[Mapping[str, Any]]) -> list[Path]:
    """States and rewards of episodes as ``src/describe.py --episodes`` writes them."""
    return [(torch.tensor(e["states"], dtype=torch.float32), torch.tensor(e["rewards"])) for e in episodes]


def drawn_walk(task: TaskDescription, steps: int = WALK_STEPS, seed: int = 0) -> Path:
    """A walk through legal states without an environment: at every step one quantity takes another drawn value."""
    g = torch.Generator().manual_seed(seed)
    drawn = draw_states(task, steps, seed)
    places = [f.slice_of(e) for f in task.state_fields for e in range(f.count)]
    state, rows = drawn[0].clone(), []
    for t in range(steps):
        at = places[int(torch.randint(len(places), (), generator=g))]
        state[at] = drawn[t, at]
        rows.append(state.clone())
    return torch.stack(rows), None
