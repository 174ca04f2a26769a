"""Any parallel environment of PettingZoo's interface, shown on MPE2 and on a small one made here."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any, ClassVar

import numpy as np
import pytest
from gymnasium import spaces
from pettingzoo import ParallelEnv

import envs
from envs.pettingzoo_parallel import PettingZooEnv
from utils.errors import UserError

SPREAD = "mpe2.simple_spread_v3"


class Leaving(ParallelEnv):
    """Agents "early" and "late" leave at steps of their own; "early" sees one value and may not take its last action.

    Not part of the summary."""

    metadata: ClassVar[dict[str, Any]] = {"name": "leaving"}

    def __init__(self, early: int = 2, late: int = 4, cut: bool = False, low: float = 0.0) -> None:
        self.possible_agents = ["early", "late"]
        self.ends = {"early": early, "late": late}
        self.cut = cut
        mask = spaces.Box(0, 1, (2,), np.int8)
        self.spaces = {
            "early": spaces.Dict({"observation": spaces.Box(low, 9.0, (1,), np.float32), "action_mask": mask}),
            "late": spaces.Box(np.array([0.0, -np.inf]), np.array([9.0, np.inf]), dtype=np.float64),
        }
        self.asked: list[dict[str, int]] = []
        self.closed = 0

    def observation_space(self, agent: str) -> Any:
        return self.spaces[agent]

    def action_space(self, agent: str) -> Any:
        return spaces.Discrete(2) if agent == "early" else spaces.Discrete(3, start=4)

    def _obs(self, agents: list[str]) -> dict[str, Any]:
        seen: dict[str, Any] = {
            "early": {"observation": np.array([self.steps + 1.0]), "action_mask": np.array([1, 0], dtype=np.int8)},
            "late": np.array([self.steps, 50.0 * self.steps]),
        }
        return {a: seen[a] for a in agents}

    def reset(self, seed: int | None = None, options: Any = None) -> tuple[Any, Any]:
        self.agents, self.steps = list(self.possible_agents), 0
        return self._obs(self.agents), {a: {} for a in self.agents}

    def step(self, actions: dict[str, int]) -> tuple[Any, ...]:
        self.asked.append(actions)
        self.steps += 1
        playing = list(self.agents)
        done = {a: self.steps >= self.ends[a] for a in playing}
        none = dict.fromkeys(playing, False)
        self.agents = [a for a in playing if not done[a]]
        rewards = {a: {"early": 1.0, "late": 10.0}[a] for a in playing}
        infos = {a: {"goals": len(a), "note": "text", "action_mask": [1, 0, 1]} for a in playing if a == "late"}
        terminated, truncated = (none, done) if self.cut else (done, none)
        return self._obs(playing), rewards, terminated, truncated, infos

    def state(self) -> np.ndarray:
        return np.array([self.steps, -1.0])

    def close(self) -> None:
        self.closed += 1
        assert self.closed == 1


class Continuous(Leaving):
    def action_space(self, agent: str) -> Any:
        return spaces.Box(0.0, 1.0, (2,))


@pytest.fixture(autouse=True)
def _modules() -> Iterator[None]:
    """Modules as a package of environments has them."""
    for name, maker in (("leaving_v0", Leaving), ("continuous_v0", Continuous), ("turns_v0", None)):
        module = ModuleType(name)
        if maker is not None:
            module.parallel_env = maker
        sys.modules[name] = module
    yield
    for name in ("leaving_v0", "continuous_v0", "turns_v0"):
        del sys.modules[name]


def leaving(time_limit: int = 10, **more: Any) -> PettingZooEnv:
    return PettingZooEnv("leaving_v0", time_limit, seed=0, **more)


def test_the_packages_environment_is_played() -> None:
    from mpe2 import simple_spread_v3

    theirs, ours = simple_spread_v3.parallel_env(N=4), PettingZooEnv(SPREAD, 25, seed=3, kwargs={"N": 4})
    rng = np.random.default_rng(0)
    for episode in range(3):
        obs, _ = theirs.reset(seed=3 if episode == 0 else None)
        ours.reset()
        for step in range(25):
            np.testing.assert_array_equal(np.stack(list(obs.values())), np.stack(ours.get_obs()))
            np.testing.assert_array_equal(theirs.state(), ours.get_state())
            actions = rng.integers(0, 5, 4)
            obs, rewards, *_ = theirs.step({f"agent_{i}": int(a) for i, a in enumerate(actions)})
            reward, over, info = ours.step(actions)
            assert reward == pytest.approx(sum(rewards.values()))
            assert over == (step == 24)
        assert info["episode_limit"] is True
        # mpe2 has cut the episode itself: what follows has a value, and the learner bootstraps from this step
        np.testing.assert_array_equal(np.stack(list(obs.values())), np.stack(ours.get_obs()))
        np.testing.assert_array_equal(theirs.state(), ours.get_state())
        assert ours.get_avail_actions() == [[1] * 5] * 4


def test_unlike_agents_are_padded_and_masked() -> None:
    env = leaving()
    env.reset()
    assert [o.tolist() for o in env.get_obs()] == [[1.0, 0.0], [0.0, 0.0]]
    assert env.get_avail_actions() == [[1, 0, 0], [1, 1, 1]]
    env.step([0, 2])
    assert env._env.asked == [{"early": 0, "late": 6}]  # actions count from where the space starts
    assert [o.tolist() for o in env.get_obs()] == [[2.0, 0.0], [1.0, 50.0]]
    assert env.get_avail_actions() == [[1, 0, 0], [1, 0, 1]]  # the info's mask


def test_who_has_left_sees_nothing_does_nothing_and_is_not_asked() -> None:
    env = leaving()
    env.reset()
    assert env.step([0, 0])[:2] == (11.0, False)
    assert env.step([0, 0])[:2] == (11.0, False)  # early's last step
    assert env.get_obs()[0].tolist() == [0.0, 0.0]
    assert env.get_avail_actions()[0] == [1, 0, 0]
    assert env.step([0, 0])[0] == 10.0
    assert env._env.asked[-1] == {"late": 4}
    assert env.step([0, 0]) == (10.0, True, {"goals": 4.0, "episode_limit": False})
    env.reset()
    assert env.get_avail_actions() == [[1, 0, 0], [1, 1, 1]]


@pytest.mark.parametrize(
    ("kwargs", "obs", "avail"),
    [
        ({"early": 3, "late": 3, "cut": True}, [[4.0, 0.0], [3.0, 150.0]], [[1, 0, 0], [1, 0, 1]]),
        ({"early": 2, "late": 3, "cut": True}, [[0.0, 0.0], [3.0, 150.0]], [[1, 0, 0], [1, 0, 1]]),  # early left before
        ({"early": 3, "late": 3}, [[0.0, 0.0], [0.0, 0.0]], [[1, 0, 0], [1, 0, 0]]),  # a real end
    ],
)
def test_who_is_cut_off_at_the_end_is_still_seen(kwargs: dict[str, Any], obs: list[Any], avail: list[Any]) -> None:
    env = leaving(kwargs=kwargs)
    env.reset()
    for _ in range(3):
        env.step([0, 0])
    assert [o.tolist() for o in env.get_obs()] == obs
    assert env.get_state().tolist() == obs[0] + obs[1]
    assert env.get_avail_actions() == avail


@pytest.mark.parametrize(
    ("time_limit", "kwargs", "steps", "limit"),
    [
        (10, {}, 4, False),
        (4, {}, 4, False),  # a real end at the last step is a real end
        (3, {}, 3, True),  # late still plays
        (10, {"cut": True}, 4, True),  # the environment's own truncation
        (1, {}, 1, True),
    ],
)
def test_time_limits(time_limit: int, kwargs: dict[str, Any], steps: int, limit: bool) -> None:
    env = leaving(time_limit, kwargs=kwargs)
    for _ in range(2):
        env.reset()
        for step in range(1, steps + 1):
            _, over, info = env.step([0, 0])
            assert over == (step == steps)
        assert info["episode_limit"] is limit


def test_the_state_is_cut_to_its_declared_ranges() -> None:
    env = leaving(state_bound=60.0, kwargs={"low": 1.0})
    seen = {f.name: (f.start, f.size, f.low, f.high) for f in env.describe().state_fields}
    assert seen == {
        "obs0_0": (0, 1, 0.0, 9.0),  # not from 1: an agent that has left gives 0
        "obs0_padding": (1, 1, 0.0, 0.0),
        "obs1_0": (2, 1, 0.0, 9.0),
        "obs1_1": (3, 1, -60.0, 60.0),
    }
    env.reset()
    for _ in range(3):
        env.step([0, 0])
    assert env.get_state().tolist() == [0.0, 0.0, 3.0, 60.0]
    assert env.get_obs()[1].tolist() == [3.0, 150.0]


def test_own_state() -> None:
    env = PettingZooEnv(SPREAD, 25, seed=1, state="own", state_bound=4.0)
    env.reset()
    np.testing.assert_array_equal(env.get_state(), env._env.state())
    field = env.describe().field("state_0_53")
    assert (field.size, field.low, field.high, field.per) == (54, -4.0, 4.0, "")
    with pytest.raises(UserError, match=r"no state of its own.*state=observations"):
        leaving(state="own")


def test_summary_and_agents_name_what_is_known() -> None:
    task = leaving().describe()
    assert [a.name for a in task.agents] == ["early", "late"]
    assert task.summary.endswith("and may not take its last action.")
    assert task.facts["return_known"] is False


def test_unlike_tasks_have_unlike_names() -> None:
    same = leaving().describe().name
    assert same == leaving().describe().name == "pettingzoo:leaving_v0:time_limit=10:state=observations"
    spread = [
        PettingZooEnv(SPREAD, time_limit, seed=0, **more).describe().name
        for time_limit, more in ((25, {}), (20, {}), (25, {"kwargs": {"N": 4}}), (25, {"state": "own"}))
    ]
    assert len(set(spread)) == 4


def test_closing_twice_closes_once() -> None:
    env = leaving()
    env.close()
    env.close()
    assert env._env.closed == 1


@pytest.mark.parametrize(
    ("env_args", "message"),
    [
        ({"key": "no_such_package.thing_v0"}, "no module no_such_package.*pip install no_such_package"),
        ({"key": "mpe2.simple_spred_v3"}, "no module mpe2.simple_spred_v3"),
        ({"key": ""}, "cannot be imported"),
        ({"key": "turns_v0"}, "no parallel_env"),
        ({"key": "continuous_v0"}, "actions are Box"),
        ({"kwargs": {"erly": 1}}, "erly"),
        ({"time_limit": 0}, "at least one step"),
        ({"state": "global"}, "there is observations and own"),
        ({"reward_scalarisation": "max"}, "there is sum and mean"),
        ({"state_bound": 0.0}, "above 0"),
        ({"return_low": 1.0, "return_high": 0.0}, "lies above"),
    ],
)
def test_wrong_arguments_are_user_errors(env_args: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=message):
        PettingZooEnv(**{"key": "leaving_v0", "time_limit": 10, **env_args})


def test_missing_package_names_the_package_and_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "envs.pettingzoo_parallel")
    monkeypatch.setitem(sys.modules, "pettingzoo", None)  # what an import finds where the package is not installed
    with pytest.raises(UserError, match=r"needs the package pettingzoo.*pip install pettingzoo==1\.27\.0"):
        envs.REGISTRY["pettingzoo"]
