"""What a runner, a learner and a credit function rely on, for every registered environment and shipped config.

A new environment is taken up by its file in config/envs. Legend: A agents, O observation, S state, U actions.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

import envs
from envs.multiagentenv import MultiAgentEnv
from llm_credit.task import TaskDescription
from utils.errors import UserError

ROOT = Path(__file__).resolve().parents[2]
STEPS = 2000

LBF_VARIANTS = {
    "lbf_observations": {"key": "Foraging-5x5-2p-1f-coop-v3", "state": "observations"},
    "lbf_scaled": {"key": "Foraging-2s-10x10-3p-3f-v3", "state": "scaled"},
    "lbf_paper_8x8": {"key": "Foraging-2s-8x8-2p-2f-coop-v3"},
    "lbf_paper_8x8_observations": {"key": "Foraging-2s-8x8-2p-2f-coop-v3", "state": "observations"},
    "lbf_paper_10x10": {"key": "Foraging-2s-10x10-3p-3f-v3"},
    "lbf_paper_15x15_observations": {"key": "Foraging-15x15-4p-3f-v3", "state": "observations"},
    "lbf_cramped": {"key": "Foraging-5x5-5p-4f-v3", "time_limit": 20},
    "lbf_hidden_levels": {
        "key": "Foraging-2s-6x6-3p-2f-v3",
        "state": "observations",
        "reward_scalarisation": "mean",
        "kwargs": {"observe_agent_levels": False, "penalty": 0.1},
    },
    "lbf_raw_reward": {"key": "Foraging-5x5-2p-1f-v3", "kwargs": {"normalize_reward": False, "max_player_level": 3}},
}
MATRIX_VARIANTS = {
    "matrix_three_agents": {"payoff": [[[1, 2, 0]], [[3, 4, -1]]]},
}

MPE_VARIANTS = {
    "mpe_spread_observations": {"key": "simple_spread", "state": "observations"},
    "mpe_spread_6": {"key": "simple_spread", "kwargs": {"N": 6}},
    "mpe_spread_crowd": {"key": "simple_spread", "kwargs": {"N": 12}, "state": "observations"},
    "mpe_spread_success": {
        "key": "simple_spread",
        "time_limit": 60,
        "kwargs": {"N": 1, "local_ratio": 0.0, "terminate_on_success": True},
    },
    "mpe_tag": {"key": "simple_tag"},
    "mpe_tag_observations": {"key": "simple_tag", "state": "observations", "time_limit": 100},
    "mpe_tag_random_prey": {"key": "simple_tag", "opponent": "random", "reward_scalarisation": "mean"},
    "mpe_tag_other_sizes": {
        "key": "simple_tag",
        "kwargs": {"num_adversaries": 2, "num_good": 2, "num_obstacles": 0, "terminate_on_success": True},
    },
    "mpe_adversary": {"key": "simple_adversary"},
    "mpe_adversary_observations": {"key": "simple_adversary", "state": "observations", "kwargs": {"N": 4}},
    "mpe_speaker_listener": {"key": "simple_speaker_listener"},
    "mpe_speaker_listener_observations": {"key": "simple_speaker_listener", "state": "observations"},
}
PETTINGZOO_VARIANTS = {
    "pettingzoo_own_state": {"key": "mpe2.simple_spread_v3", "time_limit": 25, "state": "own"},
    "pettingzoo_cut": {"key": "mpe2.simple_spread_v3", "time_limit": 10, "state_bound": 0.3},
    "pettingzoo_unlike": {
        "key": "mpe2.simple_speaker_listener_v4",
        "time_limit": 40,
        "kwargs": {"max_cycles": 1000},
    },
    "pettingzoo_both_sides": {"key": "mpe2.simple_tag_v3", "time_limit": 25, "kwargs": {"num_agent_neighbors": 2}},
}


SC2_VARIANTS = {
    "sc2_2s3z": {"map_name": "2s3z", "state_timestep_number": True},
    "sc2_3m_grids": {"map_name": "3m", "obs_pathing_grid": True, "obs_terrain_height": True, "move_amount": 2.0},
    "sc2_MMM2_observations": {"map_name": "MMM2", "obs_instead_of_state": True, "obs_last_action": True},
}
SC2_V2_TERRAN = {
    "n_units": 5,
    "n_enemies": 5,
    "team_gen": {"dist_type": "weighted_teams"},
    "start_positions": {"dist_type": "surrounded_and_reflect"},
}
SC2_V2_VARIANTS = {
    "sc2_v2_everything_seen": {
        "map_name": "10gen_terran",
        "capability_config": SC2_V2_TERRAN,
        "obs_instead_of_state": True,
        "fully_observable": True,
        "action_mask": False,
    },
    "sc2_v2_seldom_seen": {
        "map_name": "10gen_terran",
        "capability_config": SC2_V2_TERRAN,
        "prob_obs_enemy": 0.5,
        "obs_pathing_grid": True,
        "move_amount": 2.0,
    },
    "sc2_v2_protoss_3_vs_4": {
        "map_name": "10gen_protoss",
        "capability_config": {
            "n_units": 3,
            "n_enemies": 4,
            "team_gen": {
                "dist_type": "weighted_teams",
                "unit_types": ["stalker", "zealot", "colossus"],
                "weights": [0.45, 0.45, 0.1],
                "observe": True,
            },
            "start_positions": {"dist_type": "reflect_position", "map_x": 32, "map_y": 32},
        },
        "conic_fov": True,
    },
}
SKIRMISH_VARIANTS = {
    "skirmish_everything_seen": {
        "map_name": "sk_MMM2",
        "obs_last_action": True,
        "obs_pathing_grid": True,
        "obs_terrain_height": True,
        "obs_timestep_number": True,
        "obs_own_pos": True,
        "state_timestep_number": True,
    },
    "skirmish_observations": {"map_name": "sk_3s5z", "obs_instead_of_state": True, "start_noise": 0.5},
    "skirmish_losses_cost": {"map_name": "sk_2s3z", "reward_only_positive": False, "reward_defeat": -50.0},
    "skirmish_no_chance": {"map_name": "sk_3m", "random_delay": False, "start_noise": 1.0, "continuing_episode": True},
    "skirmish_zerg_3_vs_4": {"map_name": "sk_10gen_zerg", "n_units": 3, "n_enemies": 4, "step_mul": 16},
    "skirmish_protoss_sparse": {"map_name": "sk_10gen_protoss", "n_units": 4, "reward_sparse": True},
}
_HUNT = {"episode_limit": 25, "n_agents": 5, "n_stags": 3}
STAG_HUNT_VARIANTS: dict[str, dict[str, Any]] = {
    "stag_hunt_grid": {**_HUNT, "state": "grid", "n_hare": 3, "world_shape": [6, 7]},
    "stag_hunt_torus": {**_HUNT, "toroidal": True, "n_obstacles": 3, "observe_one_hot": True, "observe_ids": True},
    "stag_hunt_surround": {**_HUNT, "capture_action": False, "world_shape": [5, 5]},
    "stag_hunt_costs": {**_HUNT, "miscapture_punishment": -2.0, "reward_time": -0.1, "reward_collision": -0.5},
    "stag_hunt_mountain": {**_HUNT, "mountain_slope": 0.3, "mountain_spawn": True, "n_hare": 2, "observe_state": True},
    "stag_hunt_crowd": {"n_agents": 32, "n_stags": 32, "world_shape": [20, 20], "episode_limit": 10},
    "stag_hunt_ends": {**_HUNT, "truncate_episodes": False, "capture_terminal": True, "obstacles": [[1, 1]]},
}


def _cases() -> dict[str, tuple[str, dict[str, Any]]]:
    cases = {}
    for path in sorted((ROOT / "config" / "envs").glob("*.yaml")):
        config = yaml.safe_load(path.read_text())
        cases[f"config_{path.stem}"] = (config["env"], config.get("env_args") or {})
    cases |= {name: ("lbf", args) for name, args in LBF_VARIANTS.items()}
    cases |= {name: ("sc2", args) for name, args in SC2_VARIANTS.items()}
    cases |= {name: ("sc2_v2", args) for name, args in SC2_V2_VARIANTS.items()}
    cases |= {name: ("skirmish", args) for name, args in SKIRMISH_VARIANTS.items()}
    cases |= {name: ("stag_hunt", args) for name, args in STAG_HUNT_VARIANTS.items()}
    cases |= {name: ("mpe", args) for name, args in MPE_VARIANTS.items()}
    cases |= {name: ("pettingzoo", args) for name, args in PETTINGZOO_VARIANTS.items()}
    return cases | {name: ("matrix_game", args) for name, args in MATRIX_VARIANTS.items()}


CASES = _cases()
everywhere = pytest.mark.parametrize("case", CASES)


_built: list[MultiAgentEnv] = []


@pytest.fixture(autouse=True)
def _close_all() -> Iterator[None]:
    yield
    while _built:
        _built.pop().close()  # some have a program running


def build(case: str, seed: int = 1) -> MultiAgentEnv:
    name, env_args = CASES[case]
    try:
        _built.append(envs.REGISTRY[name](**{**env_args, "seed": seed}))
        return _built[-1]
    except UserError as e:
        if "not installed" in str(e):
            pytest.skip(str(e))
        raise


def random_actions(env: MultiAgentEnv, rng: np.random.Generator) -> list[int]:
    avail = np.array(env.get_avail_actions())  # [A, U]
    return (rng.random(avail.shape) * avail).argmax(axis=1).tolist()


def play(env: MultiAgentEnv, episodes: int, seed: int = 0) -> list[Any]:
    """Everything seen in some episodes of random actions."""
    rng = np.random.default_rng(seed)
    seen: list[Any] = []
    for _ in range(episodes):
        env.reset()
        over = False
        while not over:
            actions = random_actions(env, rng)
            seen.append([env.get_state().tolist(), np.array(env.get_obs()).tolist(), env.get_avail_actions(), actions])
            reward, over, info = env.step(actions)
            seen.append([reward, over, dict(info), env.get_state().tolist()])
    return seen


def test_every_registered_environment_is_shipped_with_a_config() -> None:
    assert {env for env, _ in CASES.values()} == set(envs.REGISTRY)


@everywhere
def test_sizes_and_types(case: str) -> None:
    env = build(case)
    info = env.get_env_info()
    a, o, s, u = info["n_agents"], info["obs_shape"], info["state_shape"], info["n_actions"]
    rng = np.random.default_rng(0)
    first_obs, first_state = env.reset()
    np.testing.assert_array_equal(first_obs, env.get_obs())
    np.testing.assert_array_equal(first_state, env.get_state())
    for _ in range(2 * info["episode_limit"] if info["episode_limit"] < 100 else 200):
        obs, state, avail = env.get_obs(), env.get_state(), env.get_avail_actions()
        assert len(obs) == a
        assert all(isinstance(x, np.ndarray) and x.shape == (o,) and x.dtype == np.float32 for x in obs)
        assert state.shape == (s,)
        assert state.dtype == np.float32
        assert len(avail) == a
        assert all(len(row) == u and set(row) <= {0, 1} and sum(row) >= 1 for row in avail)
        np.testing.assert_array_equal(env.get_obs_agent(a - 1), obs[a - 1])
        assert env.get_avail_agent_actions(0) == avail[0]
        reward, over, numbers = env.step(np.array(random_actions(env, rng)))
        assert type(reward) is float
        assert type(over) is bool
        assert all(isinstance(value, (bool, int, float)) for value in numbers.values())
        if over:
            env.reset()
    env.close()


@everywhere
def test_states_stay_in_the_declared_ranges(case: str, caplog: pytest.LogCaptureFixture) -> None:
    env = build(case)
    task = env.describe()
    low, high = np.full(task.state_dim, np.inf), np.full(task.state_dim, -np.inf)
    for field in task.state_fields:
        low[list(field.indices())], high[list(field.indices())] = field.low, field.high
    states = states_of_random_play(env)  # [N, S]
    outside = (states < low) | (states > high)
    names = sorted({f.name for f in task.state_fields if outside[:, list(f.indices())].any()})
    assert not names
    assert "outside its declared range" not in caplog.text  # said where an environment cuts values to their ranges
    for field in task.state_fields:
        values = states[:, list(field.indices())].reshape(len(states), field.count, field.size)
        if field.kind == "integer":
            assert np.array_equal(values, np.round(values)), field.name
        if field.kind in ("binary", "one_hot"):
            assert set(np.unique(values)) <= {0.0, 1.0}, field.name
        if field.kind == "one_hot":
            assert values.sum(-1).max() <= 1, field.name


def states_of_random_play(env: MultiAgentEnv) -> np.ndarray:
    rng = np.random.default_rng(3)
    env.reset()
    states = [env.get_state()]
    for _ in range(STEPS):
        _, over, _ = env.step(random_actions(env, rng))
        states.append(env.get_state())
        if over:
            env.reset()
            states.append(env.get_state())
    return np.stack(states)


@everywhere
def test_returns_stay_in_the_declared_range_and_episodes_in_their_limit(case: str) -> None:
    env = build(case)
    task = env.describe()
    rng = np.random.default_rng(5)
    for _ in range(30):
        env.reset()
        total, steps, over, numbers = 0.0, 0, False, {}
        while not over:
            reward, over, numbers = env.step(random_actions(env, rng))
            total, steps = total + reward, steps + 1
        assert task.return_low - 1e-9 <= total <= task.return_high + 1e-9
        assert steps <= task.episode_limit
        assert not numbers.get("episode_limit", False) or steps == task.episode_limit


@everywhere
def test_a_reset_starts_anew(case: str) -> None:
    """After the end of an episode, and in the middle of one."""
    env = build(case)
    rng = np.random.default_rng(11)
    for steps_before in (None, None, 1, 2, None):  # None: to the end
        obs, state = env.reset()
        np.testing.assert_array_equal(obs, env.get_obs())
        np.testing.assert_array_equal(state, env.get_state())
        steps, over, numbers = 0, False, {}
        while not over and steps != steps_before:
            _, over, numbers = env.step(random_actions(env, rng))
            steps += 1
        if numbers.get("episode_limit", False):
            assert steps == env.episode_limit  # no step of an episode before it is counted


@everywhere
def test_a_seed_fixes_the_episodes(case: str) -> None:
    first, second, other = (play(build(case, seed), 8) for seed in (7, 7, 8))
    assert first == second
    if build(case).rng_state() == {}:  # there is no chance in it
        return
    assert first != other
    again = build(case, 8)
    if again.rng_state() is not None:  # None: an episode may depend on more than the generator, as LBF's on the last
        play(again, 2)
    again.seed(7)
    assert again.seed() == 7
    assert play(again, 8) == first


@pytest.mark.slow
def test_a_seed_fixes_the_episodes_in_every_process() -> None:
    """Whatever order memory addresses and hashes have there."""
    code = "from tests.envs.test_conformity import fingerprints; print(fingerprints())"
    known = []
    for hash_seed in ("1", "2"):
        variables = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"}
        command = [sys.executable, "-c", code]
        run = subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True, timeout=300)
        assert run.returncode == 0, run.stderr
        known.append(run.stdout)
    assert known[0] == known[1]
    assert len(json.loads(known[0].replace("'", '"'))) == len(known_cases())


def known_cases() -> list[str]:
    """Those whose packages are there."""
    known = []
    for case in CASES:
        try:
            build(case).close()
        except pytest.skip.Exception:
            continue
        known.append(case)
    return known


def fingerprints() -> dict[str, str]:
    """A hash of three episodes of every case."""
    return {case: hashlib.sha256(repr(play(build(case), 3)).encode()).hexdigest() for case in known_cases()}


@everywhere
def test_episodes_of_one_seed_differ(case: str) -> None:
    """The generator goes on at a reset; seeded anew, it would play one episode for ever.

    Whole episodes are compared: a battle may start from the same places every time.
    """
    env = build(case)
    episodes = {json.dumps(play(env, 1)) for _ in range(8)}
    assert len(episodes) > 1 or env.rng_state() == {}


@everywhere
def test_generator_state_continues_at_an_episode_boundary(case: str) -> None:
    env, other = build(case, 1), build(case, 2)
    if env.rng_state() is None:
        with pytest.raises(UserError):
            env.set_rng_state({})
        return
    play(other, 1)
    for boundary in range(5):
        play(env, 3, seed=boundary)
        other.set_rng_state(json.loads(json.dumps(env.rng_state())))
        assert play(env, 3) == play(other, 3)


@everywhere
def test_description_fits_the_sizes_and_survives_json(case: str) -> None:
    env = build(case)
    info = env.get_env_info()
    sizes = {"state_shape", "obs_shape", "n_actions", "n_agents", "episode_limit"}
    assert set(info) == {*sizes, "task", "agent_own_state_size"}
    assert all(type(info[key]) is int for key in sizes)
    task = TaskDescription.from_json(info["task"])
    own = info["agent_own_state_size"]
    if own is not None:  # the state begins with equally many values for each agent, agent by agent
        for agent in range(task.n_agents):
            mine = {i for f in task.state_fields if f.per == "agent" for i in range(*f.slice_of(agent).indices(10**6))}
            assert set(range(agent * own, (agent + 1) * own)) <= mine
    assert task == env.describe()
    assert (task.n_agents, task.n_actions, task.state_dim, task.obs_dim, task.episode_limit) == (
        info["n_agents"],
        info["n_actions"],
        info["state_shape"],
        info["obs_shape"],
        info["episode_limit"],
    )
    assert all([task.summary, task.reward, task.episode_end])
    assert all(field.meaning for field in task.state_fields)
    assert all(action.meaning for action in task.actions)


@everywhere
def test_closing_twice_is_safe(case: str) -> None:
    env = build(case)
    env.reset()
    env.close()
    env.close()


def test_environments_import_no_torch() -> None:
    """A worker process that loads torch starts seconds later and holds hundreds of megabytes more."""
    code = (
        "import sys, envs, envs.worker\n"
        "from utils.errors import UserError\n"
        "loaded = {'lbforaging', 'gymnasium', 'mpe2', 'pettingzoo', 'torch'} & set(sys.modules)\n"
        "assert not loaded, f'importing envs loads {loaded}'\n"
        "for name in envs.REGISTRY:\n"
        "    try:\n"
        "        envs.REGISTRY[name]\n"
        "    except UserError:\n"
        "        pass\n"
        "assert 'torch' not in sys.modules\n"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT / "src", capture_output=True, text=True, timeout=60)
    assert run.returncode == 0, run.stderr
