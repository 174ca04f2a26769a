"""PPO for each agent: IPPO with the agents' own values, MAPPO with a central one.

Legend: B episodes, T transitions, A agents, U actions.
"""

from __future__ import annotations

import torch as th
from torch.optim import Optimizer

from components.episode_buffer import EpisodeBatch, Scheme
from learners.actor_critic import ActorCriticLearner, drawn
from learners.learner import Networks
from learners.updates import Draw, Update
from modules.critics import VALUE_CRITICS
from modules.value_norm import ValueNorm
from utils.policy_utils import LEAST, categorical_entropy, constant_force, masked_mean
from utils.rl_utils import build_gae_targets

UNLIKELY = 1e-10  # stands for the probability of an unavailable action


class PPOLearner(ActorCriticLearner):
    """Clipped surrogate (Schulman et al. 2017, arXiv 1707.06347, eq. 7) and clipped values on ``mini_epochs`` passes
    over the batch; IPPO (de Witt et al. 2020, arXiv 2011.09533), MAPPO (Yu et al. 2022, arXiv 2103.01955).

    ``mask_advantages: False`` keeps two habits of PyMARL2's: values are bootstrapped through an episode's end (in part:
    the next, padded step's advantage takes most of it back), and mean and deviation of the advantages are taken over
    padded steps too.
    """

    updates = (Update(draws=(Draw(latest=True),)),)
    why_no_mixer = "every agent's policy has its own advantage, so there are no utilities to be mixed"
    requires = {  # noqa: RUF012
        **drawn("basic_mac"),
        "save_probs": (True,),
        "critic": tuple(VALUE_CRITICS),
    }
    reads = frozenset({"critic", "critic_coef", "entropy", "gae_lambda", "mini_epochs", "eps_clip"}) | {
        "use_value_norm",
        "mask_advantages",
    }
    not_in_pymarl2 = frozenset({"critic", "value_norm"})

    def build(self, scheme: Scheme) -> None:
        self.critic = VALUE_CRITICS[self.args.critic](scheme, self.args)
        self.value_norm = ValueNorm() if self.args.use_value_norm else None

    def networks(self) -> Networks:
        networks: Networks = {"agent": (self.mac.agent, None), "critic": (self.critic, None)}
        if self.value_norm is not None:
            networks["value_norm"] = (self.value_norm, None)
        return networks

    def build_optimisers(self) -> dict[str, Optimizer]:
        return {"agent_opt": self.optimiser(self.args.lr, "agent", "critic")}

    def update(self, batch: EpisodeBatch, mask: th.Tensor, t_env: int, episode_num: int) -> None:
        args, actions = self.args, batch["actions"][:, :-1]
        unavailable = batch["avail_actions"][:, :-1] == 0
        with th.no_grad():
            old_values = self.critic(batch)  # [B, T + 1, A], normalised
            advantages, targets = self.advantages(batch, mask, old_values)  # [B, T, A]
            old_log_pi = _log_taken(batch["probs"][:, :-1], unavailable, actions)
        for _ in range(args.mini_epochs):
            values, old = self.critic(batch)[:, :-1], old_values[:, :-1]
            clipped = old + (values - old).clamp(-args.eps_clip, args.eps_clip)
            td_error = th.maximum((values - targets).square(), (clipped - targets).square())
            critic_loss = 0.5 * masked_mean(td_error, mask)
            pi = self.mac.unroll(batch).out[:, :-1].masked_fill(unavailable, UNLIKELY)
            ratio = (_log_taken(pi, unavailable, actions) - old_log_pi).exp()
            surrogate = th.minimum(ratio * advantages, ratio.clamp(1 - args.eps_clip, 1 + args.eps_clip) * advantages)
            actor_loss = -masked_mean(surrogate, mask)  # eq. 7
            entropy = masked_mean(categorical_entropy(pi), mask)
            loss = actor_loss + args.critic_coef * critic_loss - args.entropy * constant_force(entropy)
            grad_norm = self.step(loss, "agent_opt")
        self.log_when_due(
            lambda: {
                "advantage_mean": masked_mean(advantages, mask),
                "actor_loss": actor_loss,
                "entropy_loss": entropy,
                "grad_norm": grad_norm,
                "lr": args.lr,
                "critic_loss": critic_loss,
                "target_mean": masked_mean(targets, mask),
            },
            t_env,
        )

    def advantages(self, batch: EpisodeBatch, mask: th.Tensor, old_values: th.Tensor) -> tuple[th.Tensor, th.Tensor]:
        """Standardised advantages and (normalised) value targets ``[B, T, A]`` from values ``[B, T + 1, A]``."""
        exact = self.args.mask_advantages
        values = old_values if self.value_norm is None else self.value_norm.denormalize(old_values)
        goes_on = mask * (1 - batch["terminated"][:, :-1].float()) if exact else mask
        advantages, targets = build_gae_targets(
            batch["reward"][:, :-1], goes_on, values, self.args.gamma, self.args.gae_lambda, mask if exact else None
        )
        counted = advantages[mask.expand_as(advantages).bool()] if exact else advantages
        if self.value_norm is not None:
            self.value_norm.update(targets[mask.expand_as(targets).bool()] if exact else targets)
            targets = self.value_norm.normalize(targets)
        deviation = counted.std(correction=min(1, counted.numel() - 1))  # of a single number 0, and not NaN
        return (advantages - counted.mean()) / (deviation + 1e-6), targets


def _log_taken(probs: th.Tensor, unavailable: th.Tensor, actions: th.Tensor) -> th.Tensor:
    """Log-probabilities ``[B, T, A]`` of the actions taken ``[B, T, A, 1]``, all finite."""
    return probs.masked_fill(unavailable, UNLIKELY).gather(3, actions).squeeze(3).clamp(min=LEAST).log()
