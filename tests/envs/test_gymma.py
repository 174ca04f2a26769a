"""Any Gymnasium environment with Tuple spaces, shown on small ones made here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces

from envs.gymma import GymmaEnv
from utils.errors import UserError

ID = "GymmaTest-v0"


class Unlike(gymnasium.Env):
    """Two unlike agents; rewards, observations and the end are set by the test.

    Not part of the summary."""

    def __init__(self, end: int = 100, cut: int = 100, value: float = 0.5, team: bool = False) -> None:
        self.observation_space = spaces.Tuple(
            [
                spaces.Box(np.array([-1.0, -np.inf, -np.inf]), np.array([1.0, np.inf, 2.0]), dtype=np.float64),
                spaces.Dict({"door": spaces.Discrete(3), "keys held": spaces.MultiBinary(2)}),
            ]
        )
        self.action_space = spaces.Tuple([spaces.Discrete(2), spaces.Discrete(3, start=5)])
        self.end, self.cut, self.value, self.team = end, cut, value, team
        self.actions: list[Any] = []

    def _obs(self) -> tuple[Any, ...]:
        door = int(self.np_random.integers(3))
        return np.array([self.value, 10 * self.value, -self.value]), {"door": door, "keys held": np.array([1, 0])}

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[Any, dict[str, Any]]:
        super().reset(seed=seed)
        self.steps = 0
        return self._obs(), {}

    def step(self, actions: Any) -> tuple[Any, Any, Any, bool, dict[str, Any]]:
        self.steps += 1
        self.actions.append(actions)
        rewards = 4.0 if self.team else np.array([1.0, 3.0])
        info = {"goals": np.int64(self.steps), "note": "text"}
        return self._obs(), rewards, [self.steps >= self.end] * 2, self.steps >= self.cut, info


@pytest.fixture(autouse=True)
def _registered() -> Iterator[None]:
    gymnasium.register(ID, entry_point=Unlike, max_episode_steps=7)
    gymnasium.register("GymmaTestNoLimit-v0", entry_point=Unlike)
    yield
    del gymnasium.registry[ID], gymnasium.registry["GymmaTestNoLimit-v0"]


def test_unlike_agents_are_padded_and_masked() -> None:
    env = GymmaEnv(ID, seed=0)
    obs, state = env.reset()
    door = np.flatnonzero(obs[1][:3])
    assert obs[0].tolist() == [0.5, 5.0, -0.5, 0.0, 0.0]
    assert len(door) == 1
    assert obs[1][3:].tolist() == [1.0, 0.0]
    np.testing.assert_array_equal(state, np.concatenate(obs))
    assert env.get_avail_actions() == [[1, 1, 0], [1, 1, 1]]
    assert env.get_env_info()["n_actions"] == 3


def test_the_seed_is_given_once() -> None:
    first, second = GymmaEnv(ID, seed=3), GymmaEnv(ID, seed=3)
    doors = [np.argmax(first.reset()[1][5:8]) for _ in range(12)]
    assert len(set(doors)) > 1
    assert doors == [np.argmax(second.reset()[1][5:8]) for _ in range(12)]


def test_actions_count_from_where_the_space_starts() -> None:
    env = GymmaEnv(ID, seed=0)
    env.reset()
    env.step(np.array([1, 2]))
    assert env._env.unwrapped.actions == [(1, 7)]


def test_every_state_value_is_described() -> None:
    task = GymmaEnv(ID, seed=0, state_bound=50.0).describe()
    seen = {f.name: (f.start, f.size, f.kind, f.low, f.high) for f in task.state_fields}
    assert seen == {
        "obs0_0": (0, 1, "real", -1.0, 1.0),
        "obs0_1": (1, 1, "real", -50.0, 50.0),
        "obs0_2": (2, 1, "real", -50.0, 2.0),
        "obs0_padding": (3, 2, "real", 0.0, 0.0),
        "obs1_0_2_door": (5, 3, "one_hot", 0.0, 1.0),
        "obs1_3_4_keys_held": (8, 2, "binary", 0.0, 1.0),
    }
    assert "cut to [-50, 50]" in task.field("obs0_1").meaning
    assert task.summary.endswith("rewards, observations and the end are set by the test.")


def test_like_agents_share_their_fields() -> None:
    task = GymmaEnv("lbforaging:Foraging-5x5-2p-1f-v3", time_limit=50).describe()
    assert {f.per for f in task.state_fields} == {"agent"}
    assert {f.count for f in task.state_fields} == {2}


def test_only_the_state_is_clipped() -> None:
    """A declared range must hold for every real state; what the agents see stays as it is."""
    env = GymmaEnv(ID, seed=0, kwargs={"value": 7.0}, state_bound=50.0)
    obs, state = env.reset()
    assert obs[0][:3].tolist() == [7.0, 70.0, -7.0]
    assert state[:3].tolist() == [1.0, 50.0, -7.0]


@pytest.mark.parametrize(
    ("time_limit", "kwargs", "steps", "limit"),
    [
        (None, {}, 7, True),  # the limit that the id is registered with
        (9, {}, 9, True),  # ours replaces it
        (3, {}, 3, True),
        (9, {"end": 4}, 4, False),
        (4, {"end": 4}, 4, False),  # a real end at the last step is a real end
        (9, {"cut": 5}, 5, True),  # the environment's own truncation
    ],
)
def test_time_limits(time_limit: int | None, kwargs: dict[str, Any], steps: int, limit: bool) -> None:
    env = GymmaEnv(ID, seed=0, time_limit=time_limit, kwargs=kwargs)
    for _ in range(2):
        env.reset()
        for step in range(1, steps + 1):
            reward, over, info = env.step([0, 0])
            assert reward == 4.0
            assert over == (step == steps)
        assert info == {"goals": float(steps), "episode_limit": limit}


def test_team_rewards_and_means() -> None:
    for kwargs, scalarisation, expected in [({}, "mean", 2.0), ({"team": True}, "mean", 4.0), ({}, "sum", 4.0)]:
        env = GymmaEnv(ID, seed=0, kwargs=kwargs, reward_scalarisation=scalarisation)
        env.reset()
        assert env.step([0, 0])[0] == expected


def test_returns_are_known_only_where_somebody_says_so() -> None:
    assert GymmaEnv(ID).describe().facts["return_known"] is False
    task = GymmaEnv(ID, return_low=0, return_high=28).describe()
    assert (task.return_low, task.return_high, task.facts["return_known"]) == (0.0, 28.0, True)


@pytest.mark.parametrize(
    ("env_args", "message"),
    [
        ({"key": "GymmaTset-v0"}, f"Did you mean {ID}"),
        ({"key": "no_such_package:Thing-v0"}, "no_such_package is not installed"),
        ({"key": ID, "import_module": "no_such_module"}, "no_such_module is not installed"),
        ({"key": "CartPole-v1"}, "Tuples with an entry per agent"),
        ({"key": "GymmaTestNoLimit-v0"}, "set env_args.time_limit"),
        ({"key": ID, "time_limit": 0}, "time_limit=0 must be at least 1"),
        ({"key": ID, "time_limit": -1}, "time_limit=-1 must be at least 1"),
        ({"key": ID, "kwargs": {"endd": 3}}, "endd"),
        ({"key": ID, "state_bound": float("inf")}, "state_bound"),
        ({"key": ID, "return_low": 3.0, "return_high": 2.0}, "lies above"),
        ({"key": ID, "reward_scalarisation": "max"}, "there is sum and mean"),
    ],
)
def test_wrong_arguments_are_user_errors(env_args: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=message):
        GymmaEnv(**env_args)
