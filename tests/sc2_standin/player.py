"""A client of the game by pysc2 alone: starts it, commands the agents' units with a simple rule, begins anew.

It stands for what smacv2 does, so that whole episodes run through pysc2 and the protocol where smacv2 is missing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from types import TracebackType
from typing import Any, NamedTuple

from absl import flags
from pysc2 import run_configs
from s2clientprotocol import common_pb2, debug_pb2, raw_pb2
from s2clientprotocol import sc2api_pb2 as sc

from tests.sc2_standin.armies import AGENT_TYPES, FIRST_AGENT_TYPE, GAME_TYPES
from tests.sc2_standin.battle import AGENTS, COMPUTER
from tests.sc2_standin.game import ATTACK, HEAL

STEP = 8  # game loops
MEDIVAC = GAME_TYPES["medivac"]

if not flags.FLAGS.is_parsed():
    flags.FLAGS(["test"])


class Episode(NamedTuple):
    """What an episode looked like: every unit at every step, and who was left at its end."""

    trace: list[list[tuple[Any, ...]]]
    allies: int
    enemies: int


class Player:
    """One game, as a context manager."""

    def __init__(self, map_name: str, seed: int, armies: tuple[Sequence[str], Sequence[str]] | None = None) -> None:
        """``armies``: for an empty map, the types of both sides, created at the beginning of each episode."""
        self._config = run_configs.get()
        self._process = self._config.start(want_rgb=False)
        self.controller = self._process.controller
        self._armies = armies
        path = f"SMAC_Maps/{map_name}.SC2Map"
        local = sc.LocalMap(map_path=path, map_data=self._config.map_data(path))
        create = sc.RequestCreateGame(local_map=local, realtime=False, random_seed=seed)
        create.player_setup.add(type=sc.Participant)
        create.player_setup.add(type=sc.Computer, race=common_pb2.Terran, difficulty=sc.VeryHard)
        self.controller.create_game(create)
        interface = sc.InterfaceOptions(raw=True, score=False)
        self.controller.join_game(sc.RequestJoinGame(race=common_pb2.Terran, options=interface))

    def __enter__(self) -> Player:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._process.close()

    @property
    def pid(self) -> int | None:
        return self._process.pid

    def units(self, owner: int | None = None) -> list[Any]:
        everybody = self.controller.observe().observation.raw_data.units
        return [unit for unit in everybody if owner in (None, unit.owner)]

    def reset(self) -> None:
        """Clears the field; the map's trigger, or this player, brings the armies back."""
        kill = debug_pb2.DebugKillUnit(tag=[unit.tag for unit in self.units()])
        self.controller.debug([debug_pb2.DebugCommand(kill_unit=kill)])
        if self._armies:
            self.controller.step(2)
            self._create(self._armies)
        for _ in range(100):
            self.controller.step(1)
            if self.units(AGENTS) and self.units(COMPUTER):
                return
        raise AssertionError("no armies came")

    def _create(self, armies: tuple[Sequence[str], Sequence[str]]) -> None:
        commands = []
        for owner, army, x in ((AGENTS, armies[0], 9), (COMPUTER, armies[1], 20)):
            for k, name in enumerate(army):
                number = FIRST_AGENT_TYPE + AGENT_TYPES.index(name) if owner == AGENTS else GAME_TYPES[name]
                place = common_pb2.Point2D(x=x, y=14 + k)
                unit = debug_pb2.DebugCreateUnit(unit_type=number, owner=owner, pos=place, quantity=1)
                commands.append(debug_pb2.DebugCommand(create_unit=unit))
        self.controller.debug(commands)

    def play(self, limit: int) -> Episode:
        """At most ``limit`` steps in which everybody attacks what is nearest, and medivacs heal."""
        trace = []
        for _ in range(limit):
            allies, enemies = self.units(AGENTS), self.units(COMPUTER)
            trace.append([_seen(unit) for unit in (*allies, *enemies)])
            if not allies or not enemies:
                return Episode(trace, len(allies), len(enemies))
            self.controller.actions(sc.RequestAction(actions=[_action(unit, allies, enemies) for unit in allies]))
            self.controller.step(STEP)
        return Episode(trace, len(self.units(AGENTS)), len(self.units(COMPUTER)))


def _action(unit: Any, allies: Sequence[Any], enemies: Sequence[Any]) -> Any:
    friends = [other for other in allies if other.tag != unit.tag]
    heals = unit.energy_max > 0 and bool(friends)
    target = min(friends if heals else enemies, key=lambda other: (_distance(unit, other), other.tag))
    ability = HEAL if heals else ATTACK
    command = raw_pb2.ActionRawUnitCommand(ability_id=ability, unit_tags=[unit.tag], target_unit_tag=target.tag)
    return sc.Action(action_raw=raw_pb2.ActionRaw(unit_command=command))


def _distance(a: Any, b: Any) -> float:
    return math.hypot(a.pos.x - b.pos.x, a.pos.y - b.pos.y)


def _seen(unit: Any) -> tuple[Any, ...]:
    return (unit.tag, unit.unit_type, unit.owner, unit.pos.x, unit.pos.y, unit.health, unit.shield, unit.energy)
