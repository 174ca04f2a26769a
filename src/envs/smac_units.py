"""StarCraft II's units as far as SMAC's maps use them: facts of the game.

Values are those of game version 4.10 (balance of 2019). Times are in game loops, 16 to a second of the game's "normal"
speed (what a client's weapon cooldown counts); distances in cells of the map. SMAC asks for a step every 8 loops.
"""

from __future__ import annotations

from typing import NamedTuple

LOOPS_PER_STEP = 8  # SMAC's step_mul
RANDOM_DELAY = 2.0  # loops: the most by which the game draws out the pause after a shot, to break up volleys
SHIELD_REGENERATION = 0.125  # points a loop, SHIELD_DELAY loops after the last damage
SHIELD_DELAY = 160
HEALTH_REGENERATION = 0.0171  # points a loop, Zerg units only
ENERGY_REGENERATION = 0.0352  # points a loop
HEAL_RATE = 0.5625  # health points a loop that a medivac gives
HEAL_PER_ENERGY = 3.0  # health points for a point of energy


class UnitType(NamedTuple):
    """One kind of unit.

    reach: from edge to edge: a target is in range when the centres are at most ``reach`` plus both radii apart.
    damage: of one blow; ``shots`` blows make an attack. bonus: more of it against units with the tag ``bonus_against``.
        A blow to health loses the target's armor, and keeps at least half a point.
    cooldown: loops between two attacks. state_cooldown: by what SMAC divides it in the state (a medivac: its energy).
    splash: the radius around the target in which every enemy of the attacker is hit as well.
    """

    race: str
    health: float
    shield: float
    armor: float
    speed: float  # cells a loop
    reach: float
    damage: float
    shots: int
    cooldown: float
    state_cooldown: float
    radius: float
    tags: tuple[str, ...]
    bonus: float = 0.0
    bonus_against: str = ""
    splash: float = 0.0
    energy: float = 0.0  # the most it holds; it starts with ENERGY_AT_START
    flies: bool = False
    hits_air: bool = False

    @property
    def heals(self) -> bool:
        return self.energy > 0

    @property
    def cooldown_range(self) -> float:
        """The highest value of the state's cooldown (or energy) of such a unit, rounded up."""
        if self.heals:
            return 1.0
        return -(-10 * (self.cooldown + RANDOM_DELAY) // self.state_cooldown) / 10


ENERGY_AT_START = 50.0

UNITS: dict[str, UnitType] = {
    "marine": UnitType("terran", 45, 0, 0, 0.1406, 5, 6, 1, 13.8, 15, 0.375, ("light", "biological"), hits_air=True),
    "marauder": UnitType(
        "terran", 125, 0, 1, 0.1406, 6, 10, 1, 24, 25, 0.5625, ("armored", "biological"), 10, "armored"
    ),
    "medivac": UnitType(
        "terran", 150, 0, 1, 0.1563, 4, 0, 0, 0, 200, 0.75, ("armored", "mechanical"), energy=200, flies=True
    ),
    "stalker": UnitType(
        "protoss", 80, 80, 1, 0.1844, 6, 13, 1, 30, 35, 0.625, ("armored", "mechanical"), 5, "armored", hits_air=True
    ),
    "zealot": UnitType("protoss", 100, 50, 1, 0.1406, 0.1, 8, 2, 19.2, 22, 0.5, ("light", "biological")),
    "colossus": UnitType(
        "protoss", 200, 150, 1, 0.1406, 7, 10, 2, 24, 24, 1.0, ("armored", "mechanical"), 5, "light", splash=0.7
    ),
    "zergling": UnitType("zerg", 35, 0, 0, 0.1844, 0.1, 5, 1, 11.1, 11, 0.375, ("light", "biological")),
    "hydralisk": UnitType("zerg", 90, 0, 0, 0.1406, 5, 12, 1, 13.2, 10, 0.625, ("light", "biological"), hits_air=True),
    "baneling": UnitType(
        "zerg", 30, 0, 0, 0.1563, 0.25, 20, 1, 13.3, 1, 0.375, ("biological",), 15, "light", splash=2.2
    ),
    "spinecrawler": UnitType("zerg", 300, 0, 2, 0.0, 7, 25, 1, 29.6, 15, 0.875, ("armored", "structure"), 5, "armored"),
}
