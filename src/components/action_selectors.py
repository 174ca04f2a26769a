"""How actions are chosen from the agents' outputs.

Legend: B episodes, A agents, U actions.
"""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Protocol

import torch as th

from components.epsilon_schedules import DecayThenFlatSchedule


class ActionSelector(Protocol):
    """Chooses ``[B, A]`` actions from outputs ``[B, A, U]`` and availability ``[B, A, U]``, on the CPU."""

    epsilon: float

    def select_action(
        self, agent_inputs: th.Tensor, avail_actions: th.Tensor, t_env: int, test_mode: bool = False
    ) -> th.Tensor: ...


class EpsilonGreedyActionSelector:
    """With probability epsilon a uniformly random available action, else the available one of highest utility.

    In test mode epsilon is ``test_noise`` (0 by default) if ``test_greedy``, else the schedule's value.
    """

    def __init__(self, args: SimpleNamespace) -> None:
        self.schedule = DecayThenFlatSchedule(args.epsilon_start, args.epsilon_finish, args.epsilon_anneal_time)
        self.epsilon = self.schedule.eval(0)
        self._test_epsilon = args.test_noise if args.test_greedy else None

    def select_action(
        self, agent_inputs: th.Tensor, avail_actions: th.Tensor, t_env: int, test_mode: bool = False
    ) -> th.Tensor:
        epsilon = self.schedule.eval(t_env)
        if test_mode and self._test_epsilon is not None:
            epsilon = self._test_epsilon
        else:
            self.epsilon = epsilon
        unavailable = avail_actions == 0
        greedy = agent_inputs.masked_fill(unavailable, -float("inf")).argmax(dim=2)  # [B, A]
        if epsilon <= 0:
            return greedy
        # The largest of U independent uniform numbers is at a uniformly random place among the available ones.
        random = th.rand(agent_inputs.shape).masked_fill(unavailable, -1.0).argmax(dim=2)  # [B, A]
        explore = th.rand(greedy.shape) < epsilon
        return th.where(explore, random, greedy)


REGISTRY: dict[str, Callable[[SimpleNamespace], ActionSelector]] = {
    "epsilon_greedy": EpsilonGreedyActionSelector,
}
