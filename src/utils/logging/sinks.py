"""Places that metrics are written to."""

from __future__ import annotations

import json
import math
import time
from pathlib import Path
from typing import Any, Protocol

from utils.errors import UserError


class Sink(Protocol):
    """One place: takes numbers one by one."""

    def write(self, key: str, value: float, t: int) -> None: ...

    def close(self) -> None: ...


class SacredSink:
    """PyMARL2's ``info.json`` (``<key>`` and ``<key>_T`` lists), and Sacred's own metrics."""

    def __init__(self, run: Any) -> None:
        self._run = run

    def write(self, key: str, value: float, t: int) -> None:
        info = self._run.info
        info.setdefault(f"{key}_T", []).append(t)
        info.setdefault(key, []).append(value)
        self._run.log_scalar(key, value, t)

    def close(self) -> None:
        """Sacred writes what it holds at its next heartbeat, and at the end of the run."""


class JsonlSink:
    """``metrics.jsonl``: an object a line, ``{"t_env", "key", "value", "time"}``, written at once.

    ``time`` is seconds since the run's start. JSON has no NaN and no infinity: they are the texts "nan", "inf", "-inf",
    which Python's ``float`` reads back.
    """

    def __init__(self, path: str | Path) -> None:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        self._file = open(path, "a", encoding="utf-8", buffering=1)  # noqa: SIM115 - line by line, closed by close()
        self._started = time.perf_counter()

    def write(self, key: str, value: float, t: int) -> None:
        shown = value if math.isfinite(value) else str(value)
        line = {"t_env": t, "key": key, "value": shown, "time": round(time.perf_counter() - self._started, 3)}
        self._file.write(json.dumps(line) + "\n")

    def close(self) -> None:
        self._file.close()


class TensorBoardSink:
    """TensorBoard event files."""

    def __init__(self, directory: str | Path) -> None:
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError as e:
            raise UserError("use_tensorboard=True needs the package tensorboard: pip install tensorboard") from e
        self._writer = SummaryWriter(str(directory))

    def write(self, key: str, value: float, t: int) -> None:
        self._writer.add_scalar(key, value, t)

    def close(self) -> None:
        self._writer.close()
