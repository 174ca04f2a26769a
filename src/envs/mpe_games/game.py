"""What the games of the multi-agent particle environments have in common.

Legend: E entities, A agents of the world, T agents of the team, V values, O observation, S state, U actions.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import numpy as np

from envs.mpe_games.layout import Entities, Group, Slot
from envs.mpe_games.world import Reach, World, reach_of
from llm_credit.task import Action, Agent

PUSHES = ((0.0, 0.0), (-1.0, 0.0), (1.0, 0.0), (0.0, -1.0), (0.0, 1.0))
MOVES = (
    Action("stay", "no push; the agent goes on by its speed, a quarter of which is lost at every step"),
    Action("left", "push in the direction of smaller x"),
    Action("right", "push in the direction of larger x"),
    Action("down", "push in the direction of smaller y"),
    Action("up", "push in the direction of larger y"),
)
LENGTH, SPEED = "half-widths", "half-widths/s"
SCALE = (
    "Lengths are in half-widths of that square, a step takes 0.1 s; agents that push at random seldom come further "
    "than 2 from the middle, though a range of positions says what is possible."
)

Opponent = Callable[["Game", int], int]  # (game, number of the agent in the world) -> action


class Game(ABC):
    """One game: who plays in the team, what is paid, observed and kept in the state.

    world: physics. scenario: the package's, which draws the start of an episode. team, others: numbers of the world's
    agents that are controlled from outside and by ``opponent``. steps: of an episode.
    """

    actions: ClassVar[tuple[Action, ...]] = MOVES
    takes_opponent: ClassVar[bool] = False  # whether there is another side, which a policy plays
    landmark_range: ClassVar[float] = 1.0  # landmarks lie within +- this

    def __init__(
        self, scenario: Any, package_world: Any, team: Sequence[int], others: Sequence[int], steps: int
    ) -> None:
        self.scenario, self.package_world = scenario, package_world
        self.world = World(package_world)
        self.team, self.others, self.steps = list(team), list(others), steps
        self.n_landmarks = self.world.n_entities - self.world.n_agents
        self.landmarks = list(range(self.world.n_agents, self.world.n_entities))
        self.opponent: Opponent | None = None
        self.opponent_words = ""  # how the other side plays, as a sentence goes on
        self.extras: list[float] = []  # numbers of the episode beside positions and speeds
        self.reach: list[Reach] = [reach_of(self.world, a, steps) for a in range(self.world.n_agents)]

    def reset(self, rng: np.random.Generator) -> None:
        self.scenario.reset_world(self.package_world, rng)
        self.world.load()
        self.begin()

    def step(self, actions: Sequence[int]) -> None:
        """One action for every agent of the team, in its order; the other side chooses from the same moment."""
        pushes = [PUSHES[0]] * self.world.n_agents
        for agent in self.others:
            assert self.opponent is not None
            pushes[agent] = PUSHES[self.opponent(self, agent)]
        for agent, action in zip(self.team, actions, strict=True):
            pushes[agent] = PUSHES[action]
        self.world.step(pushes)
        self.count()

    def values(self) -> np.ndarray:
        """All numbers of the moment, float64 ``[V]``: x, y of the entities, velocities of the agents, extras, a 0."""
        w = self.world
        return np.array([*w.x, *w.y, *w.vx, *w.vy, *self.extras, 0.0])

    @abstractmethod
    def begin(self) -> None:
        """After the start was drawn: sets ``extras`` and what :meth:`count` counts."""

    @abstractmethod
    def count(self) -> None:
        """After a step: takes note of what :meth:`numbers` tells at the end."""

    @abstractmethod
    def rewards(self) -> list[float]:
        """What every agent of the team is paid for the last step."""

    def succeeded(self) -> bool:
        """Whether the task is done, which ends an episode before its time."""
        return False

    @abstractmethod
    def numbers(self) -> dict[str, float]:
        """What is worth logging of an episode."""

    @abstractmethod
    def observations(self) -> list[list[Slot]]:
        """What every agent of the team observes, as the package orders it."""

    @abstractmethod
    def state(self) -> list[Entities | Group]:
        """The parts of the global state."""

    @abstractmethod
    def roles(self) -> list[Agent]:
        """The team, by name and role."""

    @abstractmethod
    def summary(self) -> str: ...

    @abstractmethod
    def reward_words(self) -> str:
        """How one agent is paid at a step."""

    def end_words(self) -> str:
        """What ends an episode before its time, as ``when ...``; empty if nothing does."""
        return ""

    @abstractmethod
    def reward_range(self, step: int) -> tuple[float, float]:
        """Bounds of what all agents of the team together are paid after ``step`` steps."""

    def available(self, agent: int) -> int:
        """How many of the actions, from the first on, an agent of the team can take."""
        return len(self.actions)

    # Where things stand in ``values``, and slots made of them.

    def at(self, quantity: str, entity: int) -> int:
        """Index of an entity's ``x``, ``y``, ``vx`` or ``vy``."""
        e, a = self.world.n_entities, self.world.n_agents
        return {"x": 0, "y": e, "vx": 2 * e, "vy": 2 * e + a}[quantity] + entity

    def extra(self, k: int) -> int:
        """Index of the k-th of ``extras``."""
        return 2 * self.world.n_entities + 2 * self.world.n_agents + k

    @property
    def zero(self) -> int:
        """Index of a value that is always 0."""
        return -1

    def furthest(self, entity: int, step: int | None = None) -> float:
        """Largest coordinate of an entity after so many steps (None: at any time of an episode)."""
        if entity >= self.world.n_agents:
            return self.landmark_range
        return self.reach[entity].position[self.steps if step is None else step]

    def far_apart(self, a: int, b: int, step: int) -> float:
        """A bound of the distance of two entities after so many steps."""
        return math.sqrt(2.0) * (self.furthest(a, step) + self.furthest(b, step))

    def own(self, agent: int, name: str, *quantities: str) -> list[Slot]:
        """Positions and velocities as they are; ``name`` for the words, as ``the agent``."""
        words = {
            "x": (f"x of {name}, to the right of the middle", LENGTH),
            "y": (f"y of {name}, above the middle", LENGTH),
            "vx": (f"velocity of {name} in the direction of x", SPEED),
            "vy": (f"velocity of {name} in the direction of y", SPEED),
        }
        slots = []
        for q in quantities:
            high = self.reach[agent].speed if q in ("vx", "vy") else self.furthest(agent)
            slots.append(self._slot(q, self.at(q, agent), self.zero, high, words[q][0] + self._cut(agent), words[q][1]))
        return slots

    def relative(self, entity: int, observer: int, name: str, words: str) -> list[Slot]:
        """Where an entity is, as an agent sees it."""
        high = self.furthest(entity) + self.furthest(observer)
        note = self._cut(observer)
        return [
            self._slot(f"{name}_d{q}", self.at(q, entity), self.at(q, observer), high,
                       f"{q} of {words} minus the agent's own {q}{note}", LENGTH)
            for q in ("x", "y")
        ]  # fmt: skip

    def _cut(self, agent: int) -> str:
        return "" if self.reach[agent].exact else "; cut to the range, which only several collisions can leave"

    @staticmethod
    def _slot(name: str, plus: int, minus: int, high: float, words: str, unit: str) -> Slot:
        bound = math.ceil(high * 100) / 100
        return Slot(name, plus, minus, -bound, bound, words, unit)

    def movers(self, name: str, per: str, agents: Sequence[int], words: str) -> Entities:
        """Positions and velocities of like agents."""
        quantities = ("x", "y", "vx", "vy")
        rows = tuple(tuple(self.at(q, a) for q in quantities) for a in agents)
        return Entities(name, per, tuple(self.own(agents[0], words, *quantities)), rows)

    def things(self, name: str, words: str) -> Entities:
        """Positions of the landmarks, which do not move in an episode."""
        rows = tuple(tuple(self.at(q, m) for q in ("x", "y")) for m in self.landmarks)
        slots = tuple(
            self._slot(q, self.at(q, self.landmarks[0]), self.zero, self.landmark_range, f"{q} of {words}", LENGTH)
            for q in ("x", "y")
        )
        return Entities(name, name, slots, rows)
