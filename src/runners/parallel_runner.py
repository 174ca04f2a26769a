"""PyMARL's ``parallel`` runner: ``batch_size_run`` environments, each in a worker process."""

from __future__ import annotations

from types import SimpleNamespace

from runners.env_pool import EnvPool, WorkerPool
from runners.runner import Runner


class ParallelRunner(Runner):
    """Workers step at the same time; one forward pass chooses the actions of all of them."""

    def build_envs(self, args: SimpleNamespace) -> EnvPool:
        return WorkerPool(args.env, args.env_args, args.batch_size_run, args.worker_timeout)
