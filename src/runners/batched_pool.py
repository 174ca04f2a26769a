"""Environments of one batch, stepped together in this process.

Legend: n environments, b chosen ones, A agents.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from envs import worker
from envs.batched import BatchedEnv, BatchMember, last_info
from envs.worker import Observation, Step
from utils.seeding import env_seed


class BatchedPool:
    """``n`` environments as one batch: no process, no pipe, one call for all of them.

    Environment ``i`` has the seed of worker ``i`` of a ``WorkerPool`` and plays its episodes bit by bit.
    """

    def __init__(self, batched: type[BatchedEnv], env_args: Mapping[str, Any], n: int) -> None:
        self.n = n
        own = {key: value for key, value in env_args.items() if key != "seed"}
        self._env = batched(seeds=[env_seed(env_args["seed"], i) for i in range(n)], **own)
        self._members = [BatchMember(self._env, i) for i in range(n)]

    def env_info(self) -> dict[str, Any]:
        return self._members[0].get_env_info()

    def reset(self, which: Sequence[int] | None = None) -> list[Observation]:
        chosen = np.arange(self.n) if which is None else np.array(which)
        self._env.reset(chosen)
        return self._observe(chosen)

    def step(self, actions: Mapping[int, Any]) -> list[Step]:
        which = np.fromiter(actions, dtype=np.int64, count=len(actions))
        step = self._env.step(which, np.stack(list(actions.values())))  # [b, A]
        infos = [last_info(self._env, i, step, k) for k, i in enumerate(actions)]
        return list(zip(step.reward.tolist(), step.over.tolist(), infos, self._observe(which), strict=True))

    def _observe(self, which: np.ndarray) -> list[Observation]:
        env = self._env
        return list(zip(env.state(which), env.avail_actions(which), env.obs(which), strict=True))

    def call(self, command: str, arguments: Sequence[tuple[Any, ...]] | None = None) -> list[Any]:
        given = arguments or [()] * self.n
        return [worker.COMMANDS[command](m, *a) for m, a in zip(self._members, given, strict=True)]

    def close(self) -> None:
        self._env.close()
