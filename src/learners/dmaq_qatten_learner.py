"""QPLEX: double Q-learning with TD(lambda) targets over a duplex dueling mixer.

Legend: B episodes, T transitions, A agents, U actions.
"""

from __future__ import annotations

from typing import Any

import torch as th
from torch.nn import functional as F

from components.episode_buffer import EpisodeBatch
from learners.td_learner import TDLearner
from modules.mixers import DuelingMixer
from utils.policy_utils import greedy_actions, masked_mean


class DMAQQattenLearner(TDLearner):
    """Wang et al. 2021 (arXiv 2008.01062; eq. 8-11 are the mixer's, :class:`DuelingMixer`), with PyMARL2's TD(lambda)
    targets in place of one-step ones; always double-Q.
    """

    prioritised = True
    mixer_family = "dueling"
    mixer_required = True
    reads = frozenset({"td_lambda"})
    loss_key = "loss"

    def joint_value(
        self, mixer: Any, utilities: th.Tensor, actions: th.Tensor, avail: th.Tensor, states: th.Tensor
    ) -> th.Tensor:
        chosen = utilities.gather(3, actions).squeeze(3)  # [B, T, A]
        max_qs = utilities.detach().gather(3, greedy_actions(utilities.detach(), avail)).squeeze(3)
        onehot = F.one_hot(actions.squeeze(3), self.args.n_actions).float()  # [B, T, A, U]
        q_tot: th.Tensor = mixer(chosen, states, onehot, max_qs)
        return q_tot

    def credits(self, batch: EpisodeBatch) -> th.Tensor:
        assert isinstance(self.mixer, DuelingMixer)
        return self.mixer.credits(batch["state"], actions_onehot=batch["actions_onehot"])

    def targets(self, batch: EpisodeBatch, mac_out: th.Tensor, mask: th.Tensor) -> th.Tensor:
        avail = batch["avail_actions"]
        target_out = self.target_mac.unroll(batch).out  # [B, T + 1, A, U]
        best = greedy_actions(mac_out, avail)  # the learned network chooses
        q_best = self.joint_value(self.target_mixer, target_out, best, avail, batch["state"])  # [B, T + 1, 1]
        return self.td_lambda_returns(batch, mask, q_best)

    def extra_stats(self, batch: EpisodeBatch, mac_out: th.Tensor, mask: th.Tensor) -> dict[str, th.Tensor]:
        """``hit_prob``: share of agents' actions that are their greedy ones."""
        hits = (
            (greedy_actions(mac_out, batch["avail_actions"])[:, :-1] == batch["actions"][:, :-1]).float().squeeze(3)
        )  # [B, T, A]
        return {"hit_prob": masked_mean(hits, mask)}
