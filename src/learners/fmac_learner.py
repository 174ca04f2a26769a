"""RIIT: policies improved through utilities that are mixed as in QMIX.

Legend: B episodes, T transitions, A agents, U actions.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch as th
from torch.optim import Optimizer

from components.episode_buffer import EpisodeBatch
from learners.actor_critic import GUMBEL, MixedCriticLearner
from learners.updates import Draw, Update
from modules.critics import FMACCritic
from modules.mixers import StateMixer
from utils.errors import UserError
from utils.policy_utils import EPS, categorical_entropy, constant_force, masked_mean, renormalise
from utils.rl_utils import build_retrace_targets, transition_mask


class FMACLearner(MixedCriticLearner):
    """Hu et al. 2021 (arXiv 2102.03479, appendix): the critic ``Q_tot(s, Q_1(o_1, pi_1), .., Q_A(o_A, pi_A))`` is
    trained on old and new episodes, the policies by its gradient on new ones alone.

    On old episodes (:meth:`train_off_policy`) targets are one-step, or with ``retrace`` Retrace(``lambd``);
    on new ones TD(``lambd``).
    """

    critic_class = FMACCritic
    requires = GUMBEL
    updates = (
        Update("train_off_policy", (Draw("off_batch_size", "off_buffer_size"),), filled="buffer_size"),
        Update("train", (Draw(latest=True),), filled="buffer_size"),
    )
    reads = frozenset({"critic_lr", "lambd", "entropy_coef", "retrace", "critic_hidden_dim"}) | {
        "off_buffer_size",
        "off_batch_size",
    }
    epsilons = {"adam": 1e-7}  # noqa: RUF012 - PyMARL2's 10E-8
    not_in_pymarl2 = frozenset({"critic", "critic_opt"})

    @classmethod
    def check_config(cls, config: Mapping[str, Any]) -> None:
        super().check_config(config)
        if config["retrace"] and not config["save_probs"]:
            raise UserError("retrace=True compares policies of then and now: it needs save_probs=True")

    def build_optimisers(self) -> dict[str, Optimizer]:
        return {
            "opt": self.optimiser(self.args.lr, "agent"),
            "critic_opt": self.optimiser(self.args.critic_lr, "critic", "mixer"),
        }

    def update(self, batch: EpisodeBatch, mask: th.Tensor, t_env: int, episode_num: int) -> None:
        critic_stats = self.train_critic(batch, mask, self.td_targets(batch, mask, self.args.lambd))
        pi = self.mac.unroll(batch).out[:, :-1]  # [B, T, A, U]
        pg_loss = -masked_mean(self.q_tot(batch[:, :-1], pi), mask)  # the policies climb Q_tot
        entropy = masked_mean(categorical_entropy(pi), mask)
        grad_norm = self.step(pg_loss - self.args.entropy_coef * constant_force(entropy), "opt")
        self.update_targets_when_due(episode_num)
        self.log_when_due(
            lambda: {
                **critic_stats,
                "pg_loss": pg_loss,
                "entropy_loss": entropy,
                "agent_grad_norm": grad_norm,
                "pi_max": masked_mean(pi.amax(dim=3), mask),
            },
            t_env,
        )

    def train_off_policy(self, batch: EpisodeBatch, t_env: int, episode_num: int) -> None:
        """A step of the critic alone, on old episodes."""
        self.train_mode()
        mask = transition_mask(batch)
        targets = self.retrace_targets(batch, mask) if self.args.retrace else self.td_targets(batch, mask, 0.0)
        self.train_critic(batch, mask, targets)
        self.update_targets_when_due(episode_num)

    def train_critic(self, batch: EpisodeBatch, mask: th.Tensor, targets: th.Tensor) -> dict[str, th.Tensor]:
        """One step towards ``targets [B, T, 1]``; its metrics."""
        q_taken = self.q_tot(batch[:, :-1], batch["actions_onehot"][:, :-1])
        loss = 0.5 * masked_mean((q_taken - targets).square(), mask)  # squared TD error of Q_tot
        grad_norm = self.step(loss, "critic_opt")
        return {
            "critic_loss": loss.detach(),
            "critic_grad_norm": grad_norm,
            "target_vals": masked_mean(targets, mask),
        }

    @th.no_grad()
    def td_targets(self, batch: EpisodeBatch, mask: th.Tensor, td_lambda: float) -> th.Tensor:
        """TD(lambda) returns ``[B, T, 1]`` of the actions taken."""
        return self.td_lambda_returns(batch, mask, self._target_q_tot(batch, batch["actions_onehot"]), td_lambda)

    @th.no_grad()
    def retrace_targets(self, batch: EpisodeBatch, mask: th.Tensor) -> th.Tensor:
        """Retrace returns ``[B, T, 1]``: as far as today's policies would have done the same as those of then."""
        pi = renormalise(self.mac.unroll(batch).out, batch["avail_actions"])  # [B, T + 1, A, U]
        taken, then = (p.gather(3, batch["actions"]).squeeze(3) for p in (pi, batch["probs"]))  # [B, T + 1, A]
        return build_retrace_targets(
            batch["reward"][:, :-1],
            batch["terminated"][:, :-1].float(),
            mask,
            self._target_q_tot(batch, pi),
            self._target_q_tot(batch, batch["actions_onehot"]),
            (taken / then.clamp(min=EPS)).prod(dim=2, keepdim=True),
            self.args.gamma,
            self.args.lambd,
        )

    def _target_q_tot(self, batch: EpisodeBatch, actions: th.Tensor) -> th.Tensor:
        assert self.target_mixer is not None
        q: th.Tensor = self.target_mixer(self.target_critic(batch, actions), batch["state"])  # [B, T + 1, 1]
        return q

    def credits(self, batch: EpisodeBatch) -> th.Tensor:
        assert isinstance(self.mixer, StateMixer)
        return self.mixer.credits(batch["state"], self.critic(batch, batch["actions_onehot"]))

    def q_tot(self, batch: EpisodeBatch, actions: th.Tensor) -> th.Tensor:
        """``Q_tot [B, T, 1]`` of one-hot actions or of policies ``[B, T, A, U]``."""
        assert self.mixer is not None
        q: th.Tensor = self.mixer(self.critic(batch, actions), batch["state"])
        return q
