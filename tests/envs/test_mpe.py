"""Multi-agent particle environments: the adapter plays the package's games, and its description says what is there.

Legend: A agents of the team, E entities.
"""

from __future__ import annotations

import math
import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import envs
from envs.mpe import MPEEnv
from envs.mpe_games.game import PUSHES
from utils.errors import UserError

ROOT = Path(__file__).resolve().parents[2]
STAY, LEFT, RIGHT, DOWN, UP = range(5)
GAMES = [
    ("simple_spread", "simple_spread_v3", {}),
    ("simple_spread", "simple_spread_v3", {"N": 7, "local_ratio": 0.2}),
    ("simple_spread", "simple_spread_v3", {"N": 1, "terminate_on_success": True}),
    ("simple_tag", "simple_tag_v3", {}),
    ("simple_tag", "simple_tag_v3", {"num_good": 2, "num_adversaries": 5, "num_obstacles": 1}),
    ("simple_tag", "simple_tag_v3", {"num_adversaries": 2, "num_obstacles": 0, "terminate_on_success": True}),
    ("simple_adversary", "simple_adversary_v3", {}),
    ("simple_adversary", "simple_adversary_v3", {"N": 4}),
    ("simple_speaker_listener", "simple_speaker_listener_v4", {}),
]
ONE_OF_EACH = [
    ("simple_spread", {}),
    ("simple_spread", {"N": 6}),
    ("simple_tag", {}),
    ("simple_adversary", {}),
    ("simple_speaker_listener", {}),
]


class BothSides:
    """The package's environment and ours from one seed; the other side's actions are the same, too."""

    def __init__(self, key: str, module: str, kwargs: dict[str, Any], state: Any = "global") -> None:
        self.theirs = import_module(f"mpe2.{module}").parallel_env(max_cycles=25, **kwargs)
        self.ours = MPEEnv(key, seed=9, kwargs=kwargs, state=state)
        self.rng = np.random.default_rng(1)
        self.names = self.theirs.possible_agents
        self.team = [self.names[a] for a in self.ours.game.team]
        self.actions: dict[str, int] = {}
        if self.ours.game.takes_opponent:
            self.ours.game.opponent = lambda game, me: self.actions[self.names[me]]
        self.first = True

    @property
    def world(self) -> Any:
        return self.theirs.unwrapped.world

    def reset(self) -> dict[str, np.ndarray]:
        obs, _ = self.theirs.reset(seed=9 if self.first else None)
        self.first = False
        self.ours.reset()
        return obs

    def step(self) -> tuple[Any, Any]:
        """Pushes towards the middle more often than not, so that agents meet."""
        for k, name in enumerate(self.names):
            action = int(self.rng.integers(self.theirs.action_space(name).n))
            if self.rng.random() < 0.6 and self.world.agents[k].movable:
                action = self.inwards(self.world.agents[k].state.p_pos)
            self.actions[name] = action
        return self.theirs.step(dict(self.actions)), self.ours.step([self.actions[a] for a in self.team])

    def inwards(self, place: np.ndarray) -> int:
        axis = int(np.argmax(np.abs(place)))
        return (LEFT, RIGHT, DOWN, UP)[2 * axis + int(place[axis] < 0)]


@pytest.mark.parametrize(("key", "module", "kwargs"), GAMES)
def test_the_game_equals_the_packages(key: str, module: str, kwargs: dict[str, Any]) -> None:
    """Observations, rewards and ends over random episodes from one seed: to the last bit."""
    both = BothSides(key, module, kwargs)
    touched = 0.0
    for _ in range(20):
        obs, over = both.reset(), False
        while not over:
            for name, ours in zip(both.team, both.ours.get_obs(), strict=True):
                np.testing.assert_array_equal(obs[name], ours[: len(obs[name])])
                assert not ours[len(obs[name]) :].any()
            (obs, rewards, terminated, truncated, _), (reward, over, info) = both.step()
            assert reward == sum(float(rewards[a]) for a in both.team)
            ended = any(terminated.values())
            assert over == (ended or any(truncated.values()))
            if over and both.ours._steps < 25:
                assert info["episode_limit"] is not ended
        touched += info.get("collisions", 0) + info.get("catches", 0)
    assert touched > 0 or key in ("simple_adversary", "simple_speaker_listener") or kwargs.get("N") == 1


@pytest.mark.parametrize(("key", "module", "kwargs"), GAMES)
def test_global_state_read_through_its_description_is_the_packages_world(
    key: str, module: str, kwargs: dict[str, Any]
) -> None:
    both = BothSides(key, module, kwargs)
    task = both.ours.describe()

    def read(name: str, entity: int = 0) -> list[float]:
        return both.ours.get_state()[task.field(name).slice_of(entity)].tolist()

    def check() -> None:
        agents, landmarks = both.world.agents, both.world.landmarks
        movers = {"simple_tag": "prey", "simple_adversary": "adversary"}
        for group, members in (("agent", both.ours.game.team), (movers.get(key, ""), both.ours.game.others)):
            if key == "simple_speaker_listener":
                group, members = ("listener", [1]) if group == "agent" else ("", [])
            for k, a in enumerate(members):
                found = [read(f"{group}_{q}", k)[0] for q in ("x", "y", "vx", "vy")]
                expected = [*agents[a].state.p_pos, *agents[a].state.p_vel]
                if key == "simple_spread":  # cut where several collisions at once throw an agent
                    bounds = [task.field(f"{group}_{q}").high for q in ("x", "y", "vx", "vy")]
                    expected = np.clip(expected, np.negative(bounds), bounds)
                np.testing.assert_array_equal(np.float32(found), np.float32(expected))
        thing = "obstacle" if key == "simple_tag" else "landmark"
        for k, landmark in enumerate(landmarks):
            found = [read(f"{thing}_{q}", k)[0] for q in ("x", "y")]
            np.testing.assert_array_equal(np.float32(found), np.float32(landmark.state.p_pos))
        if key == "simple_adversary":
            assert read("goal") == [float(m is agents[0].goal_a) for m in landmarks]
        if key == "simple_speaker_listener":
            assert read("goal") == [float(m is agents[0].goal_b) for m in landmarks]
            assert read("message") == agents[0].state.c.tolist()

    for _ in range(8):
        both.reset()
        over = False
        while not over:
            check()
            _, (_, over, _) = both.step()
        check()


@pytest.mark.parametrize(("key", "kwargs"), ONE_OF_EACH)
def test_the_state_changes_as_its_description_says(key: str, kwargs: dict[str, Any]) -> None:
    """Positions change by velocities, velocities by pushes, a message is what was said; goals and landmarks stay."""
    env = MPEEnv(key, seed=4, kwargs=kwargs)
    task = env.describe()
    rng = np.random.default_rng(2)
    who = "listener" if key == "simple_speaker_listener" else "agent"
    count = task.field(f"{who}_x").count

    def column(state: np.ndarray, name: str) -> np.ndarray:
        return state[list(task.field(name).indices())].astype(float)

    pushed = 0
    for _ in range(20):
        env.reset()
        before, over = env.get_state(), False
        while not over:
            actions = rng.integers(0, [sum(row) for row in env.get_avail_actions()])
            _, over, _ = env.step(actions)
            after = env.get_state()
            for f in task.state_fields:
                if f.name.endswith(("_vx", "_vy")):
                    slow = np.abs(column(before, f.name)) < f.high  # a cut speed says less than there was
                    place = f.name.replace("_v", "_")
                    moved = column(after, place) - column(before, place)
                    np.testing.assert_allclose(moved[slow], 0.1 * column(before, f.name)[slow], atol=2e-6)
            for e in range(count):  # a push shows where nobody is touched
                action = int(actions[1 if who == "listener" else e])
                gain = [column(after, f"{who}_v{q}")[e] - 0.75 * column(before, f"{who}_v{q}")[e] for q in ("x", "y")]
                if np.allclose(gain, 0.1 * env.game.world.push[env.game.team[e]] * np.array(PUSHES[action]), atol=1e-5):
                    pushed += 1
            for f in task.state_fields:
                if f.name.startswith(("landmark", "obstacle", "goal")):
                    np.testing.assert_array_equal(column(before, f.name), column(after, f.name))
            if task.has_field("message"):
                assert column(after, "message").tolist() == np.eye(3)[actions[0]].tolist()
            before = after
    assert pushed > 0.5 * 20 * 25 * count


@pytest.mark.parametrize(("key", "kwargs"), ONE_OF_EACH)
def test_the_state_of_observations_is_the_observations(key: str, kwargs: dict[str, Any]) -> None:
    env = MPEEnv(key, seed=4, kwargs=kwargs, state="observations")
    whole = MPEEnv(key, seed=4, kwargs=kwargs)
    task, known = env.describe(), whole.describe()
    rng = np.random.default_rng(3)
    env.reset(), whole.reset()
    for _ in range(24):
        state = env.get_state()
        if key != "simple_spread":  # there, collisions may throw agents beyond the range
            np.testing.assert_array_equal(state, np.concatenate(env.get_obs()))
        for i in range(env.n_agents):  # differences in the one state, places in the other
            for k in range(env.game.n_landmarks):
                thing = "obstacle" if key == "simple_tag" else "landmark"
                name = f"obs_{thing}{k}_dx" if key != "simple_speaker_listener" else f"obs1_{thing}{k}_dx"
                if key == "simple_speaker_listener" and i == 0:
                    continue
                seen = state[task.field(name).slice_of(i if task.field(name).count > 1 else 0)][0]
                me = known.field("listener_x" if key == "simple_speaker_listener" else "agent_x")
                mine = whole.get_state()[me.slice_of(i if me.count > 1 else 0)][0]
                there = whole.get_state()[known.field(f"{thing}_x").slice_of(k)][0]
                assert seen == pytest.approx(there - mine, abs=1e-6)
        actions = rng.integers(0, 3, env.n_agents)
        env.step(actions), whole.step(actions)


def test_sizes_are_those_of_the_field() -> None:
    """As EPyMARL has them; its state is the observations in a row."""
    expected = {
        "simple_spread": (3, 18, 5, 54),
        "simple_tag": (3, 16, 5, 48),
        "simple_adversary": (2, 10, 5, 20),
        "simple_speaker_listener": (2, 11, 5, 22),
    }
    for key, sizes in expected.items():
        info = MPEEnv(key, seed=0, state="observations").get_env_info()
        assert (info["n_agents"], info["obs_shape"], info["n_actions"], info["state_shape"]) == sizes
    assert MPEEnv("simple_speaker_listener", seed=0).get_avail_actions() == [[1, 1, 1, 0, 0], [1] * 5]


@pytest.mark.parametrize("action", [LEFT, RIGHT, DOWN, UP])
@pytest.mark.parametrize("time_limit", [25, 60])
def test_ranges_are_what_the_physics_allows(action: int, time_limit: int) -> None:
    """Whoever pushes one way all the time from the edge comes close to the end of its range, and no further."""
    env = MPEEnv("simple_adversary", seed=0, time_limit=time_limit)
    task = env.describe()
    axis, sign = ("x", "y")[action > RIGHT], (-1, 1)[action in (RIGHT, UP)]
    env.reset()
    places = env.game.world.x if axis == "x" else env.game.world.y
    places[:] = [float(sign)] * len(places)
    over = False
    while not over:
        _, over, _ = env.step([action] * env.n_agents)
    position, speed = task.field(f"agent_{axis}"), task.field(f"agent_v{axis}")
    for field in (position, speed):
        reached = env.get_state()[field.slice_of(0)][0] * sign
        assert field.high - 0.02 < reached <= field.high
        assert field.low == -field.high


def test_speed_limits_bound_the_hunt() -> None:
    env = MPEEnv("simple_tag", seed=0)
    task = env.describe()
    assert (task.field("agent_vx").high, task.field("prey_vx").high) == (1.0, 1.3)
    assert task.field("prey_x").high == pytest.approx(1 + 24 * 0.13, abs=0.02)


def test_repeated_collisions_are_cut_in_the_state_and_not_in_the_game() -> None:
    """Agents of simple_spread have no speed limit: a crowd in one spot flies apart, further than declared."""
    env = MPEEnv("simple_spread", seed=0, kwargs={"N": 8})
    env.reset()
    world = env.game.world
    world.x[:8] = [0.001 * k for k in range(8)]
    world.y[:8] = [0.0] * 8
    env.step([STAY] * 8)
    field = env.describe().field("agent_vx")
    assert max(map(abs, world.vx)) > field.high
    speeds = env.get_state()[list(field.indices())]
    assert np.abs(speeds).max() <= field.high
    assert np.abs(env.get_obs()[0][:2]).max() > field.high
    assert "collisions" in field.meaning


def test_agents_in_one_spot_stay_numbers() -> None:
    """The package makes NaN of it."""
    env = MPEEnv("simple_spread", seed=0)
    env.reset()
    env.game.world.x[:2], env.game.world.y[:2] = [0.5, 0.5], [0.5, 0.5]
    env.step([STAY] * 3)
    assert np.isfinite(env.get_state()).all()


def test_a_success_at_the_last_step_is_a_real_end() -> None:
    env = MPEEnv("simple_spread", seed=0, time_limit=2, kwargs={"N": 1, "terminate_on_success": True})
    for steps in (1, 2):
        env.reset()
        world = env.game.world
        world.vx, world.vy = [0.0], [0.0]
        for _ in range(steps - 1):
            assert env.step([STAY])[1] is False
        world.x, world.y = [0.5, 0.5], [0.5, 0.55]
        reward, over, info = env.step([STAY])
        assert (over, info["episode_limit"], info["landmarks_covered"]) == (True, False, 1.0)
        assert reward == pytest.approx(-0.5 * 0.05)
    env.reset()
    env.game.world.x = [5.0, 0.5]
    env.step([STAY])
    assert env.step([STAY])[2]["episode_limit"] is True


def test_the_numbers_of_an_episode() -> None:
    env = MPEEnv("simple_tag", seed=0, opponent="random")
    env.reset()
    world = env.game.world
    env.game.opponent = lambda game, me: STAY
    for _ in range(25):  # one predator sits on the prey, the others are far
        world.x[:4], world.y[:4] = [3.0, -3.0, 0.0, 0.05], [3.0, 3.0, -3.0, -3.0]
        world.vx, world.vy = [0.0] * 4, [0.0] * 4
        reward, _, info = env.step([STAY] * 3)
        assert reward == 30.0  # 10 for each predator, for one that touches
    assert info["catches"] == 25.0


def chase(env: MPEEnv, episodes: int) -> dict[str, float]:
    """A team of rules of thumb; means of the numbers of an episode."""
    from envs.opponents.teams import TEAMS

    team = TEAMS[env.key]["chase" if env.key == "simple_tag" else "all to the goal"]
    rng, found = np.random.default_rng(0), []
    for _ in range(episodes):
        env.reset()
        over = False
        while not over:
            _, over, info = env.step(team(env.game, rng))
        found.append(info)
    return {name: float(np.mean([f[name] for f in found])) for name in found[0]}


@pytest.mark.parametrize(("key", "number"), [("simple_tag", "catches"), ("simple_adversary", "adversary_distance")])
def test_the_shipped_policies_play_much_better_than_chance(key: str, number: str) -> None:
    by_chance, shipped = (chase(MPEEnv(key, seed=1, opponent=o), 60)[number] for o in ("random", "pretrained"))
    assert shipped < 0.5 * by_chance


def test_shipped_weights_are_plain_numbers() -> None:
    for path in sorted((ROOT / "src" / "envs" / "opponents").glob("*.npz")):
        with np.load(path, allow_pickle=False) as file:
            assert all(np.isfinite(file[name]).all() for name in file.files)
        assert path.stat().st_size < 50_000


@pytest.mark.slow
def test_weights_trained_here_can_be_played(tmp_path: Path) -> None:
    out = tmp_path / "prey.npz"
    command = [sys.executable, "-m", "envs.opponents.train", "simple_tag", "--steps=1200", "--episodes=1"]
    variables = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    weights = []
    for _ in range(2):
        run = subprocess.run([*command, f"--out={out}"], env=variables, capture_output=True, text=True, timeout=300)
        assert run.returncode == 0, run.stderr
        with np.load(out) as file:
            weights.append({name: file[name].tolist() for name in file.files})
    assert weights[0] == weights[1]  # one seed, one policy
    assert "trained against surround" in run.stderr
    assert chase(MPEEnv("simple_tag", seed=0, opponent=str(out)), 1)["catches"] >= 0
    with pytest.raises(UserError, match="another game"):
        MPEEnv("simple_adversary", seed=0, opponent=str(out))


@pytest.mark.parametrize(
    ("env_args", "message"),
    [
        ({"key": "simple_spred"}, "Did you mean simple_spread"),
        ({"key": "simple_push_v3"}, "no game of env=mpe"),
        ({"state": "globl"}, "there is global and observations"),
        ({"reward_scalarisation": "max"}, "there is sum and mean"),
        ({"time_limit": 0}, "at least one step"),
        ({"kwargs": {"n": 3}}, "simple_spread has no n; it takes N"),
        ({"kwargs": {"N": 0}}, "whole number, at least 1"),
        ({"kwargs": {"N": True}}, "whole number, at least 1"),
        ({"kwargs": {"local_ratio": 1.5}}, "from 0 to 1"),
        ({"kwargs": {"terminate_on_success": 1}}, "True or False"),
        ({"kwargs": {"num_agent_neighbors": 1}}, "env=pettingzoo takes every argument"),
        ({"key": "simple_speaker_listener", "kwargs": {"N": 2}}, "it takes no arguments"),
        ({"key": "simple_spread", "opponent": "random"}, "simple_spread has no other side"),
        ({"key": "simple_tag", "opponent": "trained"}, "there is pretrained, random"),
        ({"key": "simple_tag", "opponent": __file__}, "cannot be read"),
    ],
)
def test_wrong_arguments_are_user_errors(env_args: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=message):
        MPEEnv(**env_args)


def test_names_of_the_package_and_of_epymarl_are_understood() -> None:
    for key in ("simple_tag", "simple_tag_v3", "mpe2.simple_tag_v3", "pz-mpe-simple-tag-v3"):
        assert MPEEnv(key, seed=0).key == "simple_tag"


def test_unlike_tasks_have_unlike_names() -> None:
    changes: list[dict[str, Any]] = [
        {},
        {"kwargs": {"num_adversaries": 4}},
        {"state": "observations"},
        {"opponent": "random"},
        {"time_limit": 50},
    ]
    tasks = [MPEEnv("simple_tag", seed=0, **c).describe() for c in changes]
    assert len({t.name for t in tasks}) == len(changes)
    assert all("{" not in t.summary for t in tasks)
    assert ["runs away" in t.summary for t in tasks] == [True, True, True, False, True]  # the prey's policy


def test_missing_package_names_the_package_and_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in [n for n in sys.modules if n.split(".")[0] == "mpe2" or n.startswith(("envs.mpe", "envs.opponents"))]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, "mpe2", None)  # what an import finds where the package is not installed
    with pytest.raises(UserError, match=r"needs the package mpe2.*pip install mpe2==1\.1\.1"):
        envs.REGISTRY["mpe"]
    assert envs.REGISTRY["lbf"] is not None  # the others go on


def test_no_display_is_opened_and_no_learning_package_imported() -> None:
    code = (
        "import sys, pygame\n"
        "from envs.mpe import MPEEnv\n"
        "env = MPEEnv('simple_tag', seed=0)\n"
        "env.reset(); env.step([0, 1, 2])\n"
        "assert not pygame.display.get_init()\n"
        "assert 'torch' not in sys.modules\n"
    )
    variables = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "SDL_VIDEODRIVER")}
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT / "src", env=variables, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr


def test_return_range_counts_every_step() -> None:
    task = MPEEnv("simple_tag", seed=0).describe()
    assert (task.return_low, task.return_high) == (0.0, 25 * 90.0)
    mean = MPEEnv("simple_tag", seed=0, reward_scalarisation="mean").describe()
    assert mean.return_high == pytest.approx(25 * 30.0)
    spread = MPEEnv("simple_spread", seed=0).describe()
    assert spread.return_high == 0.0
    assert math.isfinite(spread.return_low)
