"""Finds the StarCraft II program, its version and its maps before anything starts, and says what is missing.

As a program (``make sc2``) it prints what is there and what the user still has to fetch.
"""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from utils.errors import UserError

SMACV2 = ".venv/bin/pip install --no-deps git+https://github.com/oxwhirl/smacv2.git"  # into the environment of make
PAGE = "docs/environments/sc2.md says it step by step"
GAME = (
    "fetch StarCraft II 4.10 for Linux from Blizzard (https://github.com/Blizzard/s2client-proto#linux-packages; the "
    "archive's password stands for accepting Blizzard's AI and Machine Learning License), unzip it to ~/StarCraftII, "
    "or anywhere and set SC2PATH to that folder"
)
MAPS = (
    "copy the folder smacv2/env/starcraft2/maps/SMAC_Maps of the smacv2 repository (the installed package lacks it) to "
    "{folder}"
)


class GameVersion(NamedTuple):
    """A version that is installed: ``4.10.0`` and the build 75689 (``unknown`` for one that pysc2 does not list)."""

    name: str
    build: int


def check_install(map_name: str, map_file: str, game_version: str | None) -> GameVersion:
    """The version of the game that will be started. Nothing is started yet.

    map_file: below the installation's ``Maps``. game_version: as ``4.10.0``; None takes the newest that is installed.
    Raises UserError where the game, that version or the map's file is missing.
    """
    from absl import flags
    from pysc2 import run_configs

    if not flags.FLAGS.is_parsed():
        flags.FLAGS(["sc2"])  # pysc2 reads its settings from a command line that we do not have
    folder = game_folder()
    if not (folder / "Versions").is_dir():
        raise UserError(f"StarCraft II is not installed at {folder} (no folder Versions there): {GAME}. {PAGE}")
    there = installed_builds(folder)
    if not there:
        raise UserError(f"{folder / 'Versions'} holds no version of StarCraft II (Base75689 for 4.10): {GAME}")
    try:
        config = run_configs.get(version=game_version)
    except ValueError as e:
        names = ", ".join(f"{name_of(build)} (build {build})" for build in there)
        raise UserError(f"env_args.game_version={game_version} is not installed at {folder}; there is {names}") from e
    build = int(config.version.build_version)
    if sys.platform == "linux" and not _is_program(folder / "Versions" / f"Base{build:05d}" / "SC2_x64"):
        raise UserError(f"{folder / 'Versions' / f'Base{build:05d}'} has no program SC2_x64 that can be run: {GAME}")
    path = Path(config.data_dir) / "Maps" / map_file
    if not path.is_file():
        raise UserError(
            f"the map of env_args.map_name={map_name} is not installed: there is no file {path}: "
            + MAPS.format(folder=path.parent)
        )
    return GameVersion(name_of(build), build)


def check_replay_dir(replay_dir: str) -> None:
    """Makes the folder for replays (below the game's folder Replays, where it is relative). Raises UserError."""
    folder = game_folder() / "Replays" / replay_dir
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK):
            raise PermissionError("it cannot be written to")
    except OSError as e:
        raise UserError(f"env_args.replay_dir={replay_dir}: no replays can be saved to {folder}: {e}") from e


def game_folder() -> Path:
    """Where pysc2 will look for the game: SC2PATH, or its default on this platform."""
    default = {"win32": "C:/Program Files (x86)/StarCraft II", "darwin": "/Applications/StarCraft II"}
    return Path(os.environ.get("SC2PATH") or default.get(sys.platform, "~/StarCraftII")).expanduser()


def installed_builds(folder: Path) -> list[int]:
    names = [p.name.removeprefix("Base") for p in (folder / "Versions").glob("Base*")]
    return sorted(int(name) for name in names if name.isdigit())


def name_of(build: int) -> str:
    """A build's version as pysc2 lists it, the first of several; ``unknown`` if it does not."""
    from pysc2.run_configs.lib import VERSIONS

    return next((v.game_version for v in VERSIONS.values() if v.build_version == build), "unknown")


def _is_program(path: Path) -> bool:
    return path.is_file() and os.access(path, os.X_OK)


def report() -> str:
    """What is there for StarCraft II and what is missing, a line each."""
    folder = game_folder()
    builds = installed_builds(folder) if find_spec("pysc2") else []
    maps = folder / "Maps" / "SMAC_Maps"
    found = ", ".join(f"{name_of(build)} (build {build})" for build in builds)
    rows = (
        ("pysc2", find_spec("pysc2") is not None, "make sc2"),
        ("smacv2", find_spec("smacv2") is not None, f"it is not on PyPI: {SMACV2}"),
        (f"the game at {folder}" + (f": {found}" if found else ""), bool(builds), GAME),
        (f"SMAC's maps at {maps}", any(maps.glob("*.SC2Map")), MAPS.format(folder=maps)),
    )
    lines = [f"found    {what}" if there else f"missing  {what}: {how}" for what, there, how in rows]
    return "\n".join([*lines, f"{PAGE}."])


if __name__ == "__main__":
    sys.stdout.write(report() + "\n")
