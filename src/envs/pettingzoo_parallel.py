"""Any parallel environment of PettingZoo's interface, by the module that makes it (``mpe2.simple_spread_v3``).

The state is the agents' observations one after the other, as in EPyMARL, or the environment's own.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib import import_module
from numbers import Real
from typing import Any, Literal

import numpy as np
import pettingzoo  # noqa: F401 - named in the error where it is missing, before any environment's module
from gymnasium import spaces

from envs.gymma_spaces import own_state_fields
from envs.padded import Choices, PaddedEnv
from llm_credit.task import StateField, TaskDescription
from utils.errors import UserError

MASK = "action_mask"  # PettingZoo's name, in an observation or an agent's info


class PettingZooEnv(PaddedEnv):
    """One parallel environment.

    key: a module with a function ``parallel_env``, as ``mpe2.simple_spread_v3``.
    seed: given to the first reset; null draws one.
    time_limit: steps of an episode, at least the environment's own number where it has one.
    kwargs: arguments of ``parallel_env``.
    state: ``observations`` (one after the other) or ``own`` (what the environment's ``state()`` gives).
    reward_scalarisation: the team's reward is the ``sum`` or the ``mean`` of the agents' rewards.
    state_bound: state values whose declared range is wider than ``[-state_bound, state_bound]`` are clipped to it.
    return_low, return_high: bounds of an episode's team return; null: unknown, and declared as +-1e6.
    Raises UserError for a module, spaces or arguments that cannot be used.
    """

    family = "pettingzoo"

    def __init__(
        self,
        key: str,
        time_limit: int,
        seed: int | None = None,
        kwargs: dict[str, Any] | None = None,
        state: Literal["observations", "own"] = "observations",
        reward_scalarisation: Literal["sum", "mean"] = "sum",
        state_bound: float = 1e6,
        return_low: float | None = None,
        return_high: float | None = None,
    ) -> None:
        if state not in ("observations", "own"):
            raise UserError(f"env_args.state={state} does not exist; there is observations and own")
        if time_limit < 1:
            raise UserError(f"env_args.time_limit={time_limit}: an episode needs at least one step")
        choices = Choices(reward_scalarisation, state_bound, return_low, return_high).check()
        self._env = _make(key, kwargs or {})
        self._ids = list(self._env.possible_agents)
        self._masked = [_has_mask(self._env.observation_space(a)) for a in self._ids]
        observed = [_without_mask(self._env.observation_space(a)) for a in self._ids]
        actions = [_discrete(key, a, self._env.action_space(a)) for a in self._ids]
        super().__init__(key, kwargs or {}, observed, actions, choices, seed, [str(a) for a in self._ids])
        self.episode_limit, self._own_state = time_limit, state == "own"
        if self._own_state:
            self._use_fields(own_state_fields(_state_space(self._env, key), state_bound))
        else:
            self._use_fields(tuple(_with_zero(f) for f in self._fields))
        self._masks: dict[Any, Any] = {}
        self._present = set(self._ids)
        self._open = True

    def reset(self) -> tuple[list[np.ndarray], np.ndarray]:
        obs, infos = self._begin()
        self._look(obs, infos, set(self._env.agents))
        return self.get_obs(), self.get_state()

    def step(self, actions: Sequence[int] | np.ndarray) -> tuple[float, bool, dict[str, Any]]:
        playing = list(self._env.agents)
        chosen = {
            a: int(action) + int(space.start)
            for a, action, space in zip(self._ids, actions, self._action_spaces, strict=True)
            if a in playing
        }
        obs, rewards, terminated, truncated, infos = self._env.step(chosen)
        self._steps += 1
        present = set(self._env.agents)
        if not present:  # who was cut off at a time limit has a value after it, which is learned from what it sees
            present = {a for a in playing if truncated.get(a, False) and not terminated.get(a, False)}
        self._look(obs, infos, present)
        numbers = _means(infos)
        over = not self._env.agents or self._steps >= self.episode_limit
        if over:  # a real end where everybody who still played has come to one
            numbers["episode_limit"] = not all(terminated.get(a, False) for a in playing)
        return self._team_reward(rewards.get(a, 0.0) for a in self._ids), over, numbers

    def _look(self, obs: Mapping[Any, Any], infos: Mapping[Any, Any], present: set[Any]) -> None:
        """Agents that have left the game, which are all but those ``present``, see zeros."""
        self._present = present
        seen = {a: o for a, o in obs.items() if a in present}
        self._masks = {a: info[MASK] for a, info in infos.items() if MASK in info}
        for a, masked in zip(self._ids, self._masked, strict=True):
            if masked and a in seen:
                self._masks[a] = seen[a][MASK]
                seen[a] = seen[a]["observation"]
        self._obs = self._padded(seen.get(a) for a in self._ids)

    def get_state(self) -> np.ndarray:
        if not self._own_state:
            return super().get_state()
        state = np.ravel(self._env.state()).astype(np.float32)
        return state.clip(self._low, self._high)

    def get_avail_agent_actions(self, agent_id: int) -> list[int]:
        """An agent that has left the game, or that its environment lets do nothing, has its first action only."""
        agent = self._ids[agent_id]
        if agent not in self._present:
            return [1] + [0] * (self._n_actions - 1)
        own = super().get_avail_agent_actions(agent_id)
        if agent not in self._masks:
            return own
        allowed = [int(bool(m)) for m in self._masks[agent]] + [0] * self._n_actions
        allowed = allowed[: self._n_actions]
        return allowed if any(allowed) else [1] + [0] * (self._n_actions - 1)

    def _task_name(self) -> str:
        return f"{super()._task_name()}:state={'own' if self._own_state else 'observations'}"

    def describe(self) -> TaskDescription:
        about = inspect.cleandoc(type(self._env.unwrapped).__doc__ or "").split("\n\n")[0].replace("\n", " ")
        about = "" if type(self._env.unwrapped).__module__.startswith("pettingzoo.utils") else about
        return self._described(f"The PettingZoo environment {self.key} with {self.n_agents} agents. {about}")

    def close(self) -> None:
        if self._open:  # some environments fail at a second time
            self._env.close()
        self._open = False


def _make(key: str, kwargs: Mapping[str, Any]) -> Any:
    try:
        module = import_module(key)
    except ModuleNotFoundError as e:
        package = (e.name or key).split(".")[0]
        hint = f"is the name right, or does its package have to be installed, as by pip install {package}?"
        raise UserError(f"env_args.key={key} cannot be imported: there is no module {e.name}; {hint}") from e
    except (ImportError, TypeError, ValueError) as e:
        raise UserError(f"env_args.key={key} cannot be imported: {e}") from e
    maker = getattr(module, "parallel_env", None)
    if maker is None:
        raise UserError(f"env_args.key={key}: the module has no parallel_env, which env=pettingzoo calls")
    try:
        env = maker(**kwargs)
    except (TypeError, ValueError, AssertionError, ImportError) as e:
        raise UserError(
            f"env_args.key={key} cannot be made with env_args.kwargs={dict(kwargs)}: {type(e).__name__}: {e}"
        ) from e
    if not env.possible_agents:
        raise UserError(f"env_args.key={key}: the environment names no possible_agents")
    return env


def _has_mask(space: spaces.Space[Any]) -> bool:
    return isinstance(space, spaces.Dict) and set(space.spaces) == {"observation", MASK}


def _without_mask(space: spaces.Space[Any]) -> spaces.Space[Any]:
    return space["observation"] if isinstance(space, spaces.Dict) and _has_mask(space) else space


def _discrete(key: str, agent: Any, space: spaces.Space[Any]) -> spaces.Discrete:
    if not isinstance(space, spaces.Discrete):
        raise UserError(
            f"env_args.key={key}: {agent}'s actions are {type(space).__name__}; this framework takes Discrete ones "
            "(some packages have an argument for it, as continuous_actions=False)"
        )
    return space


def _state_space(env: Any, key: str) -> spaces.Space[Any]:
    space = getattr(env, "state_space", None)
    if not isinstance(space, spaces.Box):
        raise UserError(
            f"env_args.key={key} declares no state of its own (a Box state_space): set env_args.state=observations"
        )
    return space


def _with_zero(field: StateField) -> StateField:
    """An agent that has left the game sees zeros, which must lie in the range."""
    if field.low <= 0 <= field.high:
        return field
    meaning = f"{field.meaning}; 0 once the agent has left the game"
    return replace(field, low=min(field.low, 0.0), high=max(field.high, 0.0), meaning=meaning)


def _means(infos: Mapping[Any, Any]) -> dict[str, Any]:
    """Numbers that the agents' infos hold, as means over the agents that give them."""
    found: dict[str, list[float]] = {}
    for info in infos.values():
        for name, value in info.items():
            if isinstance(value, (Real, np.bool_)):
                found.setdefault(str(name), []).append(float(value))
    return {name: sum(values) / len(values) for name, values in found.items()}
