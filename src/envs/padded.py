"""What adapters for other packages' environments share: spaces flattened and padded, and a description made of them.

The state is the agents' observations one after the other, as in EPyMARL, unless an adapter sets fields of its own.

Legend: A agents, O observation (padded to the longest), S state (A * O for observations), U actions (of the agent with
the most).
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

import numpy as np
from gymnasium import spaces

from envs.gymma_spaces import state_fields
from envs.multiagentenv import MultiAgentEnv
from envs.ranges import inner_bounds
from llm_credit.task import Action, Agent, StateField, TaskDescription
from utils.errors import UserError
from utils.seeding import draw_seed

UNKNOWN_RETURN = 1e6  # declared where nobody says what an episode's return can be


class Choices(NamedTuple):
    """Arguments that the adapters share. Raises UserError where they contradict themselves.

    reward_scalarisation: ``sum`` or ``mean`` of the agents' rewards. state_bound: wider ranges are clipped to it.
    return_low, return_high: bounds of an episode's team return, None where unknown.
    """

    reward_scalarisation: str
    state_bound: float
    return_low: float | None
    return_high: float | None

    @property
    def low(self) -> float:
        return -UNKNOWN_RETURN if self.return_low is None else float(self.return_low)

    @property
    def high(self) -> float:
        return UNKNOWN_RETURN if self.return_high is None else float(self.return_high)

    def check(self) -> Choices:
        if self.reward_scalarisation not in ("sum", "mean"):
            raise UserError(
                f"env_args.reward_scalarisation={self.reward_scalarisation} does not exist; there is sum and mean"
            )
        if not 0 < self.state_bound < math.inf:
            raise UserError(f"env_args.state_bound={self.state_bound} must be finite and above 0")
        if self.low > self.high:
            raise UserError(f"env_args.return_low={self.low:g} lies above return_high={self.high:g}")
        return self


class PaddedEnv(MultiAgentEnv):
    """An environment with a space of observations and one of actions for every agent; subclasses play it."""

    family: ClassVar[str]
    _env: Any  # the package's environment

    def __init__(
        self,
        key: str,
        kwargs: Mapping[str, Any],
        observations: Sequence[spaces.Space[Any]],
        actions: Sequence[spaces.Discrete],
        choices: Choices,
        seed: int | None,
        names: Sequence[str] = (),
    ) -> None:
        self.key, self.kwargs, self._choices = key, dict(kwargs), choices
        self._obs_spaces, self._action_spaces = list(observations), list(actions)
        self.n_agents = len(self._action_spaces)
        self._names = list(names) or [f"agent_{i}" for i in range(self.n_agents)]
        self._n_actions = max(int(space.n) for space in self._action_spaces)
        self._obs_dim = max(spaces.flatdim(space) for space in self._obs_spaces)
        self._use_fields(state_fields(self._obs_spaces, choices.state_bound))
        self._obs = np.zeros((self.n_agents, self._obs_dim), dtype=np.float32)
        self._steps = 0
        self._seed = draw_seed() if seed is None else seed
        self._seed_due = True

    def _begin(self) -> tuple[Any, Any]:
        """The package's own reset: observations and infos. Seeded once: always, it would give one episode for ever."""
        self._steps = 0
        due, self._seed_due = self._seed_due, False
        begun: tuple[Any, Any] = self._env.reset(seed=self._seed) if due else self._env.reset()
        return begun

    def _use_fields(self, fields: tuple[StateField, ...]) -> None:
        self._fields = fields
        self._state_dim = sum(f.size * f.count for f in fields)
        self._low, self._high = inner_bounds(fields, self._state_dim)

    def _team_reward(self, rewards: Iterable[Any]) -> float:
        each = [float(r) for r in rewards]
        return sum(each) / len(each) if self._choices.reward_scalarisation == "mean" else sum(each)

    def _padded(self, observations: Iterable[Any]) -> np.ndarray:
        """The agents' observations flattened, with zeros up to the longest, float32 ``[A, O]``. None gives zeros."""
        padded = np.zeros((self.n_agents, self._obs_dim), dtype=np.float32)
        for row, space, obs in zip(padded, self._obs_spaces, observations, strict=True):
            if obs is None:
                continue
            flat = np.ravel(obs) if isinstance(space, spaces.Box) else np.asarray(spaces.flatten(space, obs))
            row[: len(flat)] = flat
        return padded

    def seed(self, seed: int | None = None) -> int:
        if seed is not None:
            self._seed, self._seed_due = seed, True
        return self._seed

    def render(self) -> Any:
        return self._env.render()

    def get_obs(self) -> list[np.ndarray]:
        return list(self._obs)

    def get_obs_size(self) -> int:
        return self._obs_dim

    def get_state(self) -> np.ndarray:
        return self._obs.ravel().clip(self._low, self._high)  # [A, O] -> [A * O]

    def get_state_size(self) -> int:
        return self._state_dim

    def get_avail_agent_actions(self, agent_id: int) -> list[int]:
        own = int(self._action_spaces[agent_id].n)
        return [1] * own + [0] * (self._n_actions - own)

    def get_total_actions(self) -> int:
        return self._n_actions

    def _task_name(self) -> str:
        """The key and what else shapes the task."""
        kwargs = json.dumps(self.kwargs, sort_keys=True, default=str, separators=(",", ":"))
        parts = [
            self.family,
            self.key,
            f"time_limit={self.episode_limit}",
            *([f"kwargs={kwargs}"] if self.kwargs else []),
        ]
        return ":".join(parts)

    def _described(self, summary: str) -> TaskDescription:
        sizes = [(spaces.flatdim(o), int(a.n)) for o, a in zip(self._obs_spaces, self._action_spaces, strict=True)]
        return TaskDescription(
            name=self._task_name(),
            family=self.family,
            summary=summary.rstrip(),
            agents=tuple(
                Agent(name, f"observes {o} values, has {u} actions")
                for name, (o, u) in zip(self._names, sizes, strict=True)
            ),
            actions=tuple(Action(f"action_{u}", f"the environment's action {u}") for u in range(self._n_actions)),
            state_fields=self._fields,
            state_dim=self.get_state_size(),
            obs_dim=self._obs_dim,
            reward=f"The {self._choices.reward_scalarisation} of what the environment pays the agents at a step.",
            return_low=self._choices.low,
            return_high=self._choices.high,
            episode_end=f"When the environment says so, or after {self.episode_limit} steps.",
            episode_limit=self.episode_limit,
            facts={
                "key": self.key,
                "kwargs": json.loads(json.dumps(self.kwargs, default=str)),
                "return_known": self._choices.return_low is not None and self._choices.return_high is not None,
            },
        )
