"""Where a run's numbers and words go: console, Sacred, metrics.jsonl, TensorBoard."""

from __future__ import annotations

from utils.logging.console import get_logger
from utils.logging.logger import Logger

__all__ = ["Logger", "get_logger"]
