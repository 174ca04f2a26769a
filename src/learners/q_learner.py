"""One-step Q-learning with target networks: IQL, VDN and QMIX as PyMARL ran them.

Legend: B episodes, T transitions, A agents, U actions, X = 1 (mixed) or A (independent agents).
"""

from __future__ import annotations

import torch as th

from components.episode_buffer import EpisodeBatch
from learners.td_learner import TDLearner
from utils.policy_utils import greedy_actions


class QLearner(TDLearner):
    """``target = r + gamma (1 - done) Q_tot^target(s', u*)`` (Rashid et al. 2018, eq. 6).

    With ``double_q``, ``u*`` maximises the learned utilities (van Hasselt et al. 2016), else the target's own.
    """

    prioritised = True
    mixer_family = "state_v1"
    reads = frozenset({"double_q"})

    def targets(self, batch: EpisodeBatch, mac_out: th.Tensor, mask: th.Tensor) -> th.Tensor:
        target_out = self.target_mac.unroll(batch).out  # [B, T + 1, A, U]
        best = greedy_actions(mac_out if self.args.double_q else target_out, batch["avail_actions"])
        best_qs = target_out.gather(3, best).squeeze(3)  # [B, T + 1, A]
        q_best = self.mix(self.target_mixer, best_qs, batch["state"])  # [B, T + 1, X]
        return self.td_lambda_returns(batch, mask, q_best, 0.0)
