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
from utils.policy_utils import UNAVAILABLE


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
        unavailable = batch["avail_actions"] == 0
        states, actions = batch["state"][:, :-1], batch["actions"][:, :-1]
        unrolled = self.mac.unroll(batch)
        memories = self._memories(unrolled.hidden)
        masked_out = unrolled.out.masked_fill(unavailable, UNAVAILABLE)
        best_qs, best = masked_out.max(dim=3, keepdim=True)  # [B, T + 1, A, 1]
        joint_qs, vs = self.mixer(states, memories[:, :-1], batch["actions_onehot"][:, :-1])  # [B, T, 1]
        td_error = (joint_qs - self.targets(batch, unrolled.out.detach(), mask)) * mask
        td_loss = td_error.square().sum() / mask.sum()  # eq. 5
        best_joint_qs, _ = self.mixer(states, memories[:, :-1], self._onehot(best[:, :-1]))
        opt_error = (best_qs[:, :-1].sum(dim=2) - best_joint_qs.detach() + vs) * mask
        opt_loss = opt_error.square().sum() / mask.sum()  # eq. 6
        chosen = unrolled.out[:, :-1].gather(3, actions).squeeze(3)  # [B, T, A]
        nopt_error = (chosen.sum(dim=2, keepdim=True) - joint_qs.detach() + vs).clamp(max=0) * mask
        nopt_loss = nopt_error.square().sum() / mask.sum()  # eq. 7
        loss = td_loss + self.args.opt_loss * opt_loss + self.args.nopt_min_loss * nopt_loss

        def stats() -> dict[str, th.Tensor]:
            steps = mask.sum()
            return {
                "loss": loss,
                "td_loss": td_loss,
                "opt_loss": opt_loss,
                "nopt_loss": nopt_loss,
                "td_error_abs": td_error.abs().sum() / steps,
                "td_targets": td_error.sum() / steps,
                "td_chosen_qs": joint_qs.sum() / steps,
                "v_mean": vs.sum() / steps,
                "td_chosen_qs_masked": (joint_qs * mask).sum() / steps,
                "v_mean_masked": (vs * mask).sum() / steps,
                "agent_indiv_qs": (chosen * mask).sum() / (steps * self.args.n_agents),
            }

        return loss, stats

    @th.no_grad()
    def targets(self, batch: EpisodeBatch, mac_out: th.Tensor, mask: th.Tensor) -> th.Tensor:
        """One-step targets ``[B, T, 1]`` of the joint value, at the learned (``double_q``) or target greedy actions."""
        assert self.target_mixer is not None
        target = self.target_mac.unroll(batch)
        chooser = mac_out if self.args.double_q else target.out
        best = chooser.masked_fill(batch["avail_actions"] == 0, UNAVAILABLE).argmax(dim=3, keepdim=True)[:, 1:]
        memories = self._memories(target.hidden)[:, 1:]
        next_q, _ = self.target_mixer(batch["state"][:, 1:], memories, self._onehot(best))
        terminated = batch["terminated"][:, :-1].float()
        return batch["reward"][:, :-1] + self.args.gamma * (1 - terminated) * next_q

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
