"""Teams that play by rules of thumb: what a policy for the other side is trained against and measured on."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np

from envs.mpe_games.game import Game
from envs.mpe_games.world import World

STAY, LEFT, RIGHT, DOWN, UP = range(5)
BRAKING = 0.3  # seconds in which an agent that no longer pushes comes about to rest
CLOSE = 0.05
MISTAKES = 0.1  # share of steps in which an agent of any team acts at random

Team = Callable[[Game, np.random.Generator], list[int]]  # (game, chance) -> an action for each agent of the team


def towards(world: World, agent: int, x: float, y: float) -> int:
    """The push that brings an agent to a place, along the axis on which it is further away."""
    dx = x - world.x[agent] - BRAKING * world.vx[agent]
    dy = y - world.y[agent] - BRAKING * world.vy[agent]
    if max(abs(dx), abs(dy)) < CLOSE:
        return STAY
    if abs(dx) > abs(dy):
        return RIGHT if dx > 0 else LEFT
    return UP if dy > 0 else DOWN


def at_random(game: Game, rng: np.random.Generator) -> list[int]:
    return [int(a) for a in rng.integers(0, 5, len(game.team))]


def chase(game: Game, rng: np.random.Generator) -> list[int]:
    """Everybody runs to where the nearest prey is."""
    return _sloppy([_to_prey(game, a, 0.0, 0.0) for a in game.team], rng)


def lead(game: Game, rng: np.random.Generator) -> list[int]:
    """Everybody runs to where the nearest prey will be."""
    return _sloppy([_to_prey(game, a, 0.4, 0.0) for a in game.team], rng)


def surround(game: Game, rng: np.random.Generator) -> list[int]:
    """Everybody runs to a side of its own of the prey, and from there on to it."""
    turn = 2 * math.pi / len(game.team)
    return _sloppy([_to_prey(game, a, 0.2, 1.0, k * turn) for k, a in enumerate(game.team)], rng)


def _to_prey(game: Game, agent: int, ahead: float, aside: float, angle: float = 0.0) -> int:
    """ahead: seconds that the prey goes on as it does. aside: of the own distance to it, half of it at most 0.4."""
    w = game.world
    prey = min(game.others, key=lambda p: w.distance(agent, p))
    off = aside * min(0.5 * w.distance(agent, prey), 0.4)
    x = w.x[prey] + ahead * w.vx[prey] + off * math.cos(angle)
    y = w.y[prey] + ahead * w.vy[prey] + off * math.sin(angle)
    return towards(w, agent, x, y)


def to_the_goal(game: Game, rng: np.random.Generator) -> list[int]:
    """Everybody runs to the goal, which shows where it is."""
    return _sloppy([_to_landmark(game, a, _goal(game)) for a in game.team], rng)


def one_to_the_goal(game: Game, rng: np.random.Generator) -> list[int]:
    """The agent that is nearest to the goal runs there, the others stay."""
    w, goal = game.world, _goal(game)
    runner = min(game.team, key=lambda a: w.distance(a, goal))
    return _sloppy([_to_landmark(game, a, goal) if a == runner else STAY for a in game.team], rng)


def deceive(game: Game, rng: np.random.Generator) -> list[int]:
    """Agent k runs to landmark k: nothing is given away."""
    return _sloppy([_to_landmark(game, a, m) for a, m in zip(game.team, game.landmarks, strict=True)], rng)


def _goal(game: Game) -> int:
    k = game.n_landmarks
    return game.landmarks[max(range(k), key=lambda i: game.extras[2 + i])]


def _to_landmark(game: Game, agent: int, landmark: int) -> int:
    return towards(game.world, agent, game.world.x[landmark], game.world.y[landmark])


def _sloppy(actions: list[int], rng: np.random.Generator) -> list[int]:
    return [int(rng.integers(5)) if rng.random() < MISTAKES else a for a in actions]


TEAMS: Mapping[str, Mapping[str, Team]] = {
    "simple_tag": {"random": at_random, "chase": chase, "lead": lead, "surround": surround},
    "simple_adversary": {
        "random": at_random,
        "all to the goal": to_the_goal,
        "one to the goal": one_to_the_goal,
        "deceive": deceive,
    },
}
