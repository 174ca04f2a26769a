"""What learners with a policy share: masks for agents, and the policy of a batch.

Legend: B episodes, T transitions, A agents, U actions.
"""

from __future__ import annotations

import copy
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

import torch as th
from torch.optim import Optimizer

from components.episode_buffer import EpisodeBatch, Scheme
from learners.learner import Learner, Networks
from learners.target_update import KEYS as TARGET_KEYS
from utils.policy_utils import masked_mean, renormalise, standardised
from utils.rl_utils import transition_mask

Requirements = Mapping[str, tuple[Any, ...]]
GUMBEL: Requirements = {"agent_output_type": ("pi_logits",), "mac": ("lica_mac",), "action_selector": ("gumbel",)}


def drawn(mac: str) -> Requirements:
    """What a learner requires whose actions are drawn from the probabilities that this controller gives."""
    return {"agent_output_type": ("pi_logits",), "mac": (mac,), "action_selector": ("multinomial",)}


def value_stats(
    values: th.Tensor, targets: th.Tensor, mask: th.Tensor, mean_name: str = "q_taken_mean"
) -> dict[str, th.Tensor]:
    """The metrics of every critic, from values and targets ``[B, .., X]`` and ``mask [B, .., 1]``."""
    values = values.detach()
    return {
        "td_error_abs": masked_mean((values - targets).abs(), mask),
        mean_name: masked_mean(values, mask),
        "target_mean": masked_mean(targets, mask),
    }


def mean_stats(steps: Sequence[Mapping[str, th.Tensor]]) -> dict[str, th.Tensor]:
    """The mean of each metric over the steps of an optimiser."""
    return {key: th.stack([stats[key] for stats in steps]).mean() for key in steps[0]}


class ActorCriticLearner(Learner):
    """A policy, and a critic that says in training how good its actions were."""

    def train(self, batch: EpisodeBatch, t_env: int, episode_num: int) -> Mapping[str, th.Tensor]:
        self.train_mode()
        self.update(batch, transition_mask(batch), t_env, episode_num)
        return {}

    @abstractmethod
    def update(self, batch: EpisodeBatch, mask: th.Tensor, t_env: int, episode_num: int) -> None:
        """The steps of critic and policy on real transitions (``mask [B, T, 1]``)."""

    def scaled(self, advantages: th.Tensor, mask: th.Tensor) -> th.Tensor:
        """Advantages as the policy's loss takes them: as they are, or with ``standardise_advantages`` standardised."""
        return standardised(advantages, mask) if self.args.standardise_advantages else advantages

    def policy(self, batch: EpisodeBatch) -> th.Tensor:
        """Probabilities ``[B, T, A, U]`` over available actions; zeros where there is none (padded steps)."""
        return renormalise(self.mac.unroll(batch).out[:, :-1], batch["avail_actions"][:, :-1])


class CentralCriticLearner(ActorCriticLearner):
    """A critic of its own, with a target network."""

    reads = TARGET_KEYS
    critic_class: type[Any]

    def build(self, scheme: Scheme) -> None:
        self.critic = self.critic_class(scheme, self.args)
        self.target_critic = copy.deepcopy(self.critic)

    def networks(self) -> Networks:
        return {"agent": (self.mac.agent, None), "critic": (self.critic, self.target_critic)}

    def build_optimisers(self) -> dict[str, Optimizer]:
        return {
            "agent_opt": self.optimiser(self.args.lr, "agent"),
            "critic_opt": self.optimiser(self.args.critic_lr, "critic"),
        }


class MixedCriticLearner(CentralCriticLearner):
    """A critic of each agent's utility, and a mixer that makes the team's value of them, both with target networks."""

    mixer_family = "state_v1"
    mixer_required = True

    def build(self, scheme: Scheme) -> None:
        super().build(scheme)
        self.target_mixer = copy.deepcopy(self.mixer)

    def networks(self) -> Networks:
        assert self.mixer is not None
        return super().networks() | {"mixer": (self.mixer, self.target_mixer)}
