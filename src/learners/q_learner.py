"""One-step Q-learning with target networks: IQL, VDN and QMIX as PyMARL ran them.

Legend: B episodes, T transitions, A agents, U actions, X = 1 (mixed) or A (independent agents).
"""

from __future__ import annotations

import torch as th

from components.episode_buffer import EpisodeBatch
from learners.td_learner import UNAVAILABLE, TDLearner


class QLearner(TDLearner):
    """``target = r + gamma (1 - done) Q_tot^target(s', u*)`` (Rashid et al. 2018, eq. 6).

    With ``double_q``, ``u*`` maximises the learned utilities (van Hasselt et al. 2016), else the target's own.
    """

    prioritised = True
    mixer_family = "state_v1"
    reads = frozenset({"double_q"})

    def targets(self, batch: EpisodeBatch, mac_out: th.Tensor, mask: th.Tensor) -> th.Tensor:
        unavailable = batch["avail_actions"][:, 1:] == 0  # [B, T, A, U]
        target_out = self.target_mac.unroll(batch).out[:, 1:].masked_fill(unavailable, UNAVAILABLE)
        if self.args.double_q:
            best = mac_out[:, 1:].masked_fill(unavailable, UNAVAILABLE).argmax(dim=3, keepdim=True)  # [B, T, A, 1]
            next_qs = target_out.gather(3, best).squeeze(3)  # [B, T, A]
        else:
            next_qs = target_out.amax(dim=3)
        q_next = self.mix(self.target_mixer, next_qs, batch["state"][:, 1:])  # [B, T, X]
        terminated = batch["terminated"][:, :-1].float()
        return batch["reward"][:, :-1] + self.args.gamma * (1 - terminated) * q_next
