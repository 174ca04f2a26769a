"""Places that metrics are written to.

Numbers that are not finite: JSON has none, so that ``metrics.jsonl`` holds them as the texts "nan", "inf" and "-inf",
which Python's ``float`` reads back, and Sacred's files hold null, which numpy and pandas read as NaN.
"""

from __future__ import annotations

import json
import math
import time
from pathlib import Path
from typing import Any, Protocol

from utils.errors import UserError


class Sink(Protocol):
    """One place: takes numbers one by one."""

    def write(self, key: str, value: float, t: int) -> None:
        """One number at environment step ``t``."""

    def flush(self) -> None:
        """Hands on what is still held back."""

    def close(self) -> None:
        """Called once, at the end."""


class SacredSink:
    """PyMARL2's ``info.json`` (lists ``<key>`` and ``<key>_T``), and Sacred's own metrics (``metrics.json``).

    Sacred writes both at its heartbeat, every ten seconds, and when the run ends.
    """

    def __init__(self, run: Any) -> None:
        self._run = run

    def write(self, key: str, value: float, t: int) -> None:
        shown = value if math.isfinite(value) else None
        if key not in self._run.info:
            # A new dict, not a new key: the heartbeat walks over the old one in another thread, where a key that
            # appears meanwhile would be an error, and Sacred drops an observer for good after its first error.
            self._run.info = {**self._run.info, key: [], f"{key}_T": []}
        self._run.info[f"{key}_T"].append(t)
        self._run.info[key].append(shown)
        self._run.log_scalar(key, shown, t)

    def flush(self) -> None:
        """Nothing: Sacred offers no way to ask for a heartbeat."""

    def close(self) -> None:
        """Nothing: Sacred closes its own files."""


class JsonlSink:
    """``metrics.jsonl``: an object a line, ``{"t_env", "key", "value", "time"}``, each on disk at once.

    ``time`` is seconds since the run's start. An existing file is continued: a last line that a killed run left half
    written is cut off, and ``time`` goes on from the last one.
    """

    def __init__(self, path: str | Path) -> None:
        path = Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        self._started = time.monotonic() - _repair(path)
        self._file = path.open("a", encoding="utf-8", buffering=1)  # written line by line

    def write(self, key: str, value: float, t: int) -> None:
        shown = value if math.isfinite(value) else str(value)
        line = {"t_env": t, "key": key, "value": shown, "time": round(time.monotonic() - self._started, 3)}
        self._file.write(json.dumps(line) + "\n")

    def flush(self) -> None:
        self._file.flush()

    def close(self) -> None:
        self._file.close()


def _repair(path: Path) -> float:
    """Cuts off a half-written last line; returns the ``time`` of the last whole one, 0 if there is none."""
    if not path.is_file():
        return 0.0
    data = path.read_bytes()
    whole = data[: data.rfind(b"\n") + 1]
    if len(whole) < len(data):
        path.write_bytes(whole)
    lines = whole.splitlines()
    try:
        return float(json.loads(lines[-1])["time"]) if lines else 0.0
    except (ValueError, KeyError, TypeError) as e:
        raise UserError(f"{path} is no metrics file of this program (its last line is {lines[-1][:80]!r})") from e


class TensorBoardSink:
    """TensorBoard event files."""

    def __init__(self, directory: str | Path) -> None:
        try:
            from torch.utils.tensorboard import SummaryWriter  # slow to import, and needs the package tensorboard
        except ImportError as e:
            raise UserError("use_tensorboard=True needs the package tensorboard: pip install tensorboard") from e
        self._writer = SummaryWriter(str(directory))

    def write(self, key: str, value: float, t: int) -> None:
        self._writer.add_scalar(key, value, t)

    def flush(self) -> None:
        self._writer.flush()

    def close(self) -> None:
        self._writer.close()
