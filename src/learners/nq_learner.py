"""Multi-step Q-learning with target networks: PyMARL2's fine-tuned VDN and QMIX.

Legend: B episodes, T transitions, A agents, U actions, X = 1 (mixed) or A (independent agents).
"""

from __future__ import annotations

import torch as th

from components.episode_buffer import EpisodeBatch
from learners.td_learner import TDLearner
from utils.policy_utils import greedy_actions
from utils.rl_utils import build_q_lambda_targets


class NQLearner(TDLearner):
    """TD(lambda) targets, or Q(lambda) with ``q_lambda``, over double-Q values of the target networks (Hu et al. 2021,
    arXiv 2102.03479). Like PyMARL2's it is always double-Q: ``double_q`` is not read.
    """

    prioritised = True
    mixer_family = "state"
    reads = frozenset({"td_lambda", "q_lambda"})

    def targets(self, batch: EpisodeBatch, mac_out: th.Tensor, mask: th.Tensor) -> th.Tensor:
        target_out = self.target_mac.unroll(batch).out  # [B, T + 1, A, U]
        best = greedy_actions(mac_out, batch["avail_actions"])  # [B, T + 1, A, 1]
        best_qs = target_out.gather(3, best).squeeze(3)  # [B, T + 1, A]
        q_best = self.mix(self.target_mixer, best_qs, batch["state"])  # [B, T + 1, X]
        if not self.args.q_lambda:
            return self.td_lambda_returns(batch, mask, q_best)  # as Peng's Q(lambda): no correction, no cut
        taken_qs = target_out.gather(3, batch["actions"]).squeeze(3)  # [B, T + 1, A]
        q_taken = self.mix(self.target_mixer, taken_qs, batch["state"])  # [B, T + 1, X]
        return build_q_lambda_targets(
            batch["reward"][:, :-1],
            batch["terminated"][:, :-1].float(),
            mask,
            q_best,
            q_taken,
            self.args.gamma,
            self.args.td_lambda,
        )
