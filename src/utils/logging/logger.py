"""The logger of PyMARL2's interface."""

from __future__ import annotations

import logging
import math
from collections import Counter, deque
from pathlib import Path
from typing import Any

from utils.logging.metrics import find_metric
from utils.logging.sinks import JsonlSink, SacredSink, Sink, TensorBoardSink

WINDOW = 5  # values that the console table averages over, at most
COLUMNS = 3


class Logger:
    """``log_stat`` to every sink that was set up, and a table of recent values on the console.

    stats: the last few ``(t, value)`` of every name, oldest first.
    """

    def __init__(self, console_logger: logging.Logger) -> None:
        self.console_logger = console_logger
        self.stats: dict[str, deque[tuple[int, float]]] = {}
        self._new: Counter[str] = Counter()  # values of each name since the last table
        self._undeclared: set[str] = set()
        self._sinks: list[Sink] = []

    def setup_sacred(self, run: Any) -> None:
        """Logs into Sacred's run: ``info.json`` and ``metrics.json``."""
        self._sinks.append(SacredSink(run))

    def setup_jsonl(self, path: str | Path) -> None:
        """Logs to the file ``path``, line by line; goes on where there is one."""
        self._sinks.append(JsonlSink(path))

    def setup_tb(self, directory: str | Path) -> None:
        """Logs TensorBoard files into ``directory``. Raises UserError without the package."""
        self._sinks.append(TensorBoardSink(directory))

    def log_stat(self, key: str, value: Any, t: int) -> None:
        """One number (Python's, numpy's or torch's) at environment step ``t``."""
        number, t = _as_float(key, value), int(t)
        if key not in self.stats:
            self.stats[key] = deque(maxlen=WINDOW)
            self._check_declared(key)
        self.stats[key].append((t, number))
        self._new[key] += 1
        for sink in self._sinks:
            sink.write(key, number, t)

    def undeclared(self) -> list[str]:
        """Names that were logged although nobody declared what they mean."""
        return sorted(self._undeclared)

    def print_recent_stats(self) -> None:
        """A table of what was logged since the last one: means over the new values, at most the last 5 of each."""
        t_env, episode = self._newest_t(), self.stats["episode"][-1][1] if "episode" in self.stats else 0
        head = f"Recent stats | t_env: {t_env:>10,} | Episode: {episode:>8,.0f}"
        cells = [(key, _shown(key, self._recent(key))) for key in sorted(self._new) if key != "episode"]
        self.console_logger.info("\n".join([head, *_table(cells)]))
        self._new.clear()

    def flush(self) -> None:
        """Hands on what the sinks still hold back."""
        for sink in self._sinks:
            sink.flush()

    def close(self) -> None:
        """Flushes and closes every sink; safe to call twice."""
        while self._sinks:
            self._sinks.pop().close()

    def _check_declared(self, key: str) -> None:
        if find_metric(key) is None:
            self._undeclared.add(key)
            self.console_logger.warning("metric %r is logged but not declared (see docs/metrics.md)", key)

    def _newest_t(self) -> int:
        return max((values[-1][0] for values in self.stats.values()), default=0)

    def _recent(self, key: str) -> float:
        values = [value for _, value in self.stats[key]]
        metric = find_metric(key)
        if metric is not None and metric.latest:
            return values[-1]
        recent = values[-self._new[key] :]
        return sum(recent) / len(recent)


def _as_float(key: str, value: Any) -> float:
    try:
        return float(value.item() if hasattr(value, "item") else value)
    except (TypeError, ValueError, RuntimeError) as e:
        raise ValueError(f"metric {key!r} must be one number, not {str(value)[:80]}") from e


def _shown(key: str, value: float) -> str:
    metric = find_metric(key)
    if metric is not None and metric.whole and math.isfinite(value):
        return f"{value:,.0f}"
    if value != 0 and math.isfinite(value) and not 1e-3 <= abs(value) < 1e6:
        return f"{value:.3e}"
    return f"{value:.4f}"


def _table(cells: list[tuple[str, str]]) -> list[str]:
    """Lines of ``COLUMNS`` columns, to be read row by row; names to the left, numbers to the right."""
    columns = [cells[i::COLUMNS] for i in range(COLUMNS)]
    names = [max((len(name) for name, _ in column), default=0) for column in columns]
    values = [max((len(value) for _, value in column), default=0) for column in columns]
    rows = [cells[i : i + COLUMNS] for i in range(0, len(cells), COLUMNS)]
    return [
        "    ".join(f"{name:<{names[i]}}  {value:>{values[i]}}" for i, (name, value) in enumerate(row)) for row in rows
    ]
