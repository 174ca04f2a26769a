"""PyMARL's ``episode`` runner: one environment, in this process."""

from __future__ import annotations

from types import SimpleNamespace
from typing import ClassVar

from runners.env_pool import EnvPool, LocalEnv
from runners.runner import Runner


class EpisodeRunner(Runner):
    """One episode at a time, nothing between trainer and environment."""

    max_batch_size: ClassVar[int | None] = 1

    def build_envs(self, args: SimpleNamespace) -> EnvPool:
        return LocalEnv(args.env, args.env_args)
