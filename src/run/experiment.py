"""The parts of one run, built from its config and wired together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import torch as th

from components.episode_buffer import Preprocess, Scheme
from components.prioritised_replay import PrioritizedReplayBuffer
from components.replay_buffer import ReplayBuffer
from components.standardise import RunningMeanStd
from components.transforms import OneHot
from controllers import REGISTRY as mac_REGISTRY
from controllers import BasicMAC
from learners import REGISTRY as le_REGISTRY
from learners import Learner
from learners.updates import MAIN, replays_of
from run.prepare import make_args
from runners import REGISTRY as r_REGISTRY
from runners import Runner

if TYPE_CHECKING:
    from utils.logging import Logger


@dataclass
class Counters:
    """Where a run stands: training episodes, those collected when it last learned, updates, and environment steps."""

    episode: int = 0
    last_learned: int = 0
    updates: int = 0
    last_test_t: int | None = None
    last_log_t: int = 0
    last_save_t: int | None = None


@dataclass
class Experiment:
    """All parts of one run."""

    args: SimpleNamespace
    logger: Logger
    runner: Runner
    buffers: dict[str, ReplayBuffer]  # by the config key of their size; the first one is `buffer_size`
    mac: BasicMAC
    learner: Learner
    reward_stats: RunningMeanStd
    counters: Counters = field(default_factory=Counters)


def build_experiment(args: SimpleNamespace, logger: Logger) -> Experiment:
    """Builds runner, buffer, controller and learner; closes the environments again if any of it fails."""
    runner = r_REGISTRY[args.runner](args, logger)
    try:
        args = make_args(vars(args), runner.get_env_info())
        scheme, groups = make_scheme(args), {"agents": args.n_agents}
        preprocess = {"actions": ("actions_onehot", [OneHot(out_dim=args.n_actions)])}
        learner_class = le_REGISTRY[args.learner]
        buffers = {
            key: build_replay(key, i, scheme, groups, preprocess, args)
            for i, key in enumerate(replays_of(learner_class.updates))
        }
        mac = mac_REGISTRY[args.mac](buffers[MAIN].scheme, groups, args)
        runner.setup(scheme, groups, preprocess, mac)
        learner = learner_class(mac, buffers[MAIN].scheme, logger, args)
    except BaseException:
        runner.close_env()
        raise
    return Experiment(args, logger, runner, buffers, mac, learner, RunningMeanStd())


def build_replay(
    size_key: str, number: int, scheme: Scheme, groups: Mapping[str, int], preprocess: Preprocess, args: SimpleNamespace
) -> ReplayBuffer:
    """The replay whose size the config key ``size_key`` gives; the main one is prioritised with ``use_per``.

    ``number`` tells the replays of one learner apart: with one seed they would draw the same episodes.
    """
    size, length = getattr(args, size_key), args.episode_limit + 1
    device = "cpu" if args.buffer_cpu_only else args.device
    seed = (args.seed, number) if number else args.seed
    if args.use_per and size_key == MAIN:
        return PrioritizedReplayBuffer(
            scheme,
            groups,
            size,
            length,
            alpha=args.per_alpha,
            beta=args.per_beta,
            t_max=args.t_max,
            by_return=args.return_priority,
            preprocess=preprocess,
            device=device,
            seed=seed,
        )
    return ReplayBuffer(scheme, groups, size, length, preprocess=preprocess, device=device, seed=seed)


def make_scheme(args: SimpleNamespace) -> Scheme:
    """What is recorded of every step, with PyMARL's keys."""
    scheme: dict[str, dict[str, Any]] = {
        "state": {"vshape": args.state_shape},
        "obs": {"vshape": args.obs_shape, "group": "agents"},
        "actions": {"vshape": (1,), "group": "agents", "dtype": th.long},
        "avail_actions": {"vshape": (args.n_actions,), "group": "agents", "dtype": th.int},
        "reward": {"vshape": (1,)},
        "terminated": {"vshape": (1,), "dtype": th.uint8},
    }
    if args.save_probs:
        scheme["probs"] = {"vshape": (args.n_actions,), "group": "agents"}
    return scheme
