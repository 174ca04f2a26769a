"""The logger of PyMARL2's interface."""

from __future__ import annotations

import logging
from collections import deque
from pathlib import Path
from typing import Any

from utils.logging.sinks import JsonlSink, SacredSink, Sink, TensorBoardSink

WINDOW = 5  # values that the console table averages over


class Logger:
    """``log_stat`` to every sink that was set up, and a table of recent means on the console."""

    def __init__(self, console_logger: logging.Logger) -> None:
        self.console_logger = console_logger
        self.stats: dict[str, deque[tuple[int, float]]] = {}
        self._fresh: set[str] = set()
        self._sinks: list[Sink] = []

    def setup_sacred(self, run: Any) -> None:
        self._sinks.append(SacredSink(run))

    def setup_jsonl(self, path: str | Path) -> None:
        self._sinks.append(JsonlSink(path))

    def setup_tb(self, directory: str | Path) -> None:
        self._sinks.append(TensorBoardSink(directory))

    def log_stat(self, key: str, value: Any, t: int) -> None:
        """One number (Python's, numpy's or torch's) at environment step ``t``."""
        number = float(value)
        self.stats.setdefault(key, deque(maxlen=WINDOW)).append((t, number))
        self._fresh.add(key)
        for sink in self._sinks:
            sink.write(key, number, t)

    def print_recent_stats(self) -> None:
        """A table of what was logged since the last one: means over the last few values."""
        t, episode = self.stats["episode"][-1] if "episode" in self.stats else (0, 0.0)
        cells = [f"{key + ':':<26}{self._mean(key):>11.4f}" for key in sorted(self._fresh - {"episode"})]
        rows = ["    ".join(cells[i : i + 3]) for i in range(0, len(cells), 3)]
        self.console_logger.info("\n".join([f"Recent stats | t_env: {t:>10,} | episode: {int(episode):>8,}", *rows]))
        self._fresh.clear()

    def _mean(self, key: str) -> float:
        """Counters and schedules as they are, the rest averaged."""
        values = [v for _, v in self.stats[key]]
        return values[-1] if key in ("epsilon", "updates") else sum(values) / len(values)

    def close(self) -> None:
        """Flushes and closes every sink; safe to call twice."""
        for sink in self._sinks:
            sink.close()
        self._sinks = []
