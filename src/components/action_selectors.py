"""How actions are chosen from the agents' outputs.

Legend: B episodes, A agents, U actions.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from types import SimpleNamespace
from typing import ClassVar

import torch as th

from components.epsilon_schedules import DecayThenFlatSchedule
from utils.policy_utils import LEAST

EPSILON_KEYS = frozenset({"epsilon_start", "epsilon_finish", "epsilon_anneal_time"})


class ActionSelector(ABC):
    """Chooses ``[B, A]`` actions from outputs ``[B, A, U]`` and availability ``[B, A, U]``, on the CPU.

    reads: config keys that it reads and not every selector does, beyond its bases'.
    """

    reads: ClassVar[frozenset[str]] = frozenset({"test_greedy"})
    has_probabilities: ClassVar[bool] = False  # whether there is a policy to record (save_probs)
    epsilon: float

    @abstractmethod
    def __init__(self, args: SimpleNamespace) -> None: ...

    @abstractmethod
    def select_action(
        self, agent_inputs: th.Tensor, avail_actions: th.Tensor, t_env: int, test_mode: bool = False
    ) -> th.Tensor: ...

    def probabilities(self, agent_inputs: th.Tensor, avail_actions: th.Tensor, t_env: int) -> th.Tensor:
        """The policy ``[B, A, U]`` that training actions are drawn from at ``t_env``."""
        raise TypeError(f"{type(self).__name__} has no policy to record (save_probs)")


class EpsilonGreedyActionSelector(ActionSelector):
    """With probability epsilon a uniformly random available action, else the available one of highest utility.

    In test mode epsilon is ``test_noise`` (0 by default) if ``test_greedy``, else the schedule's value.
    """

    reads = EPSILON_KEYS | {"test_noise"}

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


class MultinomialActionSelector(ActionSelector):
    """Draws from the agents' probabilities over available actions, mixed with a share epsilon of uniform ones.

    In test mode the likeliest action, if ``test_greedy``, else as in training.
    """

    has_probabilities = True
    reads = EPSILON_KEYS

    def __init__(self, args: SimpleNamespace) -> None:
        self.schedule = DecayThenFlatSchedule(args.epsilon_start, args.epsilon_finish, args.epsilon_anneal_time)
        self.epsilon = self.schedule.eval(0)
        self._test_greedy: bool = args.test_greedy

    def select_action(
        self, agent_inputs: th.Tensor, avail_actions: th.Tensor, t_env: int, test_mode: bool = False
    ) -> th.Tensor:
        if test_mode and self._test_greedy:
            return agent_inputs.masked_fill(avail_actions == 0, -1.0).argmax(dim=2)  # [B, A]
        if not test_mode:
            self.epsilon = self.schedule.eval(t_env)
        probs = self.probabilities(agent_inputs, avail_actions, t_env)
        return th.multinomial(probs.flatten(0, 1), 1).view(probs.shape[:2])  # [B * A, U] -> [B, A]

    def probabilities(self, agent_inputs: th.Tensor, avail_actions: th.Tensor, t_env: int) -> th.Tensor:
        available = (avail_actions != 0).to(agent_inputs)
        uniform = available / available.sum(dim=-1, keepdim=True).clamp(min=1)
        policy = agent_inputs * available
        total = policy.sum(dim=-1, keepdim=True)
        # 1e-8 is PyMARL2's. A policy that was not masked may have left all available actions without probability.
        policy = th.where(total > LEAST, policy / (total + 1e-8), uniform)
        epsilon = self.schedule.eval(t_env)
        return (1 - epsilon) * policy + epsilon * uniform


class GumbelSoftmaxMultinomialActionSelector(ActionSelector):
    """Draws from the policy whose logits the agents give, by adding Gumbel noise; there is no epsilon.

    In test mode the likeliest action, if ``test_greedy``, else as in training.
    """

    has_probabilities = True

    def __init__(self, args: SimpleNamespace) -> None:
        self.epsilon = 0.0
        self._test_greedy: bool = args.test_greedy

    def select_action(
        self, agent_inputs: th.Tensor, avail_actions: th.Tensor, t_env: int, test_mode: bool = False
    ) -> th.Tensor:
        scores = agent_inputs
        if not (test_mode and self._test_greedy):
            scores = scores - th.empty_like(scores).exponential_().log()  # -log of an exponential number is Gumbel's
        return scores.masked_fill(avail_actions == 0, -float("inf")).argmax(dim=2)  # [B, A]

    def probabilities(self, agent_inputs: th.Tensor, avail_actions: th.Tensor, t_env: int) -> th.Tensor:
        return th.softmax(agent_inputs.masked_fill(avail_actions == 0, -float("inf")), dim=-1)


REGISTRY: dict[str, type[ActionSelector]] = {
    "epsilon_greedy": EpsilonGreedyActionSelector,
    "multinomial": MultinomialActionSelector,
    "gumbel": GumbelSoftmaxMultinomialActionSelector,
}
