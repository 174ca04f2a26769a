"""Answers to the requests of the game's protocol that pysc2, smac and smacv2 make; others get the game's error."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

from s2clientprotocol import sc2api_pb2 as sc

from tests.sc2_standin.armies import AGENT_TYPES, EMPTY_MAPS, FIRST_AGENT_TYPE, GAME_NAMES, N_UNIT_TYPES, SCENARIOS
from tests.sc2_standin.battle import AGENTS, COMPUTER, HEIGHT, RADIUS, WIDTH, Battle, Order

MOVE, STOP, ATTACK, HEAL = 16, 4, 23, 386  # the game's ability ids
SUCCESS = 1
SELF, ENEMY = 1, 4  # alliances
VERSION, BUILD = "4.10.0", 75689


class Faults:
    """What goes wrong on purpose, from the environment variables named in the package's README.

    A fault strikes at a step's number, counted anew in every process; with FAKE_SC2_FAULT_ONCE=FILE only in the first
    process that comes to it (it leaves FILE behind).
    """

    def __init__(self) -> None:
        self._crash_at = int(os.environ.get("FAKE_SC2_CRASH_AT_STEP", 0))
        self._hang_at = int(os.environ.get("FAKE_SC2_HANG_AT_STEP", 0))
        self._once = os.environ.get("FAKE_SC2_FAULT_ONCE")
        self._steps = 0

    def at_step(self) -> None:
        self._steps += 1
        if self._steps not in (self._crash_at, self._hang_at):
            return
        if self._once:
            try:
                Path(self._once).open("x").close()
            except FileExistsError:
                return
        if self._steps == self._crash_at:
            os._exit(139)  # a segmentation fault, as a shell reports it
        time.sleep(3600)


class Game:
    """One program's game. ``status`` follows the protocol: launched, init_game, in_game, quit."""

    def __init__(self) -> None:
        self.status: Any = sc.launched
        self.battle: Battle | None = None
        self._map, self._seed = "", 0
        self._idle = os.environ.get("FAKE_SC2_AI") == "idle"
        self._faults = Faults()

    def answer(self, request: Any) -> Any:
        """The response to one request. A request that cannot be served is answered with an error, as the game does."""
        kind = request.WhichOneof("request") or "none"
        response = sc.Response(id=request.id)
        handler = getattr(self, f"_on_{kind}", None)
        if handler is None:
            response.error.append(f"{kind}: this stand-in does not know this request")
        elif self.battle is None and kind in ("action", "step", "observation", "debug", "game_info", "save_replay"):
            response.error.append(f"{kind}: there is no game")
        else:
            handler(getattr(request, kind), getattr(response, kind))
        response.status = self.status
        return response

    def _on_ping(self, request: Any, response: Any) -> None:
        response.game_version, response.data_version = VERSION, "STAND-IN"
        response.data_build = response.base_build = BUILD

    def _on_create_game(self, request: Any, response: Any) -> None:
        name = Path(request.local_map.map_path).stem
        if not request.local_map.map_data:
            response.error = sc.ResponseCreateGame.InvalidMapData
        elif name not in SCENARIOS and name not in EMPTY_MAPS:
            response.error, response.error_details = sc.ResponseCreateGame.InvalidMapPath, name
        else:
            self._map, self._seed = name, request.random_seed
            self.status = sc.init_game

    def _on_join_game(self, request: Any, response: Any) -> None:
        self.battle = Battle(self._map, self._seed, self._idle)
        response.player_id, self.status = AGENTS, sc.in_game

    def _on_restart_game(self, request: Any, response: Any) -> None:
        self.battle = Battle(self._map, self._seed, self._idle)
        self.status = sc.in_game

    def _on_game_info(self, request: Any, response: Any) -> None:
        response.map_name = self._map
        start = response.start_raw
        start.map_size.x, start.map_size.y = WIDTH, HEIGHT
        cells = WIDTH * HEIGHT
        for image, bits, data in (
            (start.pathing_grid, 1, b"\xff" * (cells // 8)),  # everywhere is open
            (start.placement_grid, 1, b"\xff" * (cells // 8)),
            (start.terrain_height, 8, b"\x7f" * cells),  # and flat
        ):
            image.bits_per_pixel, image.size.x, image.size.y, image.data = bits, WIDTH, HEIGHT, data
        start.playable_area.p0.x = start.playable_area.p0.y = 0
        start.playable_area.p1.x, start.playable_area.p1.y = WIDTH, HEIGHT
        response.player_info.add(player_id=AGENTS, type=sc.Participant)
        response.player_info.add(player_id=COMPUTER, type=sc.Computer)

    def _on_data(self, request: Any, response: Any) -> None:
        for number in range(N_UNIT_TYPES):
            name = GAME_NAMES.get(number, "")
            if number >= FIRST_AGENT_TYPE:
                name = AGENT_TYPES[number - FIRST_AGENT_TYPE] + "RL"
            response.units.add(unit_id=number, name=name, available=bool(name))

    def _on_action(self, request: Any, response: Any) -> None:
        assert self.battle is not None
        for action in request.actions:
            if action.action_raw.HasField("unit_command"):
                order = _order(action.action_raw.unit_command)
                if order is not None:
                    for tag in action.action_raw.unit_command.unit_tags:
                        self.battle.command(tag, order)
            response.result.append(SUCCESS)

    def _on_step(self, request: Any, response: Any) -> None:
        assert self.battle is not None
        self._faults.at_step()
        for _ in range(request.count or 1):
            self.battle.tick()
        response.simulation_loop = self.battle.loop

    def _on_observation(self, request: Any, response: Any) -> None:
        assert self.battle is not None
        seen = response.observation
        seen.game_loop = self.battle.loop
        seen.player_common.player_id = AGENTS
        for unit in self.battle.units.values():
            shown = seen.raw_data.units.add(
                display_type=1,
                alliance=SELF if unit.owner == AGENTS else ENEMY,
                tag=unit.tag,
                unit_type=unit.type_id,
                owner=unit.owner,
                facing=0,
                radius=RADIUS,
                build_progress=1,
                health=unit.health,
                health_max=unit.values.health,
                shield=unit.shield,
                shield_max=unit.values.shield,
                energy=unit.energy,
                energy_max=unit.values.energy,
                weapon_cooldown=max(0, unit.cooldown),
                is_flying=unit.heals,
            )
            shown.pos.x, shown.pos.y, shown.pos.z = unit.x, unit.y, 10

    def _on_debug(self, request: Any, response: Any) -> None:
        assert self.battle is not None
        for command in request.debug:  # drawings and the rest: nothing to show
            if command.HasField("kill_unit"):
                for tag in command.kill_unit.tag:
                    self.battle.kill(tag)
            elif command.HasField("create_unit"):
                new = command.create_unit
                for _ in range(new.quantity or 1):
                    self.battle.create(new.owner, new.unit_type, new.pos.x, new.pos.y)

    def _on_save_replay(self, request: Any, response: Any) -> None:
        assert self.battle is not None
        response.data = json.dumps({"map": self._map, "loops": self.battle.loop}).encode()

    def _on_leave_game(self, request: Any, response: Any) -> None:
        self.battle, self.status = None, sc.launched

    def _on_quit(self, request: Any, response: Any) -> None:
        self.status = sc.quit


def _order(command: Any) -> Order | None:
    place = command.target_world_space_pos
    if command.ability_id == STOP:
        return Order("stop")
    if command.ability_id == MOVE:
        return Order("move", place.x, place.y)
    if command.ability_id in (ATTACK, HEAL):
        if command.HasField("target_unit_tag"):
            return Order("target", tag=command.target_unit_tag)
        return Order("attack_move", place.x, place.y)
    return None
