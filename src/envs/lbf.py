"""Level-Based Foraging (``lbforaging`` 2.0.0): agents of different levels load food together.

Legend: A agents, F foods, O observation, S state.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import gymnasium
import lbforaging  # noqa: F401 - registers the ids
import numpy as np

from envs.lbf_description import describe_lbf, highest_food_level
from envs.lbf_fields import N_ACTIONS, units
from envs.lbf_game import FastForaging
from envs.multiagentenv import MultiAgentEnv
from envs.suggest import nearest
from llm_credit.task import TaskDescription
from utils.errors import UserError
from utils.seeding import draw_seed

ONE_HOT = np.eye(N_ACTIONS, dtype=np.float32)


class LBFEnv(MultiAgentEnv):
    """One LBF task.

    key: a registered id, as ``Foraging-8x8-2p-2f-coop-v3`` (EPyMARL's ``lbforaging:`` before it may stay).
    seed: of the environment's random generator; null draws one.
    state: ``global`` (agents' and foods' positions and levels, last actions), ``scaled`` (the same in lengths of the
        field and shares of the highest food level), or ``observations`` (the agents' observations one after the other,
        as EPyMARL).
    time_limit: steps of an episode, null for the id's own (50).
    reward_scalarisation: the team's reward is the ``sum`` (EPyMARL's default) or the ``mean`` of the agents' rewards.
    kwargs: arguments of the package's game that replace the id's own, as ``{penalty: 0.1, sight: 3}``.
    Raises UserError for an unknown id and for arguments that the game refuses.
    """

    def __init__(
        self,
        key: str,
        seed: int | None = None,
        state: Literal["global", "scaled", "observations"] = "global",
        time_limit: int | None = None,
        reward_scalarisation: Literal["sum", "mean"] = "sum",
        kwargs: dict[str, Any] | None = None,
    ) -> None:
        _check_choice("state", state, ("global", "scaled", "observations"))
        _check_choice("reward_scalarisation", reward_scalarisation, ("sum", "mean"))
        self.key = key.removeprefix("lbforaging:")
        self.changes = {**(kwargs or {}), **({} if time_limit is None else {"max_episode_steps": time_limit})}
        self.game = _build_game(self.key, self.changes)
        self.state_kind = state
        self.n_agents = len(self.game.players)
        self.episode_limit = int(self.game._max_episode_steps)
        self.reward_scale = 1.0 if reward_scalarisation == "sum" else 1.0 / self.n_agents
        self._units = units(self.game.rows, self.game.cols, highest_food_level(self.game))
        self._last_actions = np.zeros((self.n_agents, N_ACTIONS), dtype=np.float32)
        self._seed = self.seed(draw_seed() if seed is None else seed)

    def reset(self) -> tuple[list[np.ndarray], np.ndarray]:
        self.game.reset()
        self._last_actions = np.zeros((self.n_agents, N_ACTIONS), dtype=np.float32)
        return self.get_obs(), self.get_state()

    def step(self, actions: Sequence[int] | np.ndarray) -> tuple[float, bool, dict[str, Any]]:
        chosen = [int(a) for a in actions]
        _, rewards, done, _, _ = self.game.step(chosen)
        self._last_actions = ONE_HOT[chosen]  # [A, 6]
        reward = float(sum(rewards)) * self.reward_scale
        if not done:
            return reward, False, {}
        # The game says "done", and never "truncated", for its time limit too; only an empty field is a real end.
        return reward, True, {"episode_limit": bool(self.game.field.any())}

    def get_obs(self) -> list[np.ndarray]:
        return list(self.game.obs)

    def get_obs_size(self) -> int:
        return int(self.game.observation_space[0].shape[0])

    def get_state(self) -> np.ndarray:
        if self.state_kind == "observations":
            return self.game.obs.ravel()  # [A, O] -> [A * O]
        entities = np.array(self.game.agents + self.game.food_slots, dtype=np.float32)  # [A + F, 3]
        if self.state_kind == "scaled":
            entities = np.maximum(entities, 0.0) / self._units
        return np.concatenate([entities.ravel(), self._last_actions.ravel()])  # [3 * (A + F) + 6 * A]

    def get_state_size(self) -> int:
        if self.state_kind == "observations":
            return self.n_agents * self.get_obs_size()
        return 3 * (self.n_agents + int(self.game.max_num_food)) + N_ACTIONS * self.n_agents

    def get_avail_agent_actions(self, agent_id: int) -> list[int]:
        """All six: an impossible one does nothing. (As in the PyMARL family, so that results can be compared.)"""
        return [1] * N_ACTIONS

    def get_total_actions(self) -> int:
        return N_ACTIONS

    def describe(self) -> TaskDescription:
        return describe_lbf(self.game, self.key, self.state_kind, self.reward_scale, self.changes)

    def seed(self, seed: int | None = None) -> int:
        if seed is not None:
            self._seed = seed
            self.game.seed(seed)
            for player in self.game.players:
                player.position = None  # see rng_state
        return self._seed

    def rng_state(self) -> dict[str, Any]:
        # The game avoids the cells of the *last* episode's players too when it places new ones, so that the next
        # episode depends on where they stood and not only on the generator.
        positions = [None if p.position is None else [int(x) for x in p.position] for p in self.game.players]
        return {"generator": self.game.np_random.bit_generator.state, "positions": positions}

    def set_rng_state(self, state: dict[str, Any]) -> None:
        self.game.np_random.bit_generator.state = state["generator"]
        for player, position in zip(self.game.players, state["positions"], strict=True):
            player.position = None if position is None else tuple(position)

    def render(self) -> Any:
        """Draws in a window. Raises UserError where there is no display."""
        if "DISPLAY" not in os.environ and sys.platform == "linux":
            raise UserError("Level-Based Foraging is drawn in a window, and there is no display")
        return self.game.render()

    def close(self) -> None:
        self.game.close()
        self.game.viewer = None  # the package would close its window a second time


def _check_choice(name: str, value: Any, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise UserError(f"env_args.{name}={value} does not exist; there is {', '.join(choices)}")


def _build_game(key: str, changes: Mapping[str, Any]) -> FastForaging:
    """The game of a registered id with some of its arguments replaced. Raises UserError."""
    ids = [i for i in gymnasium.registry if i.startswith("Foraging")]
    if key not in ids:
        raise UserError(f"env_args.key={key} is no Level-Based Foraging task. {nearest(key, ids)}")
    kwargs = {**gymnasium.spec(key).kwargs, **changes}
    if kwargs.get("grid_observation"):
        raise UserError("env_args: this adapter observes vectors, not grids: leave grid_observation out")
    try:
        if kwargs["max_episode_steps"] < 1 or kwargs["max_num_food"] < 1:
            raise ValueError("an episode needs at least one step (time_limit) and one food (max_num_food)")
        game = FastForaging(**kwargs)
        game.reset(seed=0)  # some arguments fail only here; the adapter seeds anew
        return game
    except (TypeError, ValueError, AssertionError, IndexError) as e:
        raise UserError(f"env_args: {key} refuses its arguments {dict(changes)}: {e}") from e
