"""What learners with a policy share: masks for agents, and the policy of a batch.

Legend: B episodes, T transitions, A agents, U actions.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping

import torch as th

from components.episode_buffer import EpisodeBatch
from learners.learner import Learner
from utils.policy_utils import renormalise
from utils.rl_utils import transition_mask


class ActorCriticLearner(Learner):
    """A policy, and a critic that says in training how good its actions were."""

    def train(self, batch: EpisodeBatch, t_env: int, episode_num: int) -> Mapping[str, th.Tensor]:
        self.train_mode()
        self.update(batch, transition_mask(batch), t_env, episode_num)
        return {}

    @abstractmethod
    def update(self, batch: EpisodeBatch, mask: th.Tensor, t_env: int, episode_num: int) -> None:
        """The steps of critic and policy on real transitions (``mask [B, T, 1]``)."""

    def policy(self, batch: EpisodeBatch) -> th.Tensor:
        """Probabilities ``[B, T, A, U]`` over available actions; zeros where there is none (padded steps)."""
        return renormalise(self.mac.unroll(batch).out[:, :-1], batch["avail_actions"][:, :-1])
