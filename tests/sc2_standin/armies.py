"""Unit types, their values, and which armies meet on which map. The values are approximate."""

from __future__ import annotations

from typing import NamedTuple

# The SMAC maps define unit types of their own for the agents: the last nine ids of the game's data, in this order.
AGENT_TYPES = (
    "baneling", "colossus", "hydralisk", "marauder", "marine", "medivac", "stalker", "zealot", "zergling",
)  # fmt: skip
N_UNIT_TYPES = 1979
FIRST_AGENT_TYPE = N_UNIT_TYPES - len(AGENT_TYPES)

# the game's own ids, which enemies have
GAME_TYPES = {
    "colossus": 4,
    "baneling": 9,
    "marine": 48,
    "marauder": 51,
    "medivac": 54,
    "zealot": 73,
    "stalker": 74,
    "spinecrawler": 98,
    "zergling": 105,
    "hydralisk": 107,
}
GAME_NAMES = {number: name for name, number in GAME_TYPES.items()}


class UnitValues(NamedTuple):
    """What a unit of one type can do. Times are in game loops (22.4 a second), distances in cells."""

    health: int
    shield: int
    armour: int
    speed: float
    range: float
    damage: int
    shots: int
    cooldown: int
    energy: int = 0


VALUES = {
    "marine": UnitValues(45, 0, 0, 0.1406, 5, 6, 1, 15),
    "marauder": UnitValues(125, 0, 1, 0.1406, 6, 10, 1, 25),
    "medivac": UnitValues(150, 0, 1, 0.1563, 4, 0, 0, 0, energy=200),
    "stalker": UnitValues(80, 80, 1, 0.1846, 6, 13, 1, 31),
    "zealot": UnitValues(100, 50, 1, 0.1406, 0.1, 8, 2, 19),
    "colossus": UnitValues(200, 150, 1, 0.1406, 7, 10, 2, 24),
    "hydralisk": UnitValues(80, 0, 0, 0.1406, 5, 12, 1, 13),
    "zergling": UnitValues(35, 0, 0, 0.1846, 0.1, 5, 1, 11),
    "baneling": UnitValues(30, 0, 0, 0.1563, 0.25, 16, 1, 1),
    "spinecrawler": UnitValues(300, 0, 2, 0.0, 7, 25, 1, 30),
}

Army = tuple[tuple[str, int], ...]


class Scenario(NamedTuple):
    """Two armies, and the agents' types in the order in which the map numbers them."""

    allies: Army
    enemies: Army
    agent_types: tuple[str, ...]


def _scenario(allies: Army, enemies: Army | None = None) -> Scenario:
    return Scenario(allies, enemies or allies, tuple(sorted(name for name, _ in allies)))


def _marines(allies: int, enemies: int) -> Scenario:
    return _scenario((("marine", allies),), (("marine", enemies),))


def _bio(marauders: int, marines: int) -> Army:
    return (("marauder", marauders), ("marine", marines), ("medivac", 1))


def _toss(stalkers: int, zealots: int) -> Army:
    return (("stalker", stalkers), ("zealot", zealots))


SCENARIOS = {
    "3m": _marines(3, 3),
    "8m": _marines(8, 8),
    "25m": _marines(25, 25),
    "5m_vs_6m": _marines(5, 6),
    "8m_vs_9m": _marines(8, 9),
    "10m_vs_11m": _marines(10, 11),
    "27m_vs_30m": _marines(27, 30),
    "MMM": _scenario(_bio(2, 7)),
    "MMM2": _scenario(_bio(2, 7), _bio(3, 8)),
    "2s3z": _scenario(_toss(2, 3)),
    "3s5z": _scenario(_toss(3, 5)),
    "3s5z_vs_3s6z": _scenario(_toss(3, 5), _toss(3, 6)),
    "3s_vs_3z": _scenario((("stalker", 3),), (("zealot", 3),)),
    "3s_vs_4z": _scenario((("stalker", 3),), (("zealot", 4),)),
    "3s_vs_5z": _scenario((("stalker", 3),), (("zealot", 5),)),
    "1c3s5z": _scenario((("colossus", 1), *_toss(3, 5))),
    "2m_vs_1z": _scenario((("marine", 2),), (("zealot", 1),)),
    "corridor": _scenario((("zealot", 6),), (("zergling", 24),)),
    "6h_vs_8z": _scenario((("hydralisk", 6),), (("zealot", 8),)),
    "2s_vs_1sc": _scenario((("stalker", 2),), (("spinecrawler", 1),)),
    "so_many_baneling": _scenario((("zealot", 7),), (("baneling", 32),)),
    "bane_vs_bane": _scenario((("baneling", 4), ("zergling", 20))),
    "2c_vs_64zg": _scenario((("colossus", 2),), (("zergling", 64),)),
}
EMPTY_MAPS = ("32x32_flat",)  # what all 10gen_* tasks load: the client creates the units
