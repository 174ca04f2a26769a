"""How target networks follow the learned ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import torch as th
from torch import nn

if TYPE_CHECKING:
    from learners.learner import Learner


@th.no_grad()
def soft_update(target: nn.Module, source: nn.Module, tau: float) -> None:
    """``target <- (1 - tau) target + tau source`` over parameters; buffers are copied. ``tau`` 1 copies exactly."""
    if tau == 1.0:
        target.load_state_dict(source.state_dict())
        return
    for mine, theirs in zip(target.parameters(), source.parameters(), strict=True):
        mine.lerp_(theirs, tau)
    for mine_b, theirs_b in zip(target.buffers(), source.buffers(), strict=True):
        mine_b.copy_(theirs_b)


def _hard(learner: Learner, clock: int) -> None:
    """A copy whenever ``target_update_interval`` episodes (or critic updates) have gone by since the last one."""
    if clock - learner.last_target_update >= learner.args.target_update_interval:
        learner._update_targets()
        learner.last_target_update = clock


def _soft(learner: Learner, clock: int) -> None:
    """A small step towards the learned networks after every gradient step."""
    learner.blend_targets(learner.args.target_update_tau)


KEYS = frozenset({"target_update_mode", "target_update_interval", "target_update_tau"})
TARGET_UPDATES: Mapping[str, Callable[[Learner, int], None]] = {"hard": _hard, "soft": _soft}
