"""MADDPG with discrete actions: deterministic policy gradients through Gumbel-softmax samples.

Legend: B episodes, T transitions, A agents, U actions.
"""

from __future__ import annotations

import copy

import torch as th
from torch.nn import functional as F

from components.episode_buffer import EpisodeBatch, Scheme
from learners.actor_critic import GUMBEL, CentralCriticLearner, value_stats
from learners.learner import Networks
from modules.critics import MADDPGCritic
from modules.critics.inputs import joint_actions_for_agents
from utils.policy_utils import UNAVAILABLE_LOGIT, categorical_entropy, greedy_actions, masked_mean, renormalise


class MADDPGLearner(CentralCriticLearner):
    """Lowe et al. 2017 (arXiv 1706.02275, eq. 5-6) with one team reward, parameters shared between agents, and for
    discrete actions straight-through Gumbel-softmax samples (Jang et al. 2017, arXiv 1611.01144), as in Papoudakis et
    al. 2021 (arXiv 2006.07869): the target's actions are the target policies' likeliest ones, and ``reg`` times the
    logits' mean square keeps policies from becoming deterministic too early.
    """

    critic_class = MADDPGCritic
    reads = frozenset({"critic_lr", "reg", "critic_hidden_dim"})
    why_no_mixer = "every agent has a critic of the joint action, so there are no utilities to be mixed"
    requires = GUMBEL

    def build(self, scheme: Scheme) -> None:
        super().build(scheme)
        self.target_mac = copy.deepcopy(self.mac)

    def networks(self) -> Networks:
        return super().networks() | {"agent": (self.mac.agent, self.target_mac.agent)}

    def update(self, batch: EpisodeBatch, mask: th.Tensor, t_env: int, episode_num: int) -> None:
        critic_stats = self.train_critic(batch, mask)
        raw, masked = self._logits(batch)  # [B, T, A, U] each
        own = F.gumbel_softmax(masked, hard=True, dim=3)
        q = self.critic(batch[:, :-1], _each_its_own(batch["actions_onehot"][:, :-1], own))  # [B, T, A]
        pg_loss = -masked_mean(q, mask)  # eq. 5
        probs = renormalise(th.softmax(masked, dim=3), batch["avail_actions"][:, :-1])
        loss = pg_loss + self.args.reg * masked_mean(raw.square().mean(dim=3), mask)
        grad_norm = self.step(loss, "agent_opt")
        self.update_targets_when_due(episode_num)
        self.log_when_due(
            lambda: {
                **critic_stats,
                "pg_loss": pg_loss,
                "entropy_loss": masked_mean(categorical_entropy(probs), mask),
                "agent_grad_norm": grad_norm,
                "pi_max": masked_mean(probs.amax(dim=3), mask),
            },
            t_env,
        )

    def train_critic(self, batch: EpisodeBatch, mask: th.Tensor) -> dict[str, th.Tensor]:
        """One step towards ``r + gamma Q'(s', mu'(o'))`` (eq. 6); its metrics."""
        with th.no_grad():
            logits = self.target_mac.unroll(batch, gumbel=True).out  # type: ignore[call-arg]
            likeliest = greedy_actions(logits, batch["avail_actions"]).squeeze(3)
            onehot = F.one_hot(likeliest, self.args.n_actions).float()  # [B, T + 1, A, U]
            q_likeliest = self.target_critic(batch, joint_actions_for_agents(onehot))  # [B, T + 1, A]
            targets = self.td_lambda_returns(batch, mask, q_likeliest, 0.0)  # [B, T, A]
        q = self.critic(batch[:, :-1], joint_actions_for_agents(batch["actions_onehot"][:, :-1]))
        loss = masked_mean((q - targets).square(), mask)
        grad_norm = self.step(loss, "critic_opt")
        return {
            "critic_loss": loss.detach(),
            "critic_grad_norm": grad_norm,
            **value_stats(q, targets, mask),
        }

    def _logits(self, batch: EpisodeBatch) -> tuple[th.Tensor, th.Tensor]:
        """Logits of available actions with 0 elsewhere, and with unavailable actions excluded, whatever
        ``mask_before_softmax`` says.
        """
        logits = self.mac.unroll(batch, gumbel=True).out[:, :-1]  # type: ignore[call-arg]
        unavailable = batch["avail_actions"][:, :-1] == 0
        return logits.masked_fill(unavailable, 0.0), logits.masked_fill(unavailable, UNAVAILABLE_LOGIT)


def _each_its_own(taken: th.Tensor, own: th.Tensor) -> th.Tensor:
    """The joint action for each agent's critic ``[B, T, A, A * U]``: its own from ``own [B, T, A, U]``, the others' as
    they were ``taken [B, T, A, U]``. Gradients reach each policy through its own critic alone.
    """
    b, t, a, u = taken.shape
    me = th.eye(a, device=taken.device).view(1, 1, a, a, 1)
    joint = taken.unsqueeze(2) * (1 - me) + own.unsqueeze(2) * me  # [B, T, A (whose critic), A, U]
    return joint.reshape(b, t, a, a * u)
