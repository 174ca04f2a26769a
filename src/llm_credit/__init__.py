"""Training-free credit assignment functions (TFCAFs) for multi-agent reinforcement learning.

Public names are resolved when they are used: ``import llm_credit.task`` loads no torch.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOME = {
    "Action": "task",
    "Agent": "task",
    "CreditError": "errors",
    "Refused": "errors",
    "StateField": "task",
    "TFCAFSettings": "settings",
    "TaskDescription": "task",
    "TaskError": "task",
    "build_tfcaf": "api",
    "check_source": "api",
    "compile_source": "api",
}
__all__ = list(_HOME)


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOME[name]}", __name__), name)
