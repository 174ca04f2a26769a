"""What passed every check on this machine, so that a later start may load it without checking again.

One empty file for each function, task and settings, in ``$LLM_CREDIT_CACHE``, else ``$XDG_CACHE_HOME/llm_credit``, else
``~/.cache/llm_credit``: the user's own folder and not the archive, which may come from elsewhere. What passed with
another torch or another text of this package's modules is checked again: these may look more closely.
"""

from __future__ import annotations

import contextlib
import os
from functools import cache
from pathlib import Path

import torch

from .files import sha256, write_atomically
from .llm import canonical
from .settings import TFCAFSettings
from .task import TaskDescription

DECISIVE = ("igm", "phi", "bias", "form", "backend", "check_states", "check_seed")  # settings that a verdict rests on


@cache
def fingerprint() -> str:
    """SHA-256 over this package's modules, as they are when a process first asks. Functions that ship do not count."""
    files = sorted(Path(__file__).parent.glob("*.py"))
    return sha256(canonical([(file.name, sha256(file.read_bytes())) for file in files]))


def _mark(source: str, task: TaskDescription, settings: TFCAFSettings) -> Path:
    values = {name: getattr(settings, name) for name in DECISIVE}
    name = sha256(canonical([source, task.to_json(), values, torch.__version__, fingerprint()]))
    own = os.environ.get("LLM_CREDIT_CACHE")
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return (Path(own) if own else Path(home) / "llm_credit") / "passed" / name


def remember(source: str, task: TaskDescription, settings: TFCAFSettings) -> None:
    """Notes that a function passed; where nothing can be written it is checked again next time."""
    with contextlib.suppress(OSError, RuntimeError):  # a full or read-only disk, a user without a home
        write_atomically(_mark(source, task, settings), "")


def is_remembered(source: str, task: TaskDescription, settings: TFCAFSettings) -> bool:
    try:
        return _mark(source, task, settings).exists()
    except (OSError, RuntimeError):
        return False
