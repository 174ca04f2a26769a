"""Lays out a folder that pysc2 takes for a StarCraft II installation: ``python -m tests.sc2_standin.install FOLDER``."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

from tests.sc2_standin.armies import EMPTY_MAPS, SCENARIOS

ROOT = Path(__file__).resolve().parents[2]
BUILD = 75689  # 4.10.0, which the program answers too


def lay_out(folder: Path, build: int = BUILD) -> Path:
    """Program and maps under ``folder``, which is returned; the map files hold only their names."""
    program = folder / "Versions" / f"Base{build}" / "SC2_x64"
    program.parent.mkdir(parents=True, exist_ok=True)
    program.write_text(
        f'#!/bin/sh\nPYTHONPATH={shlex.quote(str(ROOT))} exec {shlex.quote(sys.executable)} -m tests.sc2_standin "$@"\n'
    )
    program.chmod(0o755)
    maps = folder / "Maps" / "SMAC_Maps"
    maps.mkdir(parents=True, exist_ok=True)
    for name in (*SCENARIOS, *EMPTY_MAPS):
        (maps / f"{name}.SC2Map").write_text(f"stand-in for {name}")
    return folder


if __name__ == "__main__":
    print(lay_out(Path(sys.argv[1]).resolve()))
