"""DOP: off-policy multi-agent policy gradients over a linearly decomposed critic.

Legend: B episodes, T transitions, A agents, U actions, E inputs.
"""

from __future__ import annotations

from typing import NamedTuple

import torch as th
from torch.nn.functional import pad
from torch.optim import Optimizer

from components.episode_buffer import EpisodeBatch, Scheme
from learners.actor_critic import MixedCriticLearner, drawn, mean_stats, value_stats
from learners.updates import Draw, Update
from modules.critics import OffPGCritic
from modules.mixers import StateMixer
from utils.policy_utils import log_taken, masked_mean, renormalise
from utils.rl_utils import build_target_q, real_steps, transition_mask


class _Lesson(NamedTuple):
    """What the critic learns from: inputs ``[B, T, A, E]``, actions ``[B, T, A, 1]``, states ``[B, T, S]``, targets and
    mask ``[B, T, 1]``.
    """

    inputs: th.Tensor
    actions: th.Tensor
    states: th.Tensor
    targets: th.Tensor
    mask: th.Tensor


class OffPGLearner(MixedCriticLearner):
    """Wang et al. 2021 (arXiv 2007.12322), its stochastic DOP. The critic learns TD(lambda) returns of recent episodes
    and tree-backup returns of old ones, the policies from the newest: ``sum_i k_i(s) A_i grad log pi_i``, with ``k``
    the mixer's credits as shares. The critic takes a step for each time step; ``target_update_interval`` counts these.
    """

    critic_class = OffPGCritic
    on_policy = True  # its policies; its critic learns from old episodes too
    requires = drawn("dop_mac")
    reads = frozenset({"td_lambda", "tb_lambda", "step", "off_buffer_size", "off_batch_size", "standardise_advantages"})
    epsilons = {"adam": 1e-8, "rmsprop": 1e-8}  # noqa: RUF012
    updates = (Update("train_all", (Draw(), Draw("off_batch_size", "off_buffer_size"), Draw(latest=True))),)

    def build(self, scheme: Scheme) -> None:
        super().build(scheme)
        self.critic_steps: list[dict[str, th.Tensor]] = []  # the metrics of its last steps

    def build_optimisers(self) -> dict[str, Optimizer]:
        # a mixer may have no parameters
        names = {"agent_opt": "agent", "critic_opt": "critic", "mixer_opt": "mixer"}
        return {opt: self.optimiser(self.args.lr, n) for opt, n in names.items() if self.parameters_of(n)}

    def credits(self, batch: EpisodeBatch) -> th.Tensor:
        assert isinstance(self.mixer, StateMixer)
        q_vals = self.critic(self.critic.inputs(batch))  # [B, T + 1, A, U]
        return self.mixer.credits(batch["state"], q_vals.gather(3, batch["actions"]).squeeze(3))

    def train_all(
        self, on_batch: EpisodeBatch, off_batch: EpisodeBatch, latest: EpisodeBatch, t_env: int, episode_num: int
    ) -> None:
        """The critic on recent and old episodes, then the policies on the newest."""
        self.train_critic(on_batch, off_batch)
        self.train(latest, t_env, episode_num)

    def update(self, batch: EpisodeBatch, mask: th.Tensor, t_env: int, episode_num: int) -> None:
        assert isinstance(self.mixer, StateMixer)
        actions, states = batch["actions"][:, :-1], batch["state"][:, :-1]
        with th.no_grad():
            q_vals = self.critic(self.critic.inputs(batch))[:, :-1]  # [B, T, A, U]
            shares = self.mixer.shares(states)  # [B, T, A]
        pi = self.policy(batch)
        # A_i: an agent's value of its action less its policy's mean value, the baseline
        advantages = q_vals.gather(3, actions).squeeze(3) - (pi.detach() * q_vals).sum(dim=3)
        advantages = self.scaled(advantages, mask)  # before the shares, so that agents keep their proportions
        # the decomposed policy gradient, sum_i k_i(s) A_i grad log pi_i
        loss = -masked_mean(shares * advantages * log_taken(pi, actions, mask), mask)
        grad_norm = self.step(loss, "agent_opt")
        self.log_when_due(
            lambda: {
                **(mean_stats(self.critic_steps) if self.critic_steps else {}),
                "coma_loss": loss,  # PyMARL2's name
                "agent_grad_norm": grad_norm,
                "pi_max": masked_mean(pi.amax(dim=3), mask),
            },
            t_env,
        )

    def train_critic(self, on_batch: EpisodeBatch, off_batch: EpisodeBatch) -> None:
        """One step of critic and mixer for each time step of both batches together."""
        self.train_mode()
        with th.no_grad():
            lesson = _together(self._on_policy(on_batch), self._off_policy(off_batch))
        assert self.mixer is not None
        optimisers = [name for name in ("critic_opt", "mixer_opt") if name in self.optimisers]
        self.critic_steps = []
        for t in real_steps(lesson.mask):
            at = slice(t, t + 1)
            mask, target = lesson.mask[:, at], lesson.targets[:, at]
            q = self.critic(lesson.inputs[:, at])  # [B, 1, A, U]
            q_tot = self.mixer(q.gather(3, lesson.actions[:, at]).squeeze(3), lesson.states[:, at])  # [B, 1, 1]
            loss = masked_mean((q_tot - target).square(), mask)  # squared error of the decomposed critic
            stats = {"critic_loss": loss.detach(), "critic_grad_norm": self.step(loss, *optimisers)}
            self.critic_training_steps += 1
            q = q.detach()
            ends = {"q_max_mean": masked_mean(q.amax(dim=3), mask), "q_min_mean": masked_mean(q.amin(dim=3), mask)}
            self.critic_steps.append({**stats, **value_stats(q_tot, target, mask), **ends})
        self.update_targets_when_due(self.critic_training_steps)

    def _on_policy(self, batch: EpisodeBatch) -> _Lesson:
        """TD(lambda) returns of the actions taken."""
        mask = transition_mask(batch)
        taken = self._target_q_tot(batch, self._target_q(batch).gather(3, batch["actions"]).squeeze(3))
        targets = self.td_lambda_returns(batch, mask, taken)
        return self._lesson(batch, targets, mask)

    def _off_policy(self, batch: EpisodeBatch) -> _Lesson:
        """The paper's decomposed tree backup (DOP-TB): the errors of later steps count as far as today's policy would
        go there.
        """
        mask = transition_mask(batch)
        pi = renormalise(self.mac.unroll(batch).out, batch["avail_actions"])  # [B, T + 1, A, U]
        joint = pi.gather(3, batch["actions"]).squeeze(3).prod(dim=2, keepdim=True)  # [B, T + 1, 1]
        q = self._target_q(batch)  # [B, T + 1, A, U]
        taken = self._target_q_tot(batch, q.gather(3, batch["actions"]).squeeze(3))[:, :-1] * mask
        expected = self._target_q_tot(batch, (pi * q).sum(dim=3))  # [B, T + 1, 1]
        td_q = self.td_lambda_returns(batch, mask, expected, 0.0) - taken  # one-step errors, 0 in padding
        targets = build_target_q(td_q, taken, joint, mask, self.args.gamma, self.args.tb_lambda, self.args.step)
        return self._lesson(batch, targets, mask)

    def _target_q(self, batch: EpisodeBatch) -> th.Tensor:
        q: th.Tensor = self.target_critic(self.target_critic.inputs(batch))
        return q

    def _target_q_tot(self, batch: EpisodeBatch, utilities: th.Tensor) -> th.Tensor:
        assert self.target_mixer is not None
        q_tot: th.Tensor = self.target_mixer(utilities, batch["state"])
        return q_tot

    def _lesson(self, batch: EpisodeBatch, targets: th.Tensor, mask: th.Tensor) -> _Lesson:
        inputs = self.critic.inputs(batch)[:, :-1]
        return _Lesson(inputs, batch["actions"][:, :-1], batch["state"][:, :-1], targets, mask)


def _together(a: _Lesson, b: _Lesson) -> _Lesson:
    """Both as one batch; the shorter one is padded with zeros at its end."""
    length = max(a.mask.shape[1], b.mask.shape[1])
    padded = [[pad(x, [0, 0] * (x.dim() - 2) + [0, length - x.shape[1]]) for x in lesson] for lesson in (a, b)]
    return _Lesson(*(th.cat(pair) for pair in zip(*padded, strict=True)))
