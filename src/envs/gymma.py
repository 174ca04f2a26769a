"""Any Gymnasium multi-agent environment whose action and observation spaces are Tuples with an entry per agent.

The state is the agents' observations one after the other, as in EPyMARL.

Legend: A agents, O observation (padded to the longest), S = A * O, U actions (of the agent with the most).
"""

from __future__ import annotations

import inspect
import json
import math
from collections.abc import Iterable, Sequence
from numbers import Real
from typing import Any, Literal

import gymnasium
import numpy as np
from gymnasium import spaces

from envs.gymma_make import make_gymnasium_env
from envs.gymma_spaces import state_fields
from envs.multiagentenv import MultiAgentEnv
from llm_credit.task import Action, Agent, StateField, TaskDescription
from utils.errors import UserError
from utils.seeding import draw_seed

UNKNOWN_RETURN = 1e6  # declared where nobody says what an episode's return can be


class GymmaEnv(MultiAgentEnv):
    """One Gymnasium environment.

    key: a Gymnasium id, or ``module:id`` where importing ``module`` registers it.
    seed: given to the first reset; null draws one.
    time_limit: steps of an episode; null takes the limit that the id is registered with.
    import_module: a module to import before the id is looked up.
    kwargs: arguments of the environment in place of the id's own.
    reward_scalarisation: the team's reward is the ``sum`` or the ``mean`` of the agents' rewards.
    state_bound: state values whose declared range is wider than ``[-state_bound, state_bound]`` are clipped to it (the
        observations are not), so that every range in the task description is finite and true.
    return_low, return_high: bounds of an episode's team return; null: unknown, and declared as +-1e6.
    Raises UserError for an id, spaces or arguments that cannot be used.
    """

    def __init__(
        self,
        key: str,
        seed: int | None = None,
        time_limit: int | None = None,
        import_module: str | None = None,
        kwargs: dict[str, Any] | None = None,
        reward_scalarisation: Literal["sum", "mean"] = "sum",
        state_bound: float = 1e6,
        return_low: float | None = None,
        return_high: float | None = None,
    ) -> None:
        if reward_scalarisation not in ("sum", "mean"):
            raise UserError(
                f"env_args.reward_scalarisation={reward_scalarisation} does not exist; there is sum and mean"
            )
        if not 0 < state_bound < math.inf:
            raise UserError(f"env_args.state_bound={state_bound} must be finite and above 0")
        self.key, self.kwargs = key, dict(kwargs or {})
        self._env, self.episode_limit = make_gymnasium_env(key, import_module, self.kwargs, time_limit)
        self._obs_spaces, self._action_spaces = _agent_spaces(self._env, key)
        self.n_agents = len(self._action_spaces)
        self._n_actions = max(int(space.n) for space in self._action_spaces)
        self._obs_dim = max(spaces.flatdim(space) for space in self._obs_spaces)
        self._fields = state_fields(self._obs_spaces, state_bound)
        self._low, self._high = _bounds(self._fields, self.get_state_size())
        self._mean_reward = reward_scalarisation == "mean"
        self._return_known = return_low is not None and return_high is not None
        self._return_low = -UNKNOWN_RETURN if return_low is None else float(return_low)
        self._return_high = UNKNOWN_RETURN if return_high is None else float(return_high)
        if self._return_low > self._return_high:
            raise UserError(f"env_args.return_low={return_low} lies above return_high={return_high}")
        self._obs = np.zeros((self.n_agents, self._obs_dim), dtype=np.float32)
        self._steps = 0
        self._seed = draw_seed() if seed is None else seed
        self._seed_due = True

    def reset(self) -> tuple[list[np.ndarray], np.ndarray]:
        # Seeded once: a seed at every reset would give the same episode for ever.
        obs, _ = self._env.reset(seed=self._seed) if self._seed_due else self._env.reset()
        self._seed_due = False
        self._steps = 0
        self._obs = self._padded(obs)
        return self.get_obs(), self.get_state()

    def step(self, actions: Sequence[int] | np.ndarray) -> tuple[float, bool, dict[str, Any]]:
        chosen = tuple(int(a) + int(space.start) for a, space in zip(actions, self._action_spaces, strict=True))
        obs, rewards, done, truncated, info = self._env.step(chosen)
        self._steps += 1
        self._obs = self._padded(obs)
        numbers = {k: float(v) for k, v in info.items() if isinstance(v, (Real, np.bool_))}
        terminated = all(done) if isinstance(done, Iterable) else bool(done)
        cut = all(truncated) if isinstance(truncated, Iterable) else bool(truncated)
        over = terminated or cut or self._steps >= self.episode_limit
        if over:
            numbers["episode_limit"] = not terminated
        return self._team_reward(rewards), over, numbers

    def _team_reward(self, rewards: Any) -> float:
        if not isinstance(rewards, Iterable):
            return float(rewards)  # the environment pays the team
        each = [float(r) for r in rewards]
        return sum(each) / len(each) if self._mean_reward else sum(each)

    def _padded(self, observations: Iterable[Any]) -> np.ndarray:
        """The agents' observations flattened, with zeros up to the longest, float32 ``[A, O]``."""
        padded = np.zeros((self.n_agents, self._obs_dim), dtype=np.float32)
        for row, space, obs in zip(padded, self._obs_spaces, observations, strict=True):
            flat = np.ravel(obs) if isinstance(space, spaces.Box) else np.asarray(spaces.flatten(space, obs))
            row[: len(flat)] = flat
        return padded

    def get_obs(self) -> list[np.ndarray]:
        return list(self._obs)

    def get_obs_size(self) -> int:
        return self._obs_dim

    def get_state(self) -> np.ndarray:
        return self._obs.ravel().clip(self._low, self._high)  # [A, O] -> [A * O]

    def get_state_size(self) -> int:
        return self.n_agents * self._obs_dim

    def get_avail_agent_actions(self, agent_id: int) -> list[int]:
        own = int(self._action_spaces[agent_id].n)
        return [1] * own + [0] * (self._n_actions - own)

    def get_total_actions(self) -> int:
        return self._n_actions

    def describe(self) -> TaskDescription:
        sizes = [(spaces.flatdim(o), int(a.n)) for o, a in zip(self._obs_spaces, self._action_spaces, strict=True)]
        own_words = inspect.cleandoc(type(self._env.unwrapped).__doc__ or "")  # the class's own, none that it inherits
        about = own_words.split("\n\n")[0].replace("\n", " ")
        return TaskDescription(
            name=f"gymma:{self.key}",
            family="gymma",
            summary=f"The Gymnasium environment {self.key} with {self.n_agents} agents. {about}".rstrip(),
            agents=tuple(
                Agent(f"agent_{i}", f"observes {o} values, has {u} actions") for i, (o, u) in enumerate(sizes)
            ),
            actions=tuple(Action(f"action_{u}", f"the environment's action {u}") for u in range(self._n_actions)),
            state_fields=self._fields,
            state_dim=self.get_state_size(),
            obs_dim=self._obs_dim,
            reward=f"The {'mean' if self._mean_reward else 'sum'} of what the environment pays the agents at a step.",
            return_low=self._return_low,
            return_high=self._return_high,
            episode_end=f"When the environment says so, or after {self.episode_limit} steps.",
            episode_limit=self.episode_limit,
            facts={
                "key": self.key,
                "kwargs": json.loads(json.dumps(self.kwargs, default=str)),
                "return_known": self._return_known,
            },
        )

    def seed(self, seed: int | None = None) -> int:
        if seed is not None:
            self._seed, self._seed_due = seed, True
        return self._seed

    def render(self) -> Any:
        return self._env.render()

    def close(self) -> None:
        self._env.close()


def _agent_spaces(env: gymnasium.Env[Any, Any], key: str) -> tuple[list[spaces.Space[Any]], list[spaces.Discrete]]:
    """Observation and action space of every agent. Raises UserError where they are not what this adapter takes."""
    actions, observations = env.action_space, env.observation_space
    if not isinstance(actions, spaces.Tuple) or not isinstance(observations, spaces.Tuple):
        raise UserError(
            f"env_args.key={key}: env=gymma takes environments whose action and observation spaces are Tuples with an "
            f"entry per agent; here they are {type(actions).__name__} and {type(observations).__name__}"
        )
    unlike = sorted({type(space).__name__ for space in actions.spaces if not isinstance(space, spaces.Discrete)})
    if unlike or len(actions) != len(observations):
        raise UserError(
            f"env_args.key={key}: every agent needs one Discrete action space and one observation space; found "
            f"{len(actions)} action spaces ({', '.join(unlike) or 'Discrete'}), {len(observations)} observation spaces"
        )
    return list(observations.spaces), [space for space in actions.spaces if isinstance(space, spaces.Discrete)]


def _bounds(fields: Sequence[StateField], state_dim: int) -> tuple[np.ndarray, np.ndarray]:
    """The declared range of every state value, float32 ``[S]`` each."""
    low, high = np.zeros(state_dim, dtype=np.float32), np.zeros(state_dim, dtype=np.float32)
    for field in fields:
        low[list(field.indices())], high[list(field.indices())] = field.low, field.high
    return low, high
