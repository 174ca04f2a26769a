"""Any Gymnasium multi-agent environment whose action and observation spaces are Tuples with an entry per agent.

The state is the agents' observations one after the other, as in EPyMARL.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Sequence
from numbers import Real
from typing import Any, Literal

import gymnasium
import numpy as np
from gymnasium import spaces

from envs.gymma_make import make_gymnasium_env
from envs.padded import Choices, PaddedEnv
from llm_credit.task import TaskDescription
from utils.errors import UserError


class GymmaEnv(PaddedEnv):
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

    family = "gymma"

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
        choices = Choices(reward_scalarisation, state_bound, return_low, return_high).check()
        self._env, self.episode_limit = make_gymnasium_env(key, import_module, dict(kwargs or {}), time_limit)
        super().__init__(key, kwargs or {}, *_agent_spaces(self._env, key), choices, seed)

    def reset(self) -> tuple[list[np.ndarray], np.ndarray]:
        obs, _ = self._begin()
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
        team = self._team_reward(rewards if isinstance(rewards, Iterable) else [rewards])
        return team, over, numbers

    def describe(self) -> TaskDescription:
        own_words = inspect.cleandoc(type(self._env.unwrapped).__doc__ or "")  # the class's own, none that it inherits
        about = own_words.split("\n\n")[0].replace("\n", " ")
        return self._described(f"The Gymnasium environment {self.key} with {self.n_agents} agents. {about}")

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
