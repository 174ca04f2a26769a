"""RIIT: policies improved through utilities that are mixed as in QMIX.

Legend: B episodes, T transitions, A agents, U actions.
"""

from __future__ import annotations

import copy

import torch as th
from torch.optim import Optimizer

from components.episode_buffer import EpisodeBatch, Scheme
from learners.actor_critic import ActorCriticLearner
from learners.learner import Networks
from learners.updates import Draw, Update
from modules.critics import FMACCritic
from modules.mixers import StateMixer
from utils.optim import build_optimiser
from utils.policy_utils import categorical_entropy, masked_mean
from utils.rl_utils import build_td_lambda_targets, transition_mask


class FMACLearner(ActorCriticLearner):
    """Hu et al. 2021 (arXiv 2102.03479, appendix B): the critic ``Q_tot(s, Q_1(o_1, pi_1), .., Q_A(o_A, pi_A))`` is
    trained on old and new episodes, the policies by its gradient on new ones alone.

    On old episodes (:meth:`train_off_policy`) targets are one-step, on new ones TD(``lambd``).
    """

    mixer_family = "state_v1"
    mixer_required = True
    requires = {"agent_output_type": ("pi_logits",), "mac": ("lica_mac",), "action_selector": ("gumbel",)}  # noqa: RUF012
    updates = (
        Update("train_off_policy", (Draw("off_batch_size", "off_buffer_size"),), filled="buffer_size"),
        Update("train", (Draw(latest=True),), filled="buffer_size"),
    )
    not_in_pymarl2 = frozenset({"critic", "critic_opt"})

    def build(self, scheme: Scheme) -> None:
        self.critic = FMACCritic(scheme, self.args)
        self.target_critic = copy.deepcopy(self.critic)
        self.target_mixer = copy.deepcopy(self.mixer)

    def networks(self) -> Networks:
        assert self.mixer is not None
        return {
            "agent": (self.mac.agent, None),
            "critic": (self.critic, self.target_critic),
            "mixer": (self.mixer, self.target_mixer),
        }

    def build_optimisers(self) -> dict[str, Optimizer]:
        return {
            "opt": self._optimiser(self.args.lr, "agent"),
            "critic_opt": self._optimiser(self.args.critic_lr, "critic", "mixer"),
        }

    def _optimiser(self, lr: float, *names: str) -> Optimizer:
        return build_optimiser(self.parameters_of(*names), self.args, lr, adam_eps=1e-7)  # PyMARL2's 10E-8

    def update(self, batch: EpisodeBatch, mask: th.Tensor, t_env: int, episode_num: int) -> None:
        critic_stats = self.train_critic(batch, mask, self.args.lambd)
        pi = self.mac.unroll(batch).out[:, :-1]  # [B, T, A, U]
        pg_loss = -masked_mean(self.q_tot(batch[:, :-1], pi), mask)
        entropy = masked_mean(categorical_entropy(pi), mask)
        grad_norm = self.step(pg_loss - self.args.entropy_coef * entropy / entropy.detach(), "opt")
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
        self.train_critic(batch, transition_mask(batch), td_lambda=0.0)
        self.update_targets_when_due(episode_num)

    def train_critic(self, batch: EpisodeBatch, mask: th.Tensor, td_lambda: float) -> dict[str, th.Tensor]:
        """One step towards TD(lambda) returns of the actions taken; its metrics."""
        assert self.target_mixer is not None
        onehot = batch["actions_onehot"]
        with th.no_grad():
            next_q = self.target_mixer(self.target_critic(batch, onehot), batch["state"])  # [B, T + 1, 1]
            targets = build_td_lambda_targets(
                batch["reward"][:, :-1],
                batch["terminated"][:, :-1].float(),
                mask,
                next_q,
                self.args.n_agents,
                self.args.gamma,
                td_lambda,
            )
        loss = 0.5 * masked_mean((self.q_tot(batch[:, :-1], onehot[:, :-1]) - targets).square(), mask)
        grad_norm = self.step(loss, "critic_opt")
        return {
            "critic_loss": loss.detach(),
            "critic_grad_norm": grad_norm,
            "target_vals": masked_mean(targets, mask),
        }

    def credits(self, batch: EpisodeBatch) -> th.Tensor:
        assert isinstance(self.mixer, StateMixer)
        return self.mixer.credits(batch["state"], self.critic(batch, batch["actions_onehot"]))

    def q_tot(self, batch: EpisodeBatch, actions: th.Tensor) -> th.Tensor:
        """``Q_tot [B, T, 1]`` of one-hot actions or of policies ``[B, T, A, U]``."""
        assert self.mixer is not None
        q: th.Tensor = self.mixer(self.critic(batch, actions), batch["state"])
        return q
