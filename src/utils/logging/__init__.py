"""Where a run's numbers and words go: console, Sacred, metrics.jsonl, TensorBoard."""

from __future__ import annotations

from utils.logging.console import get_logger
from utils.logging.logger import Logger
from utils.logging.metrics import Metric, declare_metric, find_metric

__all__ = ["Logger", "Metric", "declare_metric", "find_metric", "get_logger"]
