"""The battle: a flat map of 32 x 32 cells in game loops of 1/22.4 s, the same for the same seed."""

from __future__ import annotations

import math
import random
from typing import NamedTuple

from tests.sc2_standin.armies import (
    AGENT_TYPES,
    FIRST_AGENT_TYPE,
    GAME_NAMES,
    GAME_TYPES,
    SCENARIOS,
    VALUES,
    Army,
)

WIDTH = HEIGHT = 32
AGENTS, COMPUTER = 1, 2  # the owners of units
RADIUS = 0.375
EMPTY_LOOPS = 4  # so long the field is empty before the map's trigger brings the armies back
SHIELD_DELAY, SHIELD_PER_LOOP = 224, 0.0893  # loops without a hit, then shield points
ENERGY_PER_LOOP = 0.0352
HEAL_PER_LOOP, HEAL_COST = 0.6, 0.2
NOTICE = 3.0  # cells beyond its range at which a unit that attacks towards a place turns to a target


class Order(NamedTuple):
    """``stop``, ``move`` and ``attack_move`` (to x, y), or ``target`` (a tag)."""

    kind: str
    x: float = 0.0
    y: float = 0.0
    tag: int = 0


class Unit:
    """One unit on the field."""

    def __init__(self, tag: int, owner: int, type_id: int, name: str, x: float, y: float) -> None:
        self.values = VALUES[name]
        self.tag, self.owner, self.type_id, self.name = tag, owner, type_id, name
        self.x, self.y = _inside(x, y)
        self.health, self.shield = float(self.values.health), float(self.values.shield)
        self.energy = self.values.energy * 0.25
        self.cooldown = 0
        self.loops_since_hit = 10**6
        self.order = Order("stop")

    @property
    def heals(self) -> bool:
        return self.name == "medivac"

    def walk(self, x: float, y: float) -> bool:
        """One loop towards a place; True once it is there."""
        dx, dy = x - self.x, y - self.y
        distance = math.hypot(dx, dy)
        if distance < 1e-6:
            return True
        step = min(self.values.speed, distance)
        self.x, self.y = _inside(self.x + dx / distance * step, self.y + dy / distance * step)
        return step == distance

    def hit(self, target: Unit) -> None:
        """One attack: every shot wears down shield first; armour takes its part of what reaches the health."""
        self.cooldown = self.values.cooldown
        for _ in range(self.values.shots):
            damage = float(self.values.damage)
            absorbed = min(target.shield, damage)
            target.shield -= absorbed
            if damage > absorbed:
                target.health -= max(0.5, damage - absorbed - target.values.armour)
        target.loops_since_hit = 0
        if self.name == "baneling":
            self.health = 0.0  # it attacks by bursting


class Battle:
    """All units of one game."""

    def __init__(self, map_name: str, seed: int, idle_computer: bool = False) -> None:
        self.rng = random.Random(seed)
        self.scenario = SCENARIOS.get(map_name)  # None: an empty map
        self.idle_computer = idle_computer
        self.units: dict[int, Unit] = {}
        self.loop = 0
        self._pending: list[tuple[int, int, float, float]] = []
        self._next_tag = 1
        self._empty_for = 0
        if self.scenario:
            self._spawn_armies()

    # -- what the client asks for
    def create(self, owner: int, type_id: int, x: float, y: float) -> None:
        """The unit is there after the next loop."""
        self._pending.append((owner, type_id, x, y))

    def kill(self, tag: int) -> None:
        self.units.pop(tag, None)

    def command(self, tag: int, order: Order) -> None:
        unit = self.units.get(tag)
        if unit is not None and unit.owner == AGENTS:
            unit.order = order

    # -- one loop
    def tick(self) -> None:
        self.loop += 1
        for request in self._pending:
            self._add(*request)
        self._pending.clear()
        for unit in list(self.units.values()):
            if unit.health > 0:  # it may have died in this loop
                self._recover(unit)
                self._act(unit)
        for tag in [tag for tag, unit in self.units.items() if unit.health <= 0]:
            del self.units[tag]
        self._empty_for = 0 if self.units or not self.scenario else self._empty_for + 1
        if self._empty_for >= EMPTY_LOOPS:
            self._empty_for = 0
            self._spawn_armies()

    def _recover(self, unit: Unit) -> None:
        unit.cooldown -= 1
        unit.loops_since_hit += 1
        unit.energy = min(unit.values.energy, unit.energy + ENERGY_PER_LOOP)
        if unit.loops_since_hit > SHIELD_DELAY:
            unit.shield = min(unit.values.shield, unit.shield + SHIELD_PER_LOOP)

    def _act(self, unit: Unit) -> None:
        if unit.owner == COMPUTER:
            if not self.idle_computer:
                target = self._nearest(unit, unit.heals) or (self._nearest(unit, False) if unit.heals else None)
                if target:
                    self._engage(unit, target)
            return
        kind, x, y, tag = unit.order
        if kind == "move" and unit.walk(x, y):
            unit.order = Order("stop")
        elif kind == "target":
            target = self.units.get(tag)
            if target is None or target.health <= 0:
                unit.order = Order("stop")
            else:
                self._engage(unit, target)
        elif kind == "attack_move":
            target = self._nearest(unit, unit.heals)
            if target and _gap(unit, target) <= unit.values.range + NOTICE:
                self._engage(unit, target)
            elif unit.walk(x, y):
                unit.order = Order("stop")

    def _engage(self, unit: Unit, target: Unit) -> None:
        if _gap(unit, target) > unit.values.range:
            unit.walk(target.x, target.y)
        elif unit.heals:
            if target.health < target.values.health and unit.energy >= HEAL_COST:
                unit.energy -= HEAL_COST
                target.health = min(target.values.health, target.health + HEAL_PER_LOOP)
        elif unit.cooldown <= 0 and unit.values.damage:
            unit.hit(target)

    def _nearest(self, unit: Unit, to_heal: bool) -> Unit | None:
        """The nearest enemy, or the nearest wounded friend; of equally near ones the older."""
        there = [other for other in self.units.values() if other is not unit and other.health > 0]
        if to_heal:
            there = [o for o in there if o.owner == unit.owner and not o.heals and o.health < o.values.health]
        else:
            there = [o for o in there if o.owner != unit.owner]
        return min(there, key=lambda other: (_gap(unit, other), other.tag), default=None)

    # -- arrival
    def _spawn_armies(self) -> None:
        assert self.scenario is not None
        for owner, army, x, side in (
            (AGENTS, self.scenario.allies, 9.0, -1),
            (COMPUTER, self.scenario.enemies, 23.0, 1),
        ):
            for k, name in enumerate(_names(army)):
                type_id = GAME_TYPES[name]
                if owner == AGENTS:  # a map numbers its agents' types from the first of the nine
                    type_id = FIRST_AGENT_TYPE + self.scenario.agent_types.index(name)
                column, row = divmod(k, 8)
                at_x = x + side * 0.8 * column + self.rng.uniform(-0.2, 0.2)
                at_y = HEIGHT / 2 + 0.8 * (row - 3.5) + self.rng.uniform(-0.2, 0.2)
                self._add(owner, type_id, at_x, at_y)

    def _add(self, owner: int, type_id: int, x: float, y: float) -> None:
        tag = 0x100000000 + (self._next_tag << 18) + 1
        self._next_tag += 1
        self.units[tag] = Unit(tag, owner, type_id, self._name(owner, type_id), x, y)

    def _name(self, owner: int, type_id: int) -> str:
        if type_id < FIRST_AGENT_TYPE:
            return GAME_NAMES[type_id]
        types = self.scenario.agent_types if self.scenario and owner == AGENTS else AGENT_TYPES
        return types[type_id - FIRST_AGENT_TYPE]


def _names(army: Army) -> list[str]:
    return [name for name, count in army for _ in range(count)]


def _gap(a: Unit, b: Unit) -> float:
    """Cells between the edges of two units."""
    return max(0.0, math.hypot(a.x - b.x, a.y - b.y) - 2 * RADIUS)


def _inside(x: float, y: float) -> tuple[float, float]:
    return min(max(x, 0.5), WIDTH - 0.5), min(max(y, 0.5), HEIGHT - 0.5)
