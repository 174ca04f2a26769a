"""Where units stand when a fight begins, and which units fight on maps that draw their armies.

Legend: A agents, E enemies.
"""

from __future__ import annotations

import numpy as np

from envs import skirmish_rules as rules
from envs.smac_maps import GEN_EXCEPTIONS, GEN_MIRRORED, GEN_WEIGHTS, Scenario
from envs.smac_units import UNITS

ALLY_FRONT, ENEMY_FRONT = 9.0, 23.0  # x of the two front lines
RANK = 8  # units beside each other
DRAWN_APART = 1.0  # cells between the middle of the map and the nearest drawn place on either side
GROUPS = 4
OFFSET = 2.0


def formation(names: tuple[str, ...], front: float, backwards: float) -> np.ndarray:
    """``[units, 2]``: ranks of eight behind the front line, the first ones in front, centred on the map's middle."""
    gap = max(1.0, 2 * max(UNITS[name].radius for name in names))
    k = np.arange(len(names))
    size = np.minimum(RANK, len(names) - k // RANK * RANK)  # of the unit's rank
    x = front + backwards * gap * (k // RANK)
    y = rules.HEIGHT / 2 + gap * (k % RANK - (size - 1) / 2)
    return np.stack([x, y], axis=1)


def line_up(scenario: Scenario) -> tuple[np.ndarray, np.ndarray]:
    """Kinds ``[A + E]`` and places ``[A + E, 2]`` of a map with fixed armies."""
    places = [formation(scenario.allies, ALLY_FRONT, -1.0), formation(scenario.enemies, ENEMY_FRONT, 1.0)]
    return rules.kinds_of(scenario.allies + scenario.enemies), np.concatenate(places)


def draw(scenario: Scenario, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """The same for a map with drawn armies, by SMACv2's rules: like armies, reflected or with the agents surrounded."""
    a, e = scenario.n_agents, scenario.n_enemies
    alone = [k for k, name in enumerate(scenario.agent_types) if name in GEN_EXCEPTIONS[scenario.name]]
    army = _team(a, min(a, e), alone, rng)
    theirs = army[:e] if e <= a else np.concatenate([army, _team(e - a, e - a, alone, rng)])
    kinds = np.concatenate([np.sort(army), np.sort(theirs)])
    order = rules.kinds_of(scenario.agent_types)
    places = _surrounded(a, e, rng) if rng.random() < 1.0 - GEN_MIRRORED else _reflected(a, e, rng)
    return order[kinds], np.clip(places, rules.MARGIN, rules.WIDTH - rules.MARGIN)


def _team(n: int, first: int, alone: list[int], rng: np.random.Generator) -> np.ndarray:
    """``[n]`` numbers of types, of which the ``first`` are not all of the types ``alone``.

    SMACv2 asks that of a whole draw only: fewer enemies than agents may be medivacs alone there, and lose at once.
    """
    while True:
        team = rng.choice(len(GEN_WEIGHTS), size=n, p=GEN_WEIGHTS)
        if not np.isin(team[:first], alone).all():
            return team


def _reflected(a: int, e: int, rng: np.random.Generator) -> np.ndarray:
    places = rng.uniform((0.0, 0.0), (rules.WIDTH / 2 - DRAWN_APART, rules.HEIGHT), (max(a, e), 2))
    mirrored = np.array([rules.WIDTH, 0.0]) + places * np.array([-1.0, 1.0])
    return np.concatenate([places[:a], mirrored[:e]])


def _surrounded(a: int, e: int, rng: np.random.Generator) -> np.ndarray:
    """Agents in the middle; one to four groups of enemies on the diagonals."""
    centre = np.array([rules.WIDTH, rules.HEIGHT]) / 2
    n = int(rng.integers(1, GROUPS + 1))
    diagonals = rng.permutation(np.array([[-1.0, -1.0], [-1.0, 1.0], [1.0, 1.0], [1.0, -1.0]]))[:n]
    share = rng.random(n)[:, np.newaxis]  # of the way from the corner to the middle
    spots = centre + diagonals * (share * OFFSET + (1.0 - share) * centre)  # [n, 2]
    group = rng.integers(0, n, e)
    spread = rng.uniform(-0.5, 0.5, (a + e, 2))  # units that stand on one spot could not be pushed apart
    return np.concatenate([np.tile(centre, (a, 1)), spots[group]]) + spread
