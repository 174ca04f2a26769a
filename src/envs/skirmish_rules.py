"""Skirmish's unit table as arrays, and the constants of its battle.

Legend: K kinds of units.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from envs.smac_units import UNITS

TICK = 2.0  # game loops in which everything happens at once; a step has step_mul of them
WIDTH = HEIGHT = 32.0  # cells
MARGIN = 0.5  # cells between a unit's centre and the edge
ACQUIRE = 9.0  # cells within which an enemy leaves its way to attack
FOLLOW = 2.0  # cells that a medivac with nobody to heal keeps from its fellows
TOUCH = 1e-6  # cells: rounding must not put a target just out of range
EARLY, LATE = -1.0, 2.0  # loops: the pause after a shot is drawn out by something between them, as in the game
NAMES = tuple(UNITS)
KIND = {name: k for k, name in enumerate(NAMES)}


def _column(name: str) -> np.ndarray:
    return np.array([float(getattr(UNITS[kind], name)) for kind in NAMES])


HEALTH, SHIELD, SPEED, REACH = _column("health"), _column("shield"), _column("speed"), _column("reach")  # [K]
COOLDOWN, STATE_COOLDOWN, RADIUS = _column("cooldown"), _column("state_cooldown"), _column("radius")
SPLASH, ENERGY, FLIES = _column("splash"), _column("energy"), _column("flies") > 0
ARMED = _column("damage") > 0
ZERG = np.array([UNITS[kind].race == "zerg" for kind in NAMES])
BANELING = np.array([kind == "baneling" for kind in NAMES])
CAN_HIT = ARMED[:, np.newaxis] & (~FLIES | (_column("hits_air") > 0)[:, np.newaxis])  # [K, K] attacker, target


def _damage() -> tuple[np.ndarray, np.ndarray]:
    """An attack of kind i on kind j ``[K, K]``: points off its shield, and off its health where no shield is left."""
    shield, health = np.zeros((2, len(NAMES), len(NAMES)))
    for i, attacker in enumerate(UNITS.values()):
        for j, target in enumerate(UNITS.values()):
            blow = attacker.damage + (attacker.bonus if attacker.bonus_against in target.tags else 0.0)
            if blow:
                shield[i, j] = attacker.shots * blow
                health[i, j] = attacker.shots * max(0.5, blow - target.armor)
    return shield, health


ON_SHIELD, ON_HEALTH = _damage()


def kinds_of(names: Sequence[str]) -> np.ndarray:
    return np.array([KIND[name] for name in names], dtype=np.int64)


def keep_inside(place: np.ndarray) -> None:
    """Moves places ``[2, ...]`` that lie too near the edge inwards."""
    np.maximum(place, MARGIN, out=place)
    np.minimum(place, WIDTH - MARGIN, out=place)  # the map is a square
