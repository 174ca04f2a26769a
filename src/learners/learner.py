"""What all learners share: networks with their targets, optimisers, logging, saving, moving.

Legend: B episodes, T transitions.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import torch as th
from torch.nn.utils import clip_grad_norm_
from torch.optim import Optimizer

from components.episode_buffer import EpisodeBatch, Scheme
from controllers import BasicMAC
from learners.declarations import Declarations
from learners.target_update import TARGET_UPDATES, soft_update
from modules.mixers import AnyMixer
from utils.checkpoint import atomic_save, load_file, load_module, save_module
from utils.errors import UserError
from utils.optim import build_optimiser, restore_optimiser
from utils.rl_utils import build_td_lambda_targets

if TYPE_CHECKING:
    from utils.logging import Logger

Stats = Callable[[], Mapping[str, th.Tensor | float]]  # metrics by name, computed only when they are due
Networks = dict[str, tuple[th.nn.Module, th.nn.Module | None]]


class Learner(Declarations, ABC):
    """Turns batches of episodes into gradient steps. A subclass is its networks and its losses."""

    def __init__(self, mac: BasicMAC, scheme: Scheme, logger: Logger, args: SimpleNamespace) -> None:
        self.args = args
        self.mac = mac
        self.logger = logger
        self.mixer: AnyMixer | None = self.build_mixer(args)
        self.build(scheme)
        self.to(args.device)
        self.optimisers = self.build_optimisers()
        self.critic_training_steps = 0
        self.last_target_update = 0
        self.log_stats_t = -args.learner_log_interval - 1

    @abstractmethod
    def build(self, scheme: Scheme) -> None:
        """Makes the networks that the learner has beside agent and mixer, and the targets."""

    @abstractmethod
    def networks(self) -> Networks:
        """Every network with its target (None: it has none), by the name of its file (``agent`` is ``agent.th``)."""

    def build_optimisers(self) -> dict[str, Optimizer]:
        """The optimisers, by the names of their files in PyMARL2's checkpoints: one for all, if not said otherwise."""
        return {"opt": self.optimiser(self.args.lr, *self.networks())}

    @abstractmethod
    def train(self, batch: EpisodeBatch, t_env: int, episode_num: int) -> Mapping[str, th.Tensor]:
        """The step on ``batch`` (on the learner's device) after ``episode_num`` collected episodes.

        Where the batch has weights (prioritised replay) the result holds ``td_errors_abs [B]``, else it is empty.
        """

    def credits(self, batch: EpisodeBatch) -> th.Tensor:
        """How much each agent's utility counts in the team's value along the batch, ``[B, T + 1, A]``.

        Raises UserError where no utilities are mixed.
        """
        raise UserError(
            f"learner={self.args.learner} with mixer={self.args.mixer} mixes no utilities: no credit to show"
        )

    def td_lambda_returns(
        self, batch: EpisodeBatch, mask: th.Tensor, values: th.Tensor, td_lambda: float | None = None
    ) -> th.Tensor:
        """TD(lambda) returns ``[B, T, X]`` over ``values [B, T + 1, X]``; without ``td_lambda`` the config's."""
        return build_td_lambda_targets(
            batch["reward"][:, :-1],
            batch["terminated"][:, :-1].float(),
            mask,
            values,
            self.args.n_agents,
            self.args.gamma,
            self.args.td_lambda if td_lambda is None else td_lambda,
        )

    def parameters_of(self, *names: str) -> list[th.nn.Parameter]:
        """All parameters of the networks of these names."""
        networks = self.networks()
        return [p for name in names for p in networks[name][0].parameters()]

    def optimiser(self, lr: float, *names: str) -> Optimizer:
        """The config's optimiser over all parameters of the networks of these names."""
        return build_optimiser(self.parameters_of(*names), lr, vars(self.args), self.epsilons)

    def step(self, loss: th.Tensor, *names: str) -> th.Tensor:
        """Gradients and a step of the optimisers of these names; returns the gradient's L2 norm before clipping."""
        optimisers = [self.optimisers[name] for name in names]
        for optimiser in optimisers:
            optimiser.zero_grad()
        loss.backward()
        self.after_backward()
        parameters = [p for o in optimisers for group in o.param_groups for p in group["params"]]
        grad_norm = clip_grad_norm_(parameters, self.args.grad_norm_clip)
        for optimiser in optimisers:
            optimiser.step()
        return grad_norm

    def after_backward(self) -> None:
        """Called while gradients are there and not yet clipped."""
        return

    def log_when_due(self, stats: Stats, t_env: int) -> None:
        """Logs the metrics every ``learner_log_interval`` environment steps."""
        if t_env - self.log_stats_t < self.args.learner_log_interval:
            return
        for key, value in stats().items():
            self.logger.log_stat(key, value.item() if isinstance(value, th.Tensor) else value, t_env)
        self.log_stats_t = t_env

    def update_targets_when_due(self, clock: int) -> None:
        """``clock`` counts what ``target_update_interval`` is given in: episodes, or critic updates."""
        TARGET_UPDATES[self.args.target_update_mode](self, clock)

    def _update_targets(self) -> None:
        self.blend_targets(1.0)
        self.logger.console_logger.debug("Updated target network")

    def blend_targets(self, tau: float) -> None:
        """``target <- (1 - tau) target + tau online`` for every network that has one."""
        for online, target in self.networks().values():
            if target is not None:
                soft_update(target, online, tau)

    def train_mode(self) -> None:
        for module in self._modules():
            module.train()

    def eval_mode(self) -> None:
        """Noisy layers without noise."""
        for module in self._modules():
            module.eval()

    def to(self, device: str | th.device) -> None:
        for module in self._modules():
            module.to(device)
        self.device = th.device(device)

    def _modules(self) -> Iterable[th.nn.Module]:
        return [m for pair in self.networks().values() for m in pair if m is not None]

    def parameter_counts(self) -> dict[str, int]:
        """Trainable parameters of the agent, the mixer (0 where there is none), and whatever else is trained."""
        counts = {
            f"{name}_parameters": sum(p.numel() for p in online.parameters() if p.requires_grad)
            for name, (online, _) in self.networks().items()
        }
        return {"mixer_parameters": 0, **counts}

    def save_models(self, path: str | Path) -> None:
        """PyMARL2's files (``agent.th``, ``mixer.th``, ``opt.th`` ...), and the target networks beside them."""
        path = Path(path)
        for name, (online, target) in self.networks().items():
            save_module(online, path / f"{name}.th")
            if target is not None:
                save_module(target, path / f"target_{name}.th")
        for name, optimiser in self.optimisers.items():
            atomic_save(optimiser.state_dict(), path / f"{name}.th")

    def load_models(self, path: str | Path) -> None:
        """Loads what :meth:`save_models` or PyMARL2 wrote; PyMARL2 saved no target networks: there they are copies.

        Optimisers go on with what they have learned, but with this run's learning rates, epsilons and weight decay.

        What PyMARL2 leaves out of this learner's checkpoints starts anew, with a warning.
        """
        path = Path(path)
        for name, (online, target) in self.networks().items():
            if self._left_out(path, name):
                continue
            load_module(online, path / f"{name}.th")
            if target is not None:
                soft_update(target, online, 1.0)
                if (path / f"target_{name}.th").is_file():
                    load_module(target, path / f"target_{name}.th")
        for name, optimiser in self.optimisers.items():
            if self._left_out(path, name):
                continue
            try:
                restore_optimiser(optimiser, load_file(path / f"{name}.th"))
            except (ValueError, KeyError) as e:
                raise UserError(f"{path / name}.th {e}") from e

    def _left_out(self, path: Path, name: str) -> bool:
        missing = name in self.not_in_pymarl2 and not (path / f"{name}.th").is_file()
        if missing:
            self.logger.console_logger.warning(
                "%s has no %s.th (PyMARL2 saves none): what belongs in it starts anew, which matters for further "
                "training, not for evaluation",
                path,
                name,
            )
        return missing

    def state_dict(self) -> dict[str, Any]:
        """The counters that a continued run needs beside the saved models."""
        return {
            "last_target_update": self.last_target_update,
            "critic_training_steps": self.critic_training_steps,
            "log_stats_t": self.log_stats_t,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.last_target_update = state["last_target_update"]
        self.critic_training_steps = state["critic_training_steps"]
        self.log_stats_t = state["log_stats_t"]
