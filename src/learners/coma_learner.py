"""COMA: a central critic with a counterfactual baseline for each agent.

Legend: B episodes, T transitions, A agents, U actions.
"""

from __future__ import annotations

import torch as th

from components.episode_buffer import EpisodeBatch
from learners.actor_critic import CentralCriticLearner, drawn, mean_stats, value_stats
from modules.critics import COMACritic
from utils.policy_utils import categorical_entropy, log_taken, masked_mean
from utils.rl_utils import real_steps


class COMALearner(CentralCriticLearner):
    """Foerster et al. 2018 (arXiv 1705.08926, eq. 4 and algorithm 1), with an entropy bonus as in PyMARL2.

    The critic takes one step for each time step of the batch, from the last to the first; ``target_update_interval``
    counts these.
    """

    critic_class = COMACritic
    reads = frozenset({"critic_lr", "td_lambda", "entropy", "standardise_advantages"})
    why_no_mixer = "its central critic values the joint action, so there are no utilities to be mixed"
    requires = drawn("basic_mac")

    def update(self, batch: EpisodeBatch, mask: th.Tensor, t_env: int, episode_num: int) -> None:
        q_vals, critic_steps = self.train_critic(batch, mask)  # [B, T, A, U]
        actions = batch["actions"][:, :-1]  # [B, T, A, 1]
        pi = self.policy(batch)
        baseline = (pi * q_vals).sum(dim=3)  # eq. 4: what the policy would get, the others' actions being as they were
        advantages = (q_vals.gather(3, actions).squeeze(3) - baseline).detach()  # [B, T, A]
        coma_loss = -masked_mean(self.scaled(advantages, mask) * log_taken(pi, actions, mask), mask)
        entropy = masked_mean(categorical_entropy(pi), mask)
        grad_norm = self.step(coma_loss - self.args.entropy * entropy, "agent_opt")
        self.update_targets_when_due(self.critic_training_steps)
        self.log_when_due(
            lambda: {
                **mean_stats(critic_steps),
                "advantage_mean": masked_mean(advantages, mask),
                "coma_loss": coma_loss,
                "entropy_loss": entropy,
                "agent_grad_norm": grad_norm,
                "pi_max": masked_mean(pi.amax(dim=3), mask),
            },
            t_env,
        )

    def train_critic(self, batch: EpisodeBatch, mask: th.Tensor) -> tuple[th.Tensor, list[dict[str, th.Tensor]]]:
        """One step of the critic for each time step; its values ``[B, T, A, U]`` before each, and their metrics."""
        actions = batch["actions"]
        with th.no_grad():
            taken = self.target_critic(batch).gather(3, actions).squeeze(3)  # [B, T + 1, A]
            targets = self.td_lambda_returns(batch, mask, taken)  # [B, T, A]
        inputs = self.critic.inputs(batch)[:, :-1]
        q_vals = inputs.new_zeros(*inputs.shape[:3], self.args.n_actions)
        steps = []
        for t in reversed(real_steps(mask)):
            q_t = self.critic.values(inputs[:, t])  # [B, A, U]
            q_vals[:, t] = q_t.detach()
            q_taken = q_t.gather(2, actions[:, t]).squeeze(2)  # [B, A]
            loss = masked_mean((q_taken - targets[:, t]).square(), mask[:, t])
            stats = {"critic_loss": loss.detach(), "critic_grad_norm": self.step(loss, "critic_opt")}
            self.critic_training_steps += 1
            steps.append({**stats, **value_stats(q_taken, targets[:, t], mask[:, t])})
        return q_vals, steps
