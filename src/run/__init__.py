"""The training loop and what goes on around it."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from run.run import run

REGISTRY: dict[str, Callable[[Any, SimpleNamespace, Any], None]] = {"default": run}

__all__ = ["REGISTRY", "run"]
