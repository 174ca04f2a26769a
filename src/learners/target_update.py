"""How target networks follow the learned ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import torch as th
from torch import nn

if TYPE_CHECKING:
    from learners.td_learner import TDLearner


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


def _hard(learner: TDLearner, episode_num: int) -> None:
    """A copy whenever ``target_update_interval`` episodes have been collected since the last one."""
    if episode_num - learner.last_target_update_episode >= learner.args.target_update_interval:
        learner._update_targets()
        learner.last_target_update_episode = episode_num


def _soft(learner: TDLearner, episode_num: int) -> None:
    """A small step towards the learned networks after every gradient step."""
    learner._blend_targets(learner.args.target_update_tau)


TARGET_UPDATES: Mapping[str, Callable[[TDLearner, int], None]] = {"hard": _hard, "soft": _soft}
