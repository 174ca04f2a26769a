"""What every environment offers: PyMARL's methods, and a structured description of itself.

Legend: A agents, O observation, S state, U actions.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from llm_credit.task import TaskDescription
from utils.errors import UserError

if TYPE_CHECKING:
    from envs.batched import BatchedEnv


class MultiAgentEnv(ABC):
    """A cooperative task with one team reward. ``n_agents`` and ``episode_limit`` (steps) are set by subclasses.

    batched: the class that steps many episodes of this task at once, where there is one (see :mod:`envs.batched`).
    """

    batched: ClassVar[type[BatchedEnv] | None] = None
    n_agents: int
    episode_limit: int

    @abstractmethod
    def reset(self) -> tuple[list[np.ndarray], np.ndarray]:
        """Starts an episode; returns observations and state."""

    @abstractmethod
    def step(self, actions: Sequence[int] | np.ndarray) -> tuple[float, bool, dict[str, Any]]:
        """One joint action ``[A]`` -> team reward, whether the episode is over, and numbers worth logging.

        ``info["episode_limit"]`` is True where only time ran out: the last state then still has a value. Other entries
        of ``info`` are numbers; those of the last step are averaged over episodes and logged. An environment whose own
        program has failed ends the episode with ``info["episode_dropped"]`` True: the runner forgets that episode and
        plays another. Raises EnvironmentLost when that has happened too often.
        """

    @abstractmethod
    def get_obs(self) -> list[np.ndarray]:
        """Every agent's observation, float32 ``[O]``. Arrays are new at every step; nobody writes to them."""

    def get_obs_agent(self, agent_id: int) -> np.ndarray:
        return self.get_obs()[agent_id]

    @abstractmethod
    def get_obs_size(self) -> int: ...

    @abstractmethod
    def get_state(self) -> np.ndarray:
        """What the mixer sees in training, float32 ``[S]``; within the ranges that :meth:`describe` declares."""

    @abstractmethod
    def get_state_size(self) -> int: ...

    def get_avail_actions(self) -> list[list[int]]:
        """1 for every action that an agent can take now, ``A`` lists of ``U``; at least one each."""
        return [self.get_avail_agent_actions(i) for i in range(self.n_agents)]

    @abstractmethod
    def get_avail_agent_actions(self, agent_id: int) -> list[int]: ...

    @abstractmethod
    def get_total_actions(self) -> int:
        """How many actions an agent has, U."""

    @abstractmethod
    def describe(self) -> TaskDescription:
        """The task in words and numbers, made from the environment itself."""

    def get_env_info(self) -> dict[str, Any]:
        """Sizes, and the description as JSON (it has to come out of a worker process).

        agent_own_state_size: how many values of the state belong to each agent where the state begins with the agents'
        own values, agent by agent; None where it does not.
        """
        task = self.describe()
        return {
            "state_shape": self.get_state_size(),
            "obs_shape": self.get_obs_size(),
            "n_actions": self.get_total_actions(),
            "n_agents": self.n_agents,
            "episode_limit": self.episode_limit,
            "agent_own_state_size": own_state_size(task),
            "task": task.to_json(),
        }

    def get_stats(self) -> dict[str, float]:
        """Counts over all episodes so far, where the environment keeps any; runners add them up and log them."""
        return {}

    @abstractmethod
    def seed(self, seed: int | None = None) -> int | None:
        """Starts the random generator anew from ``seed`` (None leaves it alone); returns the seed in use.

        None is returned where the environment has no chance in it.
        """

    def rng_state(self) -> dict[str, Any] | None:
        """All that the coming episodes depend on, between two episodes, as plain values that JSON can hold.

        None where the environment does not give it away: a continued run then differs from an uninterrupted one.
        """
        return None

    def set_rng_state(self, state: dict[str, Any]) -> None:
        """Restores what :meth:`rng_state` gave, between two episodes. Raises UserError where it gives None."""
        raise UserError(f"{type(self).__name__} cannot restore its random generator")

    def render(self) -> Any:
        """Draws the current step. Raises UserError where the environment cannot."""
        raise UserError(f"{type(self).__name__} cannot be drawn")

    def save_replay(self) -> None:
        """Saves a replay of the last episode. Raises UserError where the environment records none."""
        raise UserError(f"{type(self).__name__} records no replays: run it with save_replay=False")

    @abstractmethod
    def close(self) -> None:
        """Frees everything; safe to call twice."""


def own_state_size(task: TaskDescription) -> int | None:
    """How many values each agent has at the beginning of the state; None if the state does not begin with them."""
    first = next((f for f in task.state_fields if f.per == "agent" and f.start == 0), None)
    if first is None:
        return None
    size = first.stride if task.n_agents > 1 else first.size
    own = {i for f in task.state_fields if f.per == "agent" and f.stride == first.stride for i in f.indices()}
    return size if set(range(size * task.n_agents)) <= own else None
