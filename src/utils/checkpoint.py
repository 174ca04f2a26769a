"""Reading and writing of checkpoints: every file appears whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

import torch as th
from torch import nn

from utils.errors import UserError


def atomic_save(obj: Any, path: str | Path) -> None:
    """``torch.save`` through a temporary file in the same folder, so that a killed run leaves no half file."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            th.save(obj, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def load_file(path: str | Path) -> Any:
    """``torch.load`` to the CPU, tensors and plain values only. Raises UserError for what cannot be read."""
    if not Path(path).is_file():
        raise UserError(f"the checkpoint has no file {path}; checkpoint_path must hold folders named by their step")
    try:
        return th.load(path, map_location="cpu", weights_only=True)
    except Exception as e:
        raise UserError(f"{path} is not a readable checkpoint file: {e}") from e


def save_module(module: nn.Module, path: str | Path) -> None:
    atomic_save(module.state_dict(), path)


def load_module(module: nn.Module, path: str | Path) -> None:
    """Loads weights by name (PyMARL2's files too). Raises UserError where names or shapes do not fit."""
    state = load_file(path)
    try:
        module.load_state_dict(state)
    except (RuntimeError, TypeError, AttributeError) as e:
        raise UserError(
            f"{path} does not fit this run's {type(module).__name__} (other agent, mixer, sizes or task?): {e}"
        ) from e


def find_step(checkpoint_path: str | Path, load_step: int = 0) -> Path:
    """The folder of one saved step: the newest for 0, else the one nearest to ``load_step``. Raises UserError."""
    root = Path(checkpoint_path)
    if not root.is_dir():
        raise UserError(f"checkpoint_path={checkpoint_path} is not a folder")
    steps = [int(p.name) for p in root.iterdir() if p.is_dir() and p.name.isdigit()]
    if not steps:
        raise UserError(
            f"checkpoint_path={checkpoint_path} holds no folder named by a step number; give the folder above them"
        )
    return root / str(max(steps) if load_step == 0 else min(steps, key=lambda s: (abs(s - load_step), s)))
