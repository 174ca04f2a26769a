"""QTRAN: a free joint value, and utilities whose sum has the same best joint action.

Legend: B episodes, T transitions, A agents, U actions, H memory.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch as th
from torch.nn import functional as F

from components.episode_buffer import EpisodeBatch
from learners.learner import Stats
from learners.td_learner import TDLearner
from modules.agents import REGISTRY as AGENTS
from utils.errors import UserError
from utils.policy_utils import greedy_actions, masked_mean


class QTRANLearner(TDLearner):
    """QTRAN-base (Son et al. 2019, arXiv 1905.05408, eq. 4-7).

    ``qtran_memories`` says whose memories the joint value sees at a step. As in PyMARL2 losses have no factor 1/2.
    """

    mixer_family = "joint"
    mixer_required = True
    why_no_mixer = "its utilities are summed unweighted by definition, so there is no place where they would be mixed"
    reads = frozenset({"double_q", "opt_loss", "nopt_min_loss", "qtran_memories"})

    @classmethod
    def check_config(cls, config: Mapping[str, Any]) -> None:
        """Refuses also agents without the memory that the joint value takes."""
        super().check_config(config)
        if AGENTS[config["agent"]].keeps_inputs:
            raise UserError(
                f"learner={config['learner']} needs agents whose memory has rnn_hidden_dim units; "
                f"agent={config['agent']} keeps inputs of earlier steps"
            )

    def loss(self, batch: EpisodeBatch, mask: th.Tensor) -> tuple[th.Tensor, Stats]:
        assert self.mixer is not None
        states, actions = batch["state"][:, :-1], batch["actions"][:, :-1]
        unrolled = self.mac.unroll(batch)
        memories = self._memories(unrolled.hidden)
        best = greedy_actions(unrolled.out, batch["avail_actions"])[:, :-1]  # [B, T, A, 1]
        best_qs = unrolled.out[:, :-1].gather(3, best)  # [B, T, A, 1]
        joint_qs, vs = self.mixer(states, memories[:, :-1], batch["actions_onehot"][:, :-1])  # [B, T, 1]
        td_error = (joint_qs - self.targets(batch, unrolled.out.detach(), mask)) * mask
        td_loss = masked_mean(td_error.square(), mask)  # eq. 5
        best_joint_qs, _ = self.mixer(states, memories[:, :-1], self._onehot(best))
        opt_error = best_qs.sum(dim=2) - best_joint_qs.detach() + vs
        opt_loss = masked_mean(opt_error.square(), mask)  # eq. 6
        chosen = unrolled.out[:, :-1].gather(3, actions).squeeze(3)  # [B, T, A]
        nopt_error = (chosen.sum(dim=2, keepdim=True) - joint_qs.detach() + vs).clamp(max=0)
        nopt_loss = masked_mean(nopt_error.square(), mask)  # eq. 7
        loss = td_loss + self.args.opt_loss * opt_loss + self.args.nopt_min_loss * nopt_loss

        def stats() -> dict[str, th.Tensor]:
            steps = mask.sum()
            return {
                "loss": loss,
                "td_loss": td_loss,
                "opt_loss": opt_loss,
                "nopt_loss": nopt_loss,
                "td_error_abs": masked_mean(td_error.abs(), mask),
                "td_targets": td_error.sum() / steps,
                "td_chosen_qs": joint_qs.sum() / steps,
                "v_mean": vs.sum() / steps,
                "td_chosen_qs_masked": masked_mean(joint_qs, mask),
                "v_mean_masked": masked_mean(vs, mask),
                "agent_indiv_qs": masked_mean(chosen, mask),
            }

        return loss, stats

    @th.no_grad()
    def targets(self, batch: EpisodeBatch, mac_out: th.Tensor, mask: th.Tensor) -> th.Tensor:
        """One-step targets ``[B, T, 1]`` of the joint value, at the learned (``double_q``) or target greedy actions."""
        assert self.target_mixer is not None
        target = self.target_mac.unroll(batch)
        chooser = mac_out if self.args.double_q else target.out
        best = greedy_actions(chooser, batch["avail_actions"])  # [B, T + 1, A, 1]
        q_best, _ = self.target_mixer(batch["state"], self._memories(target.hidden), self._onehot(best))
        return self.td_lambda_returns(batch, mask, q_best, 0.0)

    def joint_value(
        self, mixer: Any, utilities: th.Tensor, actions: th.Tensor, avail: th.Tensor, states: th.Tensor
    ) -> th.Tensor:
        """The sum of the utilities, QTRAN's transformed joint value ``Q'_jt``: what the agents act by."""
        return utilities.gather(3, actions).squeeze(3).sum(dim=2, keepdim=True)

    def credits(self, batch: EpisodeBatch) -> th.Tensor:
        raise UserError("QTRAN's agents act by the plain sum of their utilities: its joint value gives them no credit")

    def _memories(self, hidden: th.Tensor) -> th.Tensor:
        """What the mixer gets of ``[B, T, A, H]``, in the same shape."""
        return MEMORIES[self.args.qtran_memories](hidden)

    def _onehot(self, actions: th.Tensor) -> th.Tensor:
        """``[B, T, A, 1] -> [B, T, A, U]``"""
        return F.one_hot(actions.squeeze(3), self.args.n_actions).float()


def _as_they_are(hidden: th.Tensor) -> th.Tensor:
    return hidden


def _as_pymarl2_reads_them(hidden: th.Tensor) -> th.Tensor:
    """PyMARL2 reads ``[B, T, A, H]`` as ``[B, A, T, H]`` and turns that round, so that a step gets memories of other
    steps and agents. Kept as the default, since its results and checkpoints were made so.
    """
    b, t, a, h = hidden.shape
    return hidden.reshape(b, a, t, h).transpose(1, 2)


MEMORIES: Mapping[str, Callable[[th.Tensor], th.Tensor]] = {"pymarl2": _as_pymarl2_reads_them, "own": _as_they_are}
