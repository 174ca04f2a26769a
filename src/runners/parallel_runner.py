"""PyMARL's ``parallel`` runner: ``batch_size_run`` environments, each in a worker process or all in one batch."""

from __future__ import annotations

from types import SimpleNamespace

import envs
from runners.batched_pool import BatchedPool
from runners.env_pool import EnvPool, WorkerPool
from runners.runner import Runner


class ParallelRunner(Runner):
    """Environments step at the same time; one forward pass chooses the actions of all of them.

    Where the adapter names a ``batched`` class, they are one batch in this process, else each has a worker process. The
    episodes are the same either way.
    """

    def build_envs(self, args: SimpleNamespace) -> EnvPool:
        batched = envs.REGISTRY[args.env].batched
        if batched is not None:
            return BatchedPool(batched, args.env_args, args.batch_size_run)
        return WorkerPool(args.env, args.env_args, args.batch_size_run, args.worker_timeout)
