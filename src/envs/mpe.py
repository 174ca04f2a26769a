"""Multi-agent particle environments (``mpe2`` 1.1.1): four games of the package, all of them cooperative.

Starts of episodes are drawn by the package; physics, observations and rewards are computed in ``mpe_games`` and equal
the package's.

Legend: A agents of the team, O observation (padded to the longest), S state, U actions, V values of the world.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
from gymnasium.utils import seeding

from envs.mpe_description import describe_mpe
from envs.mpe_games import GAMES
from envs.mpe_games.game import Game
from envs.mpe_games.layout import observation_fields, state_fields
from envs.multiagentenv import MultiAgentEnv
from envs.opponents.policy import make_opponent, words_of
from envs.ranges import inner_bounds
from envs.suggest import nearest
from llm_credit.task import TaskDescription
from utils.errors import UserError
from utils.seeding import draw_seed

# arguments of the package's games that change what agents see or how fast they are while they learn
LEFT_TO_PETTINGZOO = ("num_agent_neighbors", "num_landmark_neighbors", "curriculum")


class MPEEnv(MultiAgentEnv):
    """One game.

    key: ``simple_spread``, ``simple_tag``, ``simple_adversary`` or ``simple_speaker_listener`` (the package's
        ``simple_spread_v3`` and EPyMARL's ``pz-mpe-simple-spread-v3`` are understood).
    seed: of the environment's random generator; null draws one.
    state: ``global`` (positions and velocities, goal, message) or ``observations`` (the agents' observations one after
        the other, as EPyMARL).
    time_limit: steps of an episode.
    reward_scalarisation: the team's reward is the ``sum`` (EPyMARL's default) or the ``mean`` of the agents' rewards.
    opponent: who plays the prey of simple_tag and the adversary of simple_adversary: ``pretrained``, ``random``, or the
        path of weights made by ``python -m envs.opponents.train``. The other games have no other side.
    kwargs: arguments of the package's game that replace its own, as ``{N: 6}``.
    Raises UserError for an unknown game and for arguments that it does not take.
    """

    def __init__(
        self,
        key: str = "simple_spread",
        seed: int | None = None,
        state: Literal["global", "observations"] = "global",
        time_limit: int = 25,
        reward_scalarisation: Literal["sum", "mean"] = "sum",
        opponent: str = "pretrained",
        kwargs: dict[str, Any] | None = None,
    ) -> None:
        _check_choice("state", state, ("global", "observations"))
        _check_choice("reward_scalarisation", reward_scalarisation, ("sum", "mean"))
        self.key, self.changes = _name_of(key), dict(kwargs or {})
        self.game = _build_game(self.key, time_limit, self.changes)
        if not self.game.takes_opponent and opponent != "pretrained":
            raise UserError(f"env_args.opponent={opponent}: {self.key} has no other side; leave it at pretrained")
        self.state_kind, self.opponent = state, opponent if self.game.takes_opponent else ""
        self.n_agents, self.episode_limit = len(self.game.team), time_limit
        self.reward_scale = 1.0 if reward_scalarisation == "sum" else 1.0 / self.n_agents
        self._lay_out()
        self._steps = 0
        self._seed = self.seed(draw_seed() if seed is None else seed)
        if self.opponent:
            self.game.opponent = make_opponent(opponent, self.key, lambda: self._rng)
            self.game.opponent_words = words_of(opponent, self.key)

    def _lay_out(self) -> None:
        """Which of the world's values make up the observations and the state."""
        slots = self.game.observations()
        self._obs_dim = max(len(s) for s in slots)
        padding = [self.game.zero] * self._obs_dim
        self._plus = np.array([([s.plus for s in row] + padding)[: self._obs_dim] for row in slots])  # [A, O]
        self._minus = np.array([([s.minus for s in row] + padding)[: self._obs_dim] for row in slots])  # [A, O]
        if self.state_kind == "observations":
            self.fields, self._index = observation_fields(slots, self._obs_dim), None
            size = self.n_agents * self._obs_dim
        else:
            self.fields, index = state_fields(self.game.state())
            self._index, size = np.array(index), len(index)
        self._low, self._high = inner_bounds(self.fields, size)
        self._values = np.zeros(0)
        self._obs = np.zeros((self.n_agents, self._obs_dim), dtype=np.float32)

    def reset(self) -> tuple[list[np.ndarray], np.ndarray]:
        self.game.reset(self._rng)
        self._steps = 0
        self._look()
        return self.get_obs(), self.get_state()

    def step(self, actions: Sequence[int] | np.ndarray) -> tuple[float, bool, dict[str, Any]]:
        self.game.step([int(a) for a in actions])
        self._steps += 1
        self._look()
        reward = float(sum(self.game.rewards())) * self.reward_scale
        succeeded = self.game.succeeded()
        if not succeeded and self._steps < self.episode_limit:
            return reward, False, {}
        return reward, True, {"episode_limit": not succeeded, **self.game.numbers()}

    def _look(self) -> None:
        self._values = values = self.game.values()
        self._obs = (values[self._plus] - values[self._minus]).astype(np.float32)  # [V] -> [A, O]

    def get_obs(self) -> list[np.ndarray]:
        return list(self._obs)

    def get_obs_size(self) -> int:
        return self._obs_dim

    def get_state(self) -> np.ndarray:
        raw = self._obs.ravel() if self._index is None else self._values[self._index].astype(np.float32)
        return np.minimum(np.maximum(raw, self._low), self._high)  # [S]; several times as fast as clip for so few

    def get_state_size(self) -> int:
        return len(self._low)

    def get_avail_agent_actions(self, agent_id: int) -> list[int]:
        own = self.game.available(agent_id)
        return [1] * own + [0] * (self.get_total_actions() - own)

    def get_total_actions(self) -> int:
        return len(self.game.actions)

    def describe(self) -> TaskDescription:
        return describe_mpe(self)

    def seed(self, seed: int | None = None) -> int:
        if seed is not None:
            self._seed = seed
            self._rng, _ = seeding.np_random(seed)  # the package's own: one seed gives the package's episodes
        return self._seed

    def rng_state(self) -> dict[str, Any]:
        return dict(self._rng.bit_generator.state)

    def set_rng_state(self, state: dict[str, Any]) -> None:
        self._rng.bit_generator.state = state

    def close(self) -> None:
        """There is nothing to free: no window is ever opened."""


def _check_choice(name: str, value: Any, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise UserError(f"env_args.{name}={value} does not exist; there is {' and '.join(choices)}")


def _name_of(key: str) -> str:
    name = re.sub(r"_v\d+$", "", key.removeprefix("mpe2.").removeprefix("pz-mpe-").replace("-", "_"))
    if name not in GAMES:
        raise UserError(f"env_args.key={key} is no game of env=mpe. {nearest(name, GAMES, len(GAMES))}")
    return name


def _build_game(key: str, time_limit: int, changes: Mapping[str, Any]) -> Game:
    """Raises UserError for arguments that the game does not take."""
    if time_limit < 1:
        raise UserError(f"env_args.time_limit={time_limit}: an episode needs at least one step")
    takes = {n: p for n, p in inspect.signature(GAMES[key]).parameters.items() if n != "steps"}
    for name, value in changes.items():
        if name in LEFT_TO_PETTINGZOO:
            raise UserError(
                f"env_args.kwargs: env=mpe does not take {name}; env=pettingzoo takes every argument of the package "
                "(with env_args.key=mpe2." + key + "_v3)"
            )
        if name not in takes:
            there = ", ".join(takes) or "no arguments"
            raise UserError(f"env_args.kwargs: {key} has no {name}; it takes {there}")
        _check_value(key, name, value, takes[name].default)
    return GAMES[key](time_limit, **changes)


def _check_value(key: str, name: str, value: Any, default: Any) -> None:
    low = 0 if name == "num_obstacles" else 1
    if isinstance(default, bool):
        right, wanted = isinstance(value, bool), "True or False"
    elif isinstance(default, int):
        right, wanted = type(value) is int and value >= low, f"a whole number, at least {low}"
    else:
        right, wanted = type(value) in (int, float) and 0.0 <= value <= 1.0, "a number from 0 to 1"
    if not right:
        raise UserError(f"env_args.kwargs: {key}'s {name}={value!r} should be {wanted}")
