"""The rollout loop of every runner.

Legend: B environments, T time steps, A agents.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import torch as th

from components.episode_buffer import EpisodeBatch, Preprocess, Scheme
from controllers import BasicMAC
from envs.worker import Observation
from runners.env_pool import EnvPool
from runners.episode_stats import EpisodeStats

if TYPE_CHECKING:
    from utils.logging import Logger


class Runner(ABC):
    """Runs one episode in each environment at a call of :meth:`run`. Names and signatures are PyMARL's.

    Collected batches lie on the CPU: a step's few numbers are cheaper to write there than to send to a GPU one by one.
    """

    max_batch_size: ClassVar[int | None] = None

    def __init__(self, args: SimpleNamespace, logger: Logger) -> None:
        self.args = args
        self.logger = logger
        self.batch_size: int = args.batch_size_run
        self.envs = self.build_envs(args)
        self.env_info: dict[str, Any] = self.envs.env_info()
        self.episode_limit: int = self.env_info["episode_limit"]
        self.t_env = 0
        self.train_stats = EpisodeStats("")
        self.test_stats = EpisodeStats("test_")
        self.dropped_episodes = 0
        self.log_train_stats_t = -args.runner_log_interval  # the first episodes are logged

    @abstractmethod
    def build_envs(self, args: SimpleNamespace) -> EnvPool:
        """The environments that this runner steps."""

    def setup(self, scheme: Scheme, groups: Mapping[str, int], preprocess: Preprocess, mac: BasicMAC) -> None:
        """Says what to record and who acts."""
        self.new_batch = partial(
            EpisodeBatch, scheme, groups, self.batch_size, self.episode_limit + 1, preprocess=preprocess, device="cpu"
        )
        self.mac = mac

    def get_env_info(self) -> dict[str, Any]:
        return self.env_info

    def save_replay(self) -> None:
        self.envs.call("save_replay")

    def close_env(self) -> None:
        self.envs.close()

    @th.no_grad()
    def run(self, test_mode: bool = False) -> EpisodeBatch:
        """One episode of each environment, ``[B, episode_limit + 1, ...]``; ``t_env`` advances unless testing.

        An episode that its environment drops (``info["episode_dropped"]``) leaves no trace: it is played anew.
        """
        batch = self.new_batch()
        episodes = _Episodes(self.batch_size)
        missing = list(range(self.batch_size))
        while missing:
            self._play(batch, missing, episodes, test_mode)
            missing = [i for i in missing if episodes.infos[i].get("episode_dropped", False)]
            for i in missing:
                batch.clear(i)
            self.dropped_episodes += len(missing)
        if not test_mode:
            self.t_env += int(episodes.lengths.sum())
        stats = self.test_stats if test_mode else self.train_stats
        for episode in zip(episodes.returns.tolist(), episodes.lengths.tolist(), episodes.infos, strict=True):
            stats.add(*episode)
        self._log_when_due(test_mode)
        return batch

    def _play(self, batch: EpisodeBatch, which: Sequence[int], episodes: _Episodes, test_mode: bool) -> None:
        """One episode in the environments ``which``, written to their rows of ``batch`` and of ``episodes``."""
        bs: slice | list[int] = slice(None) if len(which) == self.batch_size else list(which)
        batch.update(_pre_transition(self.envs.reset(which)), bs=bs, ts=0)
        self.mac.init_hidden(self.batch_size)
        episodes.start(which)
        acting = running = list(which)  # acting: have a state at t; running: not over yet
        t = 0
        while True:
            bs = slice(None) if len(acting) == self.batch_size else acting
            # The last state of an episode gets an action too: Q(lambda) and policy learners read its value.
            act = self.mac.act(batch, t_ep=t, t_env=self.t_env, bs=bs, test_mode=test_mode)  # actions [b, A, 1], ...
            batch.update(act, bs=bs, ts=t, mark_filled=False)
            if not running:
                break
            self._check_length(t)
            chosen = dict(zip(acting, act["actions"].squeeze(-1).numpy(), strict=True))
            results = self.envs.step({i: chosen[i] for i in running})
            over = [r[1] for r in results]
            bs = slice(None) if len(running) == self.batch_size else running
            transition = {
                "reward": np.array([[r[0]] for r in results]),
                # an episode that only ran out of time is not terminal: its last state has a value
                "terminated": np.array([[r[1] and not r[2].get("episode_limit", False)] for r in results]),
            }
            batch.update(transition, bs=bs, ts=t, mark_filled=False)
            t += 1
            batch.update(_pre_transition([r[3] for r in results]), bs=bs, ts=t)
            for i, (reward, _, info, _) in zip(running, results, strict=True):
                episodes.returns[i] += reward
                episodes.lengths[i] += 1
                episodes.infos[i] = info
            acting, running = running, [i for i, done in zip(running, over, strict=True) if not done]

    def _check_length(self, t: int) -> None:
        if t >= self.episode_limit:
            raise RuntimeError(
                f"an episode of env={self.args.env} goes on after its episode_limit of {self.episode_limit} steps; "
                f"its adapter must end it there (info['episode_limit'] = True)"
            )

    def _log_when_due(self, test_mode: bool) -> None:
        """Test episodes once all ``test_nepisode`` are in, training episodes every ``runner_log_interval`` steps."""
        if test_mode:
            if len(self.test_stats.returns) >= self.args.test_nepisode:
                self.test_stats.log(self.logger, self.t_env)
        elif self.t_env - self.log_train_stats_t >= self.args.runner_log_interval:
            self.train_stats.log(self.logger, self.t_env)
            self.logger.log_stat("epsilon", self.mac.action_selector.epsilon, self.t_env)
            if self.dropped_episodes:
                self.logger.log_stat("dropped_episodes", self.dropped_episodes, self.t_env)
            self._log_counts()
            self.log_train_stats_t = self.t_env

    def _log_counts(self) -> None:
        """The environments' own counts, added up over them."""
        counts: Counter[str] = Counter()
        for stats in self.envs.call("get_stats"):
            counts.update(stats)
        for key, value in counts.items():
            self.logger.log_stat(key, value, self.t_env)

    def state_dict(self) -> dict[str, Any]:
        """What a continued run needs, between two episodes: counters and the environments' generators."""
        return {
            "t_env": self.t_env,
            "log_train_stats_t": self.log_train_stats_t,
            "train_stats": self.train_stats.state_dict(),
            "epsilon": self.mac.action_selector.epsilon,  # DOP's controller begins the next episode with it
            "env_rng": self.envs.call("rng_state"),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.t_env = state["t_env"]
        self.log_train_stats_t = state["log_train_stats_t"]
        self.train_stats.load_state_dict(state["train_stats"])
        self.mac.action_selector.epsilon = state["epsilon"]
        if len(state["env_rng"]) == self.batch_size and all(s is not None for s in state["env_rng"]):
            self.envs.call("set_rng_state", [(s,) for s in state["env_rng"]])


class _Episodes:
    """Returns, lengths and last infos of the episodes of one call of ``run``, by environment."""

    def __init__(self, n: int) -> None:
        self.returns, self.lengths = np.zeros(n), np.zeros(n, dtype=int)
        self.infos: list[Mapping[str, Any]] = [{} for _ in range(n)]

    def start(self, which: Sequence[int]) -> None:
        for i in which:
            self.returns[i], self.lengths[i], self.infos[i] = 0.0, 0, {}


def _pre_transition(observations: Sequence[Observation]) -> dict[str, np.ndarray]:
    """What is known before the agents act: ``state [b, S]``, ``avail_actions [b, A, U]``, ``obs [b, A, O]``."""
    states, avail_actions, obs = zip(*observations, strict=True)
    return {"state": np.array(states), "avail_actions": np.array(avail_actions), "obs": np.array(obs)}
