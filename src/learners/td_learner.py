"""What value-based learners share: unrolling, mixing, masking, targets, common metrics.

Legend: B episodes, T transitions, A agents, U actions, X = 1 (mixed) or A (independent agents).
"""

from __future__ import annotations

import copy
from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

import torch as th

from components.episode_buffer import EpisodeBatch, Scheme
from learners.learner import Learner, Networks, Stats
from learners.target_update import KEYS as TARGET_KEYS
from modules.mixers import StateMixer
from utils.rl_utils import transition_mask


class TDLearner(Learner):
    """Minimises ``0.5 (Q_tot - target)^2`` over real transitions; a subclass says what the target is."""

    reads = TARGET_KEYS
    # Gumbel noise over utilities draws by their softmax (Boltzmann exploration); "multinomial" needs probabilities.
    requires = {  # noqa: RUF012
        "agent_output_type": ("q",),
        "mac": ("basic_mac", "n_mac", "conv_mac"),
        "action_selector": ("epsilon_greedy", "gumbel"),
    }
    loss_key: ClassVar[str] = "loss_td"  # PyMARL's name of the logged loss

    def build(self, scheme: Scheme) -> None:
        self.target_mac = copy.deepcopy(self.mac)
        self.target_mixer = copy.deepcopy(self.mixer)

    def networks(self) -> Networks:
        networks: Networks = {"agent": (self.mac.agent, self.target_mac.agent)}
        if self.mixer is not None:
            networks["mixer"] = (self.mixer, self.target_mixer)
        return networks

    @abstractmethod
    def targets(self, batch: EpisodeBatch, mac_out: th.Tensor, mask: th.Tensor) -> th.Tensor:
        """What ``Q_tot`` of each transition should be, ``[B, T, X]``, from utilities ``mac_out [B, T + 1, A, U]``."""

    def train(self, batch: EpisodeBatch, t_env: int, episode_num: int) -> Mapping[str, th.Tensor]:
        self.train_mode()
        self.td_errors_abs: th.Tensor | None = None
        loss, stats = self.loss(batch, transition_mask(batch))
        grad_norm = self.step(loss, "opt")
        self.update_targets_when_due(episode_num)
        self.log_when_due(lambda: {**stats(), "grad_norm": grad_norm}, t_env)
        return {} if self.td_errors_abs is None else {"td_errors_abs": self.td_errors_abs}

    def loss(self, batch: EpisodeBatch, mask: th.Tensor) -> tuple[th.Tensor, Stats]:
        """The loss over real transitions (``mask [B, T, 1]``), and what gives the metrics once the step is done."""
        mac_out = self.mac.unroll(batch).out  # [B, T + 1, A, U]
        q_taken = self.joint_value(
            self.mixer,
            mac_out[:, :-1],
            batch["actions"][:, :-1],
            batch["avail_actions"][:, :-1],
            batch["state"][:, :-1],
        )  # [B, T, X]
        with th.no_grad():
            targets = self.targets(batch, mac_out.detach(), mask)  # [B, T, X]
        wide = mask.expand_as(q_taken)
        td_error = (q_taken - targets) * wide
        loss = 0.5 * self.weighted(td_error.square(), batch).sum() / wide.sum()
        if batch.weights is not None:
            # PyMARL2's priority: the errors' sum by the root of the episode's length, so that long ones count more
            self.td_errors_abs = td_error.detach().abs().sum(dim=(1, 2)) / wide.sum(dim=(1, 2)).clamp(min=1).sqrt()

        def stats() -> dict[str, th.Tensor]:
            common = self.td_stats(td_error, q_taken, targets, wide)
            return {self.loss_key: loss, **common, **self.extra_stats(batch, mac_out.detach(), mask)}

        return loss, stats

    def credits(self, batch: EpisodeBatch) -> th.Tensor:
        if not isinstance(self.mixer, StateMixer):
            return super().credits(batch)
        utilities = self.mac.unroll(batch).out.gather(3, batch["actions"]).squeeze(3)  # [B, T + 1, A]
        return self.mixer.credits(batch["state"], utilities)

    @staticmethod
    def weighted(errors: th.Tensor, batch: EpisodeBatch) -> th.Tensor:
        """``errors [B, T, X]`` by the episodes' importance weights, where the batch has any (prioritised replay)."""
        return errors if batch.weights is None else errors * batch.weights.to(errors).view(-1, 1, 1)

    def joint_value(
        self, mixer: Any, utilities: th.Tensor, actions: th.Tensor, avail: th.Tensor, states: th.Tensor
    ) -> th.Tensor:
        """``Q_tot [B, T, X]`` of joint actions ``[B, T, A, 1]``, from ``utilities [B, T, A, U]``, their availability
        ``avail`` and ``states [B, T, S]``.
        """
        return self.mix(mixer, utilities.gather(3, actions).squeeze(3), states)

    def extra_stats(self, batch: EpisodeBatch, mac_out: th.Tensor, mask: th.Tensor) -> dict[str, th.Tensor]:
        """What a learner logs beyond the common metrics."""
        return {}

    @staticmethod
    def mix(mixer: th.nn.Module | None, agent_qs: th.Tensor, states: th.Tensor) -> th.Tensor:
        """Utilities ``[B, T, A]`` -> ``Q_tot [B, T, 1]``; as they are where agents learn independently."""
        return agent_qs if mixer is None else mixer(agent_qs, states)

    def td_stats(
        self, td_error: th.Tensor, q_taken: th.Tensor, targets: th.Tensor, mask: th.Tensor
    ) -> dict[str, th.Tensor]:
        """PyMARL's common metrics, from ``[B, T, X]`` each; ``td_error`` is masked."""
        steps = mask.sum()
        per_agent = steps * self.args.n_agents  # PyMARL's scale of the two means below
        return {
            "td_error_abs": td_error.abs().sum() / steps,
            "q_taken_mean": (q_taken * mask).sum() / per_agent,
            "target_mean": (targets * mask).sum() / per_agent,
        }
