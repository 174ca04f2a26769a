"""VMIX: advantage actor-critic whose agents' values are mixed into the team's.

Legend: B episodes, T transitions, A agents, U actions, X = 1 (mixed) or A (independent agents).
"""

from __future__ import annotations

import torch as th

from components.episode_buffer import EpisodeBatch, Scheme
from learners.actor_critic import ActorCriticLearner, drawn, value_stats
from learners.learner import Networks
from learners.updates import Draw, Update
from modules.mixers import StateMixer
from utils.policy_utils import categorical_entropy, log_taken, masked_mean


class PGLearner_v2(ActorCriticLearner):  # noqa: N801 - PyMARL2's name
    """Su et al. 2021 (arXiv 2007.12306): ``V_tot = f(V_1, .., V_A; s)``, one advantage for all agents. With the mixer
    ``qmix`` it is the paper's VDAC-mix, with ``vdn`` its VDAC-sum.

    There are no target networks, as in PyMARL2. ``mixer: null``: every agent has its own advantage (independent A2C).
    """

    updates = (Update(draws=(Draw(latest=True),)),)
    on_policy = True
    mixer_family = "state_v1"
    reads = frozenset({"td_lambda", "vf_coef", "ent_coef", "standardise_advantages"})
    epsilons = {"adam": 1e-8, "rmsprop": 1e-8}  # noqa: RUF012
    requires = {**drawn("ppo_mac"), "agent": ("rnn_ppo",)}  # noqa: RUF012

    def build(self, scheme: Scheme) -> None:
        return

    def networks(self) -> Networks:
        networks: Networks = {"agent": (self.mac.agent, None)}
        if self.mixer is not None:
            networks["mixer"] = (self.mixer, None)
        return networks

    def credits(self, batch: EpisodeBatch) -> th.Tensor:
        if not isinstance(self.mixer, StateMixer):
            return super().credits(batch)
        return self.mixer.credits(batch["state"], self.mac.unroll(batch).values)

    def update(self, batch: EpisodeBatch, mask: th.Tensor, t_env: int, episode_num: int) -> None:
        args = self.args
        unrolled = self.mac.unroll(batch)
        pi, values = unrolled.out[:, :-1], unrolled.values
        assert values is not None
        v_tot = values if self.mixer is None else self.mixer(values, batch["state"])  # [B, T + 1, X]
        targets = self.td_lambda_returns(batch, mask, v_tot.detach())  # [B, T, X]; the paper's are n-step returns
        td_error = v_tot[:, :-1] - targets
        advantages = -td_error.detach()
        log_pi = log_taken(pi, batch["actions"][:, :-1], mask)  # [B, T, A]
        # the advantage policy gradient, its advantage one and the same for all agents
        pg_loss = -masked_mean(self.scaled(advantages, mask) * log_pi, mask)
        critic_loss = masked_mean(td_error.square(), mask)  # squared TD(lambda) error of V_tot
        entropy = masked_mean(categorical_entropy(pi), mask)
        # the paper's actor and critic losses, in one step of one optimiser
        loss = pg_loss + args.vf_coef * critic_loss - args.ent_coef * entropy
        grad_norm = self.step(loss, "opt")
        self.log_when_due(
            lambda: {
                "critic_loss": critic_loss,
                **value_stats(v_tot[:, :-1], targets, mask),
                "pg_loss": pg_loss,
                "advantage_mean": masked_mean(advantages, mask),
                "coma_loss": loss,  # PyMARL2's name of the whole loss
                "entropy_loss": entropy,
                "agent_grad_norm": grad_norm,
            },
            t_env,
        )
