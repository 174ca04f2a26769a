"""The structured description of a task: what an LLM is told and what every check draws its states from.

Legend: S state size, A agents.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal

Kind = Literal["real", "integer", "binary", "one_hot"]
KINDS: tuple[str, ...] = ("real", "integer", "binary", "one_hot")
VERSION = 1


class TaskError(ValueError):
    """A task description that contradicts itself; the message names the part and what was expected."""


@dataclass(frozen=True)
class StateField:
    """One named quantity of the state, for one entity or for several that lie at equal distances.

    Value ``k`` of entity ``e`` is ``state[:, start + e * stride + k]`` for ``e < count`` and ``k < size``.

    name: unique in the task, a Python identifier (``agent_row``, ``food_level``, ``last_action``).
    per: what the entities are: ``"agent"`` (entity ``e`` is agent ``e``; ``count`` is the number of agents),
        any other noun (``"food"``, ``"enemy"``), or ``""`` for a quantity of the whole task (``count`` is 1).
    kind: ``one_hot`` means at most one of the ``size`` values is 1 and the rest 0.
    low, high: every real state stays within them, for each value (the IGM proof rests on it).
    absent: a value outside the usual meaning that stands for "not there" (LBF's -1 for eaten food), inside
        ``[low, high]``; None where there is none.
    """

    name: str
    start: int
    size: int = 1
    count: int = 1
    stride: int = 1
    per: str = ""
    kind: Kind = "real"
    low: float = 0.0
    high: float = 1.0
    unit: str = ""
    meaning: str = ""
    absent: float | None = None

    def slice_of(self, entity: int = 0) -> slice:
        """Where entity ``entity``'s values lie in a state row."""
        if not 0 <= entity < self.count:
            raise IndexError(f"state field {self.name!r} has {self.count} entities; there is no entity {entity}")
        first = self.start + entity * self.stride
        return slice(first, first + self.size)

    def indices(self) -> Iterator[int]:
        """Every index of a state row that belongs to this field, entity by entity."""
        for entity in range(self.count):
            s = self.slice_of(entity)
            yield from range(s.start, s.stop)


@dataclass(frozen=True)
class Agent:
    """One agent: its name and its role in the team."""

    name: str
    role: str = ""


@dataclass(frozen=True)
class Action:
    """One action, by its index in the list: its name and what it does."""

    name: str
    meaning: str = ""


@dataclass(frozen=True)
class TaskDescription:
    """A cooperative task, made by an environment from itself.

    name: unique for what it describes (``lbf:Foraging-8x8-2p-2f-coop-v3``).
    family: which shipped functions fit (``lbf``, ``matrix_game``, ``gymma``).
    summary: what the task is, in prose, for a reader who has never seen it.
    reward, episode_end: prose. episode_limit: steps. return_low, return_high: bounds of an episode's undiscounted
        team return.
    state_fields: cover every index of ``0 .. state_dim - 1`` exactly once.
    facts: numbers and rules that belong to the family (grid size, payoff matrix), JSON values only.
    """

    name: str
    family: str
    summary: str
    agents: tuple[Agent, ...]
    actions: tuple[Action, ...]
    state_fields: tuple[StateField, ...]
    state_dim: int
    obs_dim: int
    reward: str
    return_low: float
    return_high: float
    episode_end: str
    episode_limit: int
    facts: Mapping[str, Any] = field(default_factory=dict)
    version: int = VERSION

    def __post_init__(self) -> None:
        _check(self)

    @property
    def n_agents(self) -> int:
        return len(self.agents)

    @property
    def n_actions(self) -> int:
        return len(self.actions)

    def has_field(self, name: str) -> bool:
        return any(f.name == name for f in self.state_fields)

    def field(self, name: str) -> StateField:
        """The state field of that name; KeyError lists the names there are."""
        for f in self.state_fields:
            if f.name == name:
                return f
        raise KeyError(f"no state field {name!r}; there are {[f.name for f in self.state_fields]}")

    def to_json(self) -> str:
        """Canonical JSON: the same task gives the same text (it is hashed by the archive)."""
        return json.dumps(asdict(self), sort_keys=True, indent=1)

    @classmethod
    def from_json(cls, text: str) -> TaskDescription:
        """Reads what :meth:`to_json` wrote. Raises TaskError for anything that is not a task description."""
        try:
            data = json.loads(text)
        except json.JSONDecodeError as e:
            raise TaskError(f"the task description is not JSON: {e}") from e
        if not isinstance(data, dict):
            raise TaskError(f"the task description must be a JSON object, not {type(data).__name__}")
        return cls.from_dict(data)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> TaskDescription:
        names = {f.name for f in fields(cls)}
        unknown = sorted(set(data) - names)
        if unknown:
            raise TaskError(f"unknown keys in the task description: {unknown}; known are {sorted(names)}")
        try:
            parts = dict(data)
            parts["agents"] = tuple(Agent(**a) for a in data["agents"])
            parts["actions"] = tuple(Action(**a) for a in data["actions"])
            parts["state_fields"] = tuple(StateField(**f) for f in data["state_fields"])
            return cls(**parts)
        except (KeyError, TypeError) as e:
            raise TaskError(f"the task description lacks something or has it in the wrong form: {e}") from e

    def to_text(self) -> str:
        """The description as prose for a language model or a person."""
        from .render import render_text

        return render_text(self)


def _check(task: TaskDescription) -> None:
    if task.version != VERSION:
        raise TaskError(f"task description version {task.version} is not the version this program reads ({VERSION})")
    if not task.agents:
        raise TaskError("a task needs at least one agent")
    if task.return_low > task.return_high:
        raise TaskError(f"return_low {task.return_low} is above return_high {task.return_high}")
    owner: dict[int, str] = {}
    seen: set[str] = set()
    for f in task.state_fields:
        _check_field(f, task)
        if f.name in seen:
            raise TaskError(f"two state fields are named {f.name!r}")
        seen.add(f.name)
        for i in f.indices():
            if not 0 <= i < task.state_dim:
                raise TaskError(f"state field {f.name!r} uses index {i}; the state has {task.state_dim} values")
            if i in owner:
                raise TaskError(f"state index {i} belongs to both {owner[i]!r} and {f.name!r}")
            owner[i] = f.name
    missing = [i for i in range(task.state_dim) if i not in owner]
    if missing:
        raise TaskError(f"state indices {missing[:10]} belong to no state field")


def _check_field(f: StateField, task: TaskDescription) -> None:
    for name, kind in (("start", int), ("size", int), ("count", int), ("stride", int), ("low", float), ("high", float)):
        value = getattr(f, name)
        if not isinstance(value, (int, kind)):
            raise TaskError(f"state field {f.name!r}: {name} should be a number, not {value!r}")
    if not f.name.isidentifier():
        raise TaskError(f"state field name {f.name!r} is not an identifier")
    if f.kind not in KINDS:
        raise TaskError(f"state field {f.name!r} has kind {f.kind!r}; known kinds are {list(KINDS)}")
    if f.size < 1 or f.count < 1 or (f.count > 1 and f.stride < f.size):
        raise TaskError(f"state field {f.name!r}: size and count must be at least 1 and stride at least size")
    if f.per == "agent" and f.count != task.n_agents:
        raise TaskError(f"state field {f.name!r} is per agent but has {f.count} entities for {task.n_agents} agents")
    if not f.low <= f.high:
        raise TaskError(f"state field {f.name!r} has low {f.low} above high {f.high}")
    if f.absent is not None and not f.low <= f.absent <= f.high:
        raise TaskError(f"state field {f.name!r}: absent value {f.absent} is outside [{f.low}, {f.high}]")
