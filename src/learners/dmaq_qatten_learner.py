"""QPLEX: double Q-learning with TD(lambda) targets over a duplex dueling mixer.

Legend: B episodes, T transitions, A agents, U actions.
"""

from __future__ import annotations

import torch as th
from torch.nn import functional as F

from components.episode_buffer import EpisodeBatch
from learners.td_learner import UNAVAILABLE, TDLearner
from utils.rl_utils import build_td_lambda_targets


class DMAQQattenLearner(TDLearner):
    """Wang et al. 2021 (arXiv 2008.01062), with PyMARL2's TD(lambda) targets; always double-Q."""

    mixer_family = "dueling"
    loss_key = "loss"

    def q_taken(self, batch: EpisodeBatch, mac_out: th.Tensor) -> th.Tensor:
        assert self.mixer is not None
        chosen = mac_out[:, :-1].gather(3, batch["actions"][:, :-1]).squeeze(3)  # [B, T, A]
        best = _greedy(mac_out.detach(), batch)[:, :-1]
        max_qs = mac_out.detach()[:, :-1].gather(3, best).squeeze(3)  # [B, T, A]
        onehot = batch["actions_onehot"][:, :-1]
        q_tot: th.Tensor = self.mixer(chosen, batch["state"][:, :-1], onehot, max_qs)
        return q_tot

    def targets(self, batch: EpisodeBatch, mac_out: th.Tensor, mask: th.Tensor) -> th.Tensor:
        assert self.target_mixer is not None
        target_out = self.target_mac.unroll(batch).out  # [B, T + 1, A, U]
        best = _greedy(mac_out, batch)  # the learned network chooses
        chosen = target_out.gather(3, best).squeeze(3)
        max_qs = target_out.gather(3, _greedy(target_out, batch)).squeeze(3)
        onehot = F.one_hot(best.squeeze(3), self.args.n_actions).float()
        q_best = self.target_mixer(chosen, batch["state"], onehot, max_qs)  # [B, T + 1, 1]
        terminated = batch["terminated"][:, :-1].float()
        gamma, td_lambda = self.args.gamma, self.args.td_lambda
        return build_td_lambda_targets(
            batch["reward"][:, :-1], terminated, mask, q_best, self.args.n_agents, gamma, td_lambda
        )

    def extra_stats(self, batch: EpisodeBatch, mac_out: th.Tensor, mask: th.Tensor) -> dict[str, th.Tensor]:
        """``hit_prob``: share of agents' actions that are their greedy ones."""
        hits = (_greedy(mac_out, batch)[:, :-1] == batch["actions"][:, :-1]).float().squeeze(3)  # [B, T, A]
        return {"hit_prob": (hits.mean(dim=2, keepdim=True) * mask).sum() / mask.sum()}


def _greedy(q: th.Tensor, batch: EpisodeBatch) -> th.Tensor:
    """Each agent's best available action ``[B, T + 1, A, 1]``; the first one in padded steps, where there is none."""
    return q.masked_fill(batch["avail_actions"] == 0, UNAVAILABLE).argmax(dim=3, keepdim=True)
