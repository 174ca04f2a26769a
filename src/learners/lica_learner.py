"""LICA: policies improved by the gradient of a central critic, with no advantage and no explicit credit.

Legend: B episodes, T transitions, A agents, U actions.
"""

from __future__ import annotations

import torch as th

from components.episode_buffer import EpisodeBatch
from learners.actor_critic import GUMBEL, CentralCriticLearner, value_stats
from modules.critics import LICACritic
from utils.policy_utils import constant_force, masked_mean, renormalise


class LICALearner(CentralCriticLearner):
    """Zhou et al. 2020 (arXiv 2007.02529): the critic's gradient with respect to the policies' probabilities, and an
    entropy bonus of constant force (the paper's adaptive entropy regularisation). ``target_update_interval`` counts
    critic steps.
    """

    critic_class = LICACritic
    reads = frozenset({"critic_lr", "td_lambda", "entropy_coef", "lica_mixing_embed_dim", "hypernet_embed_dim"})
    why_no_mixer = "its critic takes the agents' policies and not their utilities"
    requires = GUMBEL

    def update(self, batch: EpisodeBatch, mask: th.Tensor, t_env: int, episode_num: int) -> None:
        critic_stats = self.train_critic(batch, mask)
        logits = self.mac.unroll(batch, gumbel=True).out[:, :-1]  # type: ignore[call-arg]  # lica_mac
        pi = renormalise(th.softmax(logits, dim=3), batch["avail_actions"][:, :-1])  # [B, T, A, U]
        q = masked_mean(self.critic(pi, batch["state"][:, :-1]), mask)  # the policies climb their mixing critic
        log_probs = th.log_softmax(logits, dim=3)
        entropy = masked_mean(-(log_probs.exp() * log_probs).sum(dim=3), mask)
        loss = -q - self.args.entropy_coef * constant_force(entropy)  # adaptive entropy regularisation
        grad_norm = self.step(loss, "agent_opt")
        self.log_when_due(
            lambda: {**critic_stats, "mix_loss": loss, "entropy": entropy, "agent_grad_norm": grad_norm}, t_env
        )

    def train_critic(self, batch: EpisodeBatch, mask: th.Tensor) -> dict[str, th.Tensor]:
        """One step towards TD(lambda) returns of the actions taken; its metrics."""
        onehot, states = batch["actions_onehot"], batch["state"]
        with th.no_grad():
            targets = self.td_lambda_returns(batch, mask, self.target_critic(onehot, states))  # [B, T, 1]
        q = self.critic(onehot[:, :-1], states[:, :-1])
        loss = masked_mean((q - targets).square(), mask)  # squared TD(lambda) error of the mixing critic
        grad_norm = self.step(loss, "critic_opt")
        self.critic_training_steps += 1
        self.update_targets_when_due(self.critic_training_steps)
        return {
            "critic_loss": loss.detach(),
            "critic_grad_norm": grad_norm,
            **value_stats(q, targets, mask, "q_t_mean"),
        }
