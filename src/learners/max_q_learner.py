"""Weighted QMIX, centrally (CW) or optimistically (OW) weighted.

Legend: B episodes, T transitions, A agents, U actions, E numbers for each action.
"""

from __future__ import annotations

import copy

import torch as th

from components.episode_buffer import EpisodeBatch, Scheme
from controllers.central_controller import CentralBasicMAC
from learners.learner import Networks, Stats
from learners.td_learner import TDLearner
from modules.mixers.central_ff import QMixerCentralFF
from utils.policy_utils import greedy_actions, masked_mean


class MAXQLearner(TDLearner):
    """Rashid et al. 2020 (arXiv 2006.10800, eq. 4-9), with PyMARL2's TD(lambda) targets and double Q.

    An unrestricted central ``Q*`` gives the targets; ``Q_tot`` is trained to them with weight ``w``, and with weight 1
    where it counts: CW for joint actions that are greedy or better than the greedy one, OW where ``Q_tot`` is too low.
    Deviation, as in PyMARL2: the weighted loss has no factor 1/2, the central one has.
    """

    mixer_family = "state_v1"
    mixer_required = True
    reads = frozenset({"td_lambda", "hysteretic_qmix", "w", "qmix_loss", "central_loss", "central_agent"}) | {
        "central_action_embed",
        "central_mixing_embed_dim",
    }

    def build(self, scheme: Scheme) -> None:
        super().build(scheme)
        self.central_mac = CentralBasicMAC(scheme, self.args)
        self.central_mixer = QMixerCentralFF(self.args)
        self.target_central_mac = copy.deepcopy(self.central_mac)
        self.target_central_mixer = copy.deepcopy(self.central_mixer)

    def networks(self) -> Networks:
        return {
            **super().networks(),
            "central_agent": (self.central_mac.agent, self.target_central_mac.agent),
            "central_mixer": (self.central_mixer, self.target_central_mixer),
        }

    def loss(self, batch: EpisodeBatch, mask: th.Tensor) -> tuple[th.Tensor, Stats]:
        actions, state = batch["actions"][:, :-1], batch["state"][:, :-1]
        mac_out = self.mac.unroll(batch).out  # [B, T + 1, A, U]
        q_tot = self.joint_value(self.mixer, mac_out[:, :-1], actions, batch["avail_actions"][:, :-1], state)
        central_out = self.central_mac.unroll(batch).out  # [B, T + 1, A, U, E]
        central_q = self.central_mixer(_chosen(central_out[:, :-1], actions), state)  # [B, T, 1]
        with th.no_grad():
            greedy = greedy_actions(mac_out, batch["avail_actions"])  # [B, T + 1, A, 1]
            best = _chosen(self.target_central_mac.unroll(batch).out, greedy)
            q_star = self.target_central_mixer(best, batch["state"])  # [B, T + 1, 1], of the learned greedy actions
            targets = self.targets(batch, q_star, mask)
            weights = self.weights(q_tot, targets, q_star[:, :-1], (actions == greedy[:, :-1]).all(dim=2))
        td_error, central_error = (q_tot - targets) * mask, (central_q - targets) * mask
        qmix_loss = masked_mean(weights * td_error.square(), mask)  # eq. 5 (and 8: the weights)
        central_loss = 0.5 * masked_mean(central_error.square(), mask)  # eq. 4
        loss = self.args.qmix_loss * qmix_loss + self.args.central_loss * central_loss

        def stats() -> dict[str, th.Tensor]:
            return {
                "loss": loss,
                "qmix_loss": qmix_loss,
                "central_loss": central_loss,
                "w_to_use": weights.mean(),
                "w_to_use_masked": masked_mean(weights, mask),
                **self.gradient_norms,
                **self.td_stats(td_error, q_tot, targets, mask),
            }

        return loss, stats

    def targets(self, batch: EpisodeBatch, mac_out: th.Tensor, mask: th.Tensor) -> th.Tensor:
        """TD(lambda) returns ``[B, T, 1]`` over the central target's values ``[B, T + 1, 1]`` of greedy actions."""
        return self.td_lambda_returns(batch, mask, mac_out)

    def weights(self, q_tot: th.Tensor, targets: th.Tensor, q_greedy: th.Tensor, is_greedy: th.Tensor) -> th.Tensor:
        """1 where the error counts in full, else ``w``; ``[B, T, 1]`` each. OW: eq. 7, CW: eq. 6."""
        full = q_tot < targets if self.args.hysteretic_qmix else is_greedy | (targets > q_greedy)
        return th.where(full, th.ones_like(targets), th.full_like(targets, self.args.w))

    def after_backward(self) -> None:
        self.gradient_norms = {f"{name}_norm": _norm(self.parameters_of(name)) for name in ("agent", "mixer")}


def _chosen(out: th.Tensor, actions: th.Tensor) -> th.Tensor:
    """Central numbers ``[B, T, A, U, E]`` of actions ``[B, T, A, 1]`` -> ``[B, T, A, E]``."""
    return out.gather(3, actions.unsqueeze(4).expand(*actions.shape, out.shape[4])).squeeze(3)


def _norm(parameters: list[th.nn.Parameter]) -> th.Tensor:
    """The L2 norm of all gradients together, before clipping; 0 for a network without parameters."""
    grads = [p.grad for p in parameters if p.grad is not None]
    return th.stack([g.norm() for g in grads]).norm() if grads else th.zeros(())
