"""What value-based learners share: unrolling, mixing, masking, optimising, target networks, logging, saving.

Legend: B episodes, T transitions, A agents, U actions, X = 1 (mixed) or A (independent agents).
"""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, ClassVar

import torch as th
from torch.nn.utils import clip_grad_norm_

from components.episode_buffer import EpisodeBatch, Scheme
from controllers import BasicMAC
from learners.target_update import TARGET_UPDATES, soft_update
from modules.mixers import build_mixer
from utils.checkpoint import atomic_save, load_file, load_module, save_module
from utils.errors import UserError
from utils.optim import build_optimiser
from utils.rl_utils import transition_mask

if TYPE_CHECKING:
    from utils.logging import Logger

Stats = Callable[[], dict[str, th.Tensor]]  # metrics by name, computed only when they are due
UNAVAILABLE = -9999999.0  # PyMARL's value of an action that cannot be taken


class TDLearner(ABC):
    """Minimises ``0.5 (Q_tot - target)^2`` over real transitions; a subclass says what the target is."""

    mixer_family: ClassVar[str]
    mixer_required: ClassVar[bool] = False  # True: independent agents (mixer: null) are no case of this learner
    loss_key: ClassVar[str] = "loss_td"  # PyMARL's name of the logged loss

    def __init__(self, mac: BasicMAC, scheme: Scheme, logger: Logger, args: SimpleNamespace) -> None:
        self.args = args
        self.mac = mac
        self.logger = logger
        self.mixer = build_mixer(args, self.mixer_family, self.mixer_required)
        self.target_mac = copy.deepcopy(mac)
        self.target_mixer = copy.deepcopy(self.mixer)
        self.build(scheme)
        self.to(args.device)
        self.params = [p for online, _ in self.networks().values() for p in online.parameters()]
        self.optimiser = build_optimiser(self.params, args)
        self.last_target_update_episode = 0
        self.log_stats_t = -args.learner_log_interval - 1

    def build(self, scheme: Scheme) -> None:
        """Makes the networks that a learner has beside agent and mixer: none."""
        return

    def networks(self) -> dict[str, tuple[th.nn.Module, th.nn.Module]]:
        """Every trained network with its target, by the name of its file (``agent`` is PyMARL2's ``agent.th``)."""
        networks: dict[str, tuple[th.nn.Module, th.nn.Module]] = {"agent": (self.mac.agent, self.target_mac.agent)}
        if self.mixer is not None and self.target_mixer is not None:
            networks["mixer"] = (self.mixer, self.target_mixer)
        return networks

    @abstractmethod
    def targets(self, batch: EpisodeBatch, mac_out: th.Tensor, mask: th.Tensor) -> th.Tensor:
        """What ``Q_tot`` of each transition should be, ``[B, T, X]``, from utilities ``mac_out [B, T + 1, A, U]``."""

    def train(self, batch: EpisodeBatch, t_env: int, episode_num: int) -> None:
        """One gradient step on ``batch`` (on the learner's device) after ``episode_num`` collected episodes."""
        for online, target in self.networks().values():
            online.train()
            target.train()
        loss, stats = self.loss(batch, transition_mask(batch))
        due = t_env - self.log_stats_t >= self.args.learner_log_interval
        grad_norm = self._optimise(loss)
        self._update_targets_when_due(episode_num)
        if due:
            for key, value in {**stats(), "grad_norm": grad_norm}.items():
                self.logger.log_stat(key, value.item(), t_env)
            self.log_stats_t = t_env

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
        loss = 0.5 * td_error.square().sum() / wide.sum()

        def stats() -> dict[str, th.Tensor]:
            common = self.td_stats(td_error, q_taken, targets, wide)
            return {self.loss_key: loss, **common, **self.extra_stats(batch, mac_out.detach(), mask)}

        return loss, stats

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

    def _optimise(self, loss: th.Tensor) -> th.Tensor:
        """Gradients and one optimiser step; returns the gradient's L2 norm before clipping."""
        self.optimiser.zero_grad()
        loss.backward()
        return self._step()

    def _step(self) -> th.Tensor:
        grad_norm = clip_grad_norm_(self.params, self.args.grad_norm_clip)
        self.optimiser.step()
        return grad_norm

    def _update_targets_when_due(self, episode_num: int) -> None:
        TARGET_UPDATES[self.args.target_update_mode](self, episode_num)

    def _update_targets(self) -> None:
        self._blend_targets(1.0)
        self.logger.console_logger.debug("Updated target network")

    def _blend_targets(self, tau: float) -> None:
        """``target <- (1 - tau) target + tau online`` for every network."""
        for online, target in self.networks().values():
            soft_update(target, online, tau)

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

    def to(self, device: str | th.device) -> None:
        for online, target in self.networks().values():
            online.to(device)
            target.to(device)
        self.device = th.device(device)

    def parameter_counts(self) -> dict[str, int]:
        """Trainable parameters of the agent, the mixer (0 where there is none), and whatever else is trained."""
        counts = {
            f"{name}_parameters": sum(p.numel() for p in online.parameters() if p.requires_grad)
            for name, (online, _) in self.networks().items()
        }
        return {"mixer_parameters": 0, **counts}

    def save_models(self, path: str | Path) -> None:
        """PyMARL2's ``agent.th``, ``mixer.th``, ``opt.th``, and the target networks beside them."""
        path = Path(path)
        for name, (online, target) in self.networks().items():
            save_module(online, path / f"{name}.th")
            save_module(target, path / f"target_{name}.th")
        atomic_save(self.optimiser.state_dict(), path / "opt.th")

    def load_models(self, path: str | Path) -> None:
        """Loads what :meth:`save_models` or PyMARL2 wrote; PyMARL2 saved no target networks: there they are copies."""
        path = Path(path)
        for name, (online, _) in self.networks().items():
            load_module(online, path / f"{name}.th")
        self._blend_targets(1.0)
        if (path / "target_agent.th").is_file():
            for name, (_, target) in self.networks().items():
                load_module(target, path / f"target_{name}.th")
        try:
            self.optimiser.load_state_dict(load_file(path / "opt.th"))
        except (ValueError, KeyError) as e:
            raise UserError(f"{path / 'opt.th'} does not fit this run's optimiser ({self.args.optimizer}): {e}") from e

    def state_dict(self) -> dict[str, Any]:
        """The counters that a continued run needs beside the saved models."""
        return {"last_target_update_episode": self.last_target_update_episode, "log_stats_t": self.log_stats_t}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.last_target_update_episode = state["last_target_update_episode"]
        self.log_stats_t = state["log_stats_t"]
