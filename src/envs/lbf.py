"""Level-Based Foraging (``lbforaging`` 2.0.0): agents of different levels load food together.

Legend: A agents, F foods, O observation, S state.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import gymnasium
import lbforaging  # noqa: F401 - registers the ids
import numpy as np
from gymnasium.error import Error as GymnasiumError

from envs.lbf_game import FastForaging
from envs.lbf_description import describe_lbf
from envs.multiagentenv import MultiAgentEnv
from envs.suggest import nearest
from llm_credit.task import TaskDescription
from utils.errors import UserError

N_ACTIONS = 6  # none, north, south, west, east, load


class LBFEnv(MultiAgentEnv):
    """One LBF task.

    key: a registered id, as ``Foraging-8x8-2p-2f-coop-v3``.
    seed: of the environment's random generator.
    state: ``global`` (agents' and foods' positions and levels, last actions) or ``observations`` (the agents'
        observations one after the other, as EPyMARL).
    time_limit: steps of an episode, null for the id's own (50).
    """

    def __init__(
        self,
        key: str,
        seed: int | None = None,
        state: Literal["global", "observations"] = "global",
        time_limit: int | None = None,
    ) -> None:
        if state not in ("global", "observations"):
            raise UserError(f"env_args.state={state} does not exist; there is global and observations")
        kwargs = _kwargs_of(key)
        if time_limit is not None:
            kwargs["max_episode_steps"] = time_limit
        self.key = key
        self.state_kind = state
        self.game = FastForaging(**kwargs)
        self.n_agents = len(self.game.players)
        self.n_food = int(self.game.max_num_food)
        self.episode_limit = int(kwargs["max_episode_steps"])
        self._obs: list[np.ndarray] = []
        self._last_actions = np.zeros((self.n_agents, N_ACTIONS), dtype=np.float32)
        self._slots: list[tuple[int, int]] = []  # where each food of this episode was placed
        self.seed(seed)

    def reset(self) -> tuple[list[np.ndarray], np.ndarray]:
        self._obs = list(self.game.reset()[0])
        self._slots = [(int(r), int(c)) for r, c in zip(*np.nonzero(self.game.field), strict=True)]
        self._last_actions[:] = 0
        return self._obs, self.get_state()

    def step(self, actions: Sequence[int] | np.ndarray) -> tuple[float, bool, dict[str, Any]]:
        chosen = [int(a) for a in actions]
        obs, rewards, done, _, _ = self.game.step(chosen)
        self._obs = list(obs)
        self._last_actions[:] = 0
        self._last_actions[np.arange(self.n_agents), chosen] = 1
        # The game says "done" for its time limit too; only an empty field is a real end.
        out_of_time = bool(done) and bool(self.game.field.any())
        return float(sum(rewards)), bool(done), {"episode_limit": out_of_time}

    def get_obs(self) -> list[np.ndarray]:
        return self._obs

    def get_obs_size(self) -> int:
        return int(np.prod(self.game.observation_space[0].shape))

    def get_state(self) -> np.ndarray:
        if self.state_kind == "observations":
            return np.concatenate(self._obs)
        agents = [(*p.position, p.level) for p in self.game.players]
        field = self.game.field
        # a food keeps its place in the state; -1, -1, 0 once it is eaten, or where none was placed
        foods = [(r, c, field[r, c]) if field[r, c] else (-1, -1, 0) for r, c in self._slots]
        foods += [(-1, -1, 0)] * (self.n_food - len(foods))
        return np.concatenate([np.array(agents + foods, dtype=np.float32).ravel(), self._last_actions.ravel()])

    def get_state_size(self) -> int:
        if self.state_kind == "observations":
            return self.n_agents * self.get_obs_size()
        return 3 * self.n_agents + 3 * self.n_food + N_ACTIONS * self.n_agents

    def get_avail_agent_actions(self, agent_id: int) -> list[int]:
        return [1] * N_ACTIONS  # an impossible move does nothing, as everywhere LBF is used

    def get_total_actions(self) -> int:
        return N_ACTIONS

    def describe(self) -> TaskDescription:
        return describe_lbf(self.game, self.key, self.state_kind, self.get_state_size(), self.get_obs_size())

    def seed(self, seed: int | None = None) -> None:
        self.game.reset(seed=seed)

    def rng_state(self) -> Any:
        return self.game.np_random.bit_generator.state

    def set_rng_state(self, state: Any) -> None:
        self.game.np_random.bit_generator.state = state

    def close(self) -> None:
        self.game.close()


def _kwargs_of(key: str) -> dict[str, Any]:
    """What the registered id builds the game with. Raises UserError for an id that does not exist."""
    ids = [i for i in gymnasium.registry if i.startswith("Foraging")]
    if key not in ids:
        raise UserError(f"env_args.key={key} is no Level-Based Foraging task. {nearest(key, ids)}")
    try:
        kwargs = dict(gymnasium.spec(key).kwargs)
    except GymnasiumError as e:
        raise UserError(f"env_args.key={key}: {e}") from e
    if kwargs.get("grid_observation"):
        raise UserError(f"env_args.key={key} observes grids; this adapter takes the ids without 'grid'")
    return kwargs
