"""Whole episodes through the real pysc2 and the game's protocol, with the stand-in in the game's place."""

from __future__ import annotations

import time
from collections.abc import Collection
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("pysc2", reason="pysc2 is not installed: make sc2")

from pysc2 import run_configs
from pysc2.lib import protocol, remote_controller
from s2clientprotocol import sc2api_pb2 as sc

from tests.sc2_standin.armies import SCENARIOS
from tests.sc2_standin.battle import AGENTS, COMPUTER
from tests.sc2_standin.player import Episode, Player

TERRAN = (
    ["marine", "marine", "marauder", "marauder", "medivac"],
    ["marine", "marauder", "marine", "marauder", "medivac"],
)
TASKS: dict[str, tuple[str, tuple[list[str], list[str]] | None, int]] = {
    "3m": ("3m", None, 60),
    "2s3z": ("2s3z", None, 120),
    "3s_vs_5z": ("3s_vs_5z", None, 250),
    "MMM2": ("MMM2", None, 180),
    "10gen_terran": ("32x32_flat", TERRAN, 200),
}


def play(task: str, seed: int, episodes: int = 2) -> list[Episode]:
    map_name, armies, limit = TASKS[task]
    with Player(map_name, seed, armies) as player:
        played = []
        for _ in range(episodes):
            player.reset()
            played.append(player.play(limit))
        return played


@pytest.mark.parametrize("task", TASKS)
def test_whole_episodes(task: str) -> None:
    map_name, armies, limit = TASKS[task]
    scenario = SCENARIOS.get(map_name)
    sizes = [sum(n for _, n in army) for army in scenario[:2]] if scenario else [len(army) for army in armies or ()]
    for episode in play(task, seed=1):
        first, last = episode.trace[0], episode.trace[-1]
        assert [sum(unit[2] == owner for unit in first) for owner in (AGENTS, COMPUTER)] == sizes
        assert len(episode.trace) > 5
        assert min(episode.allies, episode.enemies) == 0 or len(episode.trace) == limit  # somebody won
        health = [sum(unit[5] for unit in step) for step in (first, last)]
        assert health[1] < health[0]
        moved = [a[3:5] != b[3:5] for a in first for b in episode.trace[3] if a[0] == b[0]]
        assert any(moved)


def test_a_seed_fixes_the_episodes() -> None:
    first, second, other = (play("2s3z", seed) for seed in (3, 3, 4))
    assert first == second
    assert first != other
    assert first[0] != first[1]


def test_shields_take_damage_first_and_medivacs_heal() -> None:
    def histories(task: str, column: int) -> Collection[list[tuple[Any, Any]]]:
        by_unit: dict[int, list[tuple[Any, Any]]] = {}
        for step in play(task, seed=2, episodes=1)[0].trace:
            for unit in step:
                by_unit.setdefault(unit[0], []).append((unit[column], unit[5]))
        return by_unit.values()

    for history in histories("2s3z", 6):
        full = history[0][1]
        assert all(health == full or shield < 1 for shield, health in history)
    rises = [b[1] > a[1] for history in histories("MMM2", 7) for a, b in pairwise(history)]
    assert any(rises)  # a marine's health does not come back by itself


def test_idle_computer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAKE_SC2_AI", "idle")
    with Player("3m", 1) as player:
        start = [unit.pos.x for unit in player.units(COMPUTER)]
        player.controller.step(200)
        assert [unit.pos.x for unit in player.units(COMPUTER)] == start
        assert len(player.units(AGENTS)) == 3


def test_crash(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAKE_SC2_CRASH_AT_STEP", "3")
    with Player("3m", 1) as player:
        player.controller.step(8)
        player.controller.step(8)
        with pytest.raises((protocol.ConnectionError, protocol.ProtocolError)):
            player.controller.step(8)
        assert player._process._proc.wait(5) == 139


def test_a_fault_can_strike_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("FAKE_SC2_CRASH_AT_STEP", "1")
    monkeypatch.setenv("FAKE_SC2_FAULT_ONCE", str(tmp_path / "struck"))
    with Player("3m", 1) as player, pytest.raises((protocol.ConnectionError, protocol.ProtocolError)):
        player.controller.step(8)
    with Player("3m", 1) as player:
        player.controller.step(8)


def test_hang(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAKE_SC2_HANG_AT_STEP", "1")
    with Player("3m", 1) as player:
        player.controller._client._sock.settimeout(0.5)
        with pytest.raises(protocol.ConnectionError, match="timed out"):
            player.controller.step(8)
        player._process._proc.kill()


def test_requests_that_make_no_sense_get_an_error() -> None:
    config = run_configs.get()
    process = config.start(want_rgb=False)
    try:
        controller = process.controller
        unknown = sc.RequestCreateGame(local_map=sc.LocalMap(map_path="SMAC_Maps/nope.SC2Map", map_data=b"x"))
        with pytest.raises(remote_controller.RequestError, match="InvalidMapPath"):
            controller.create_game(unknown)
        with pytest.raises(protocol.ProtocolError, match="available_maps"):
            controller.available_maps()
    finally:
        process.close()


def test_replay_and_version() -> None:
    with Player("3m", 1) as player:
        player.controller.step(8)
        assert b"3m" in player.controller.save_replay()
        assert player.controller.ping().game_version == "4.10.0"


def test_the_program_ends_with_its_client() -> None:
    with Player("3m", 1) as player:
        program = player._process._proc
        player.controller._client._sock.sock.close()  # the client is gone without a word
        deadline = time.monotonic() + 10
        while program.poll() is None and time.monotonic() < deadline:
            time.sleep(0.05)
        assert program.poll() is not None
