"""Skirmish's rules, in situations that can be computed by hand, and what its state says of them.

Legend: B environments, A agents, N units, U actions, S state.
"""

import numpy as np
import pytest

from envs.skirmish import Skirmish, SkirmishEnv
from envs.skirmish_frame import CD, EN, HP, QUIET, SH, X, Y
from envs.skirmish_options import MAPS
from envs.skirmish_rules import KIND
from utils.errors import UserError

ONE = np.array([0])
NO_OP, STOP, NORTH, SOUTH, EAST, WEST, ATTACK = range(7)
MARINES = 3 * 45 + 3 * 10 + 200  # 3m: all points there are


def fight(map_name="sk_3m", **env_args):
    """A fight without chance, all agents at (8, 16) and below, all enemies in the far corner."""
    env = Skirmish(seeds=[1], map_name=map_name, random_delay=False, **env_args)
    env.reset(ONE)
    u, a = env.units[:, 0], env.n_agents
    for k in range(u.shape[1]):
        put(env, k, 4.0 + 2 * k if k < a else 31.0, 8.0 if k < a else 31.0 - (k - a))
    return env, u


def put(env, unit, x, y):
    env.units[X, 0, unit], env.units[Y, 0, unit] = x, y
    env._view = None


def act(env, *actions):
    """One step; agents without an action given stand still, dead ones do nothing."""
    alive = env.units[HP, 0, : env.n_agents] > 0
    chosen = np.where(alive, STOP, NO_OP)
    chosen[: len(actions)] = actions
    return env.step(ONE, chosen[np.newaxis])


def field(env, name):
    """A field of the state, ``[count, size]``, found by the description."""
    f = env.describe().field(name)
    state = env.state(ONE)[0]
    return np.array([state[f.slice_of(e)] for e in range(f.count)])


def test_a_shot_costs_damage_and_a_pause():
    env, u = fight()
    put(env, 0, 10, 10)
    put(env, 3, 14, 10)
    step = act(env, ATTACK)
    assert u[HP, 3] == 45 - 6
    assert step.reward[0] == pytest.approx(6 / MARINES * 20)
    assert field(env, "enemy_health")[0, 0] == pytest.approx(39 / 45)
    assert field(env, "agent_cooldown")[0, 0] == pytest.approx((13.8 - 8) / 15)


def test_an_attack_that_goes_on_keeps_the_weapons_pace():
    env, u = fight()
    u[HP, 3:] = 45 * 1000
    put(env, 0, 10, 10)
    put(env, 3, 14, 10)
    for _ in range(69):  # 552 game loops are 40 pauses of 13.8
        u[HP, 0], u[X, 3], u[Y, 3], u[CD, 3] = 45, 14, 10, 100  # the enemy stands and does not shoot
        act(env, ATTACK)
    assert (45 * 1000 - u[HP, 3]) / 6 == pytest.approx(40, abs=1)


def test_out_of_the_weapons_reach_it_walks_first():
    """Targets may be chosen from 6 cells away, a marine shoots 5 cells from edge to edge."""
    env, u = fight()
    put(env, 0, 10, 10)
    put(env, 3, 16, 10)
    assert env.avail_actions(ONE)[0, 0, ATTACK] == 1
    u[CD, 3] = 100
    act(env, ATTACK)
    assert 10 < u[X, 0] <= 10.25 + 1e-9  # 5.75 between the centres is near enough; the enemy comes, too
    assert u[HP, 3] == 39
    put(env, 3, 16.01, 10)
    put(env, 0, 10, 10)
    assert env.avail_actions(ONE)[0, 0, ATTACK] == 0


@pytest.mark.parametrize(
    ("action", "dx", "dy"), [(NORTH, 0, 1), (SOUTH, 0, -1), (EAST, 1, 0), (WEST, -1, 0), (STOP, 0, 0)]
)
def test_a_step_moves_a_marine_by_its_speed(action, dx, dy):
    env, u = fight()
    put(env, 0, 16, 16)
    before = field(env, "agent_x")[0, 0], field(env, "agent_y")[0, 0]
    act(env, action)
    assert (u[X, 0] - 16, u[Y, 0] - 16) == (pytest.approx(dx * 8 * 0.1406), pytest.approx(dy * 8 * 0.1406))
    after = field(env, "agent_x")[0, 0], field(env, "agent_y")[0, 0]
    np.testing.assert_allclose(np.subtract(after, before), np.array([dx, dy]) * 8 * 0.1406 / 32, atol=1e-6)


def test_the_edge_closes_moves_and_holds_units():
    env, u = fight()
    put(env, 0, 14, 31.4)
    put(env, 1, 31.4, 12)
    assert env.avail_actions(ONE)[0, :2, NORTH : WEST + 1].tolist() == [[0, 1, 1, 1], [1, 1, 0, 1]]
    act(env, NORTH, EAST)
    assert (u[Y, 0], u[X, 1]) == (pytest.approx(31.5), pytest.approx(31.5))
    put(env, 0, 0.5, 0.5)  # SMAC rounds towards zero: these moves stay open, and lead nowhere
    assert env.avail_actions(ONE)[0, 0, NORTH : WEST + 1].tolist() == [1, 1, 1, 1]


def test_shields_go_first_and_armor_counts_for_health():
    env, u = fight("sk_3s_vs_5z")
    put(env, 0, 10, 10)
    put(env, 3, 14, 10)
    act(env, ATTACK)
    assert (u[SH, 3], u[HP, 3]) == (50 - 13, 100)  # a shield has no armor
    u[SH, 3], u[CD, 0] = 0, 0
    act(env, ATTACK)
    assert u[HP, 3] == 100 - (13 - 1)
    u[SH, 3], u[HP, 3], u[CD, 0] = 5, 100, 0
    act(env, ATTACK)
    assert (u[SH, 3], u[HP, 3]) == (0, pytest.approx(100 - 12 * 8 / 13))  # 8 of 13 points get through


def test_close_combat_two_blows_a_time():
    env, u = fight("sk_2s3z")
    zealot, stalker = 2, 5
    put(env, zealot, 14, 10)
    put(env, stalker, 14 + 0.5 + 0.625, 10)
    u[SH, stalker] = 0
    act(env, STOP, STOP, ATTACK)
    assert u[HP, stalker] == 80 - 2 * (8 - 1)


def test_a_bonus_against_armor():
    env, u = fight("sk_MMM2")
    put(env, 0, 10, 10)
    put(env, 10, 14, 10)
    act(env, ATTACK)
    assert u[HP, 10] == 125 - (10 + 10 - 1)


def test_some_weapons_cannot_hit_what_flies():
    env, u = fight("sk_MMM2")
    medivac = 10 + 11
    put(env, 0, 10, 10)
    put(env, 2, 10, 12)
    put(env, medivac, 12, 11)
    act(env, ATTACK + 11)  # a marauder's attack does nothing, and it stays
    assert (u[HP, medivac], u[X, 0]) == (150, 10)
    act(env, STOP, STOP, ATTACK + 11)
    assert u[HP, medivac] == 150 - (6 - 1)


def test_a_medivac_heals_whom_it_is_told_to():
    env, u = fight("sk_MMM2")
    medivac, marine = 9, 2
    put(env, medivac, 10, 10)
    put(env, marine, 12, 10)
    u[HP, marine] = 10
    avail = env.avail_actions(ONE)[0, medivac]
    assert avail[ATTACK + marine] == 1
    assert avail[ATTACK + medivac] == 0
    act(env, *[STOP] * 9, ATTACK + marine)
    assert u[HP, marine] == pytest.approx(10 + 8 * 0.5625)
    assert u[EN, medivac] == pytest.approx(50 - 8 * 0.5625 / 3 + 8 * 0.0352)
    assert field(env, "agent_cooldown")[medivac, 0] == pytest.approx(u[EN, medivac] / 200)
    u[HP, marine] = 44.9
    act(env, *[STOP] * 9, ATTACK + marine)
    assert u[HP, marine] == 45


def test_an_enemy_medivac_heals_the_nearest_hurt_fellow():
    env, u = fight("sk_MMM2")
    medivac = 21
    u[HP, 12], u[HP, 15] = 30, 30
    put(env, 12, 20, 20)
    put(env, 15, 27, 27)
    put(env, medivac, 20, 22)
    act(env)
    assert u[HP, 12] == pytest.approx(34.5)
    assert u[HP, 15] == 30


def test_a_baneling_takes_those_around_its_target_along_and_dies():
    env, u = fight("sk_so_many_baneling")
    put(env, 0, 10, 10)
    put(env, 1, 12, 10)
    put(env, 2, 14, 10)
    put(env, 7, 10, 10.9)
    act(env)
    assert u[HP, 7] == 0
    assert (u[SH, 0], u[HP, 0]) == (50 - 35, 100)  # 20, and 15 more against light units
    assert u[SH, 1] == 15
    assert u[SH, 2] == 50  # 4 cells away
    assert u[HP, 8] == 30  # its own side is spared


def test_a_shield_comes_back_when_its_unit_is_left_alone():
    env, u = fight("sk_3s_vs_5z")
    u[SH, 0], u[QUIET, 0] = 10, 0
    for _ in range(20):
        act(env)
    assert u[SH, 0] == 10  # 160 loops, and no longer
    act(env)
    assert u[SH, 0] == pytest.approx(11)


def test_enemies_march_to_where_the_agents_began_and_attack_who_is_near():
    env, u = fight()
    x, y = env.goal[:, 0]
    before = np.hypot(u[X, 3:] - x, u[Y, 3:] - y)
    act(env)
    np.testing.assert_allclose(before - np.hypot(u[X, 3:] - x, u[Y, 3:] - y), 8 * 0.1406, atol=1e-6)
    put(env, 0, 31, 25)
    put(env, 3, 31, 30.5)
    act(env)
    assert u[HP, 0] < 45
    assert (u[HP, 1:3] == 45).all()


def test_units_do_not_stand_in_one_another():
    env, u = fight()
    put(env, 0, 10, 10)
    put(env, 1, 10.1, 10)
    act(env)
    assert u[X, 1] - u[X, 0] == pytest.approx(0.75)


def test_killing_and_winning_pay():
    env, u = fight()
    u[HP, 3:5] = 0
    env.tally.points[0, 3:5] = 0
    u[HP, 5], env.tally.points[0, 5] = 4, 4
    put(env, 0, 10, 10)
    put(env, 5, 13, 10)
    step = act(env, ATTACK + 2)
    assert step.over[0]
    assert step.reward[0] == pytest.approx((4 + 10 + 200) / MARINES * 20)
    assert env.episode_info(0) == {"battle_won": True, "dead_allies": 0, "dead_enemies": 3}
    assert env.stats(0)["win_rate"] == 1


def test_own_losses_cost_only_if_asked_for():
    rewards = []
    for only_positive in (True, False):
        env, u = fight(reward_only_positive=only_positive)
        u[HP, 0], env.tally.points[0, 0] = 4, 4
        put(env, 0, 10, 10)
        put(env, 3, 13, 10)
        rewards.append(float(act(env).reward[0]))
        assert env.episode_info(0)["dead_allies"] == 1
    assert rewards == [0, pytest.approx(-0.5 * (4 + 10) / MARINES * 20)]


def test_the_dead_see_nothing_and_do_nothing():
    env, u = fight()
    u[HP, 1] = 0
    env._view = None
    assert env.avail_actions(ONE)[0, 1].tolist() == [1] + [0] * 8
    assert not env.obs(ONE)[0, 1].any()
    assert not np.concatenate([field(env, f"agent_{x}")[1] for x in ("health", "cooldown", "x", "y")]).any()
    place = u[[X, Y], 1].copy()
    act(env, STOP, NO_OP)
    np.testing.assert_array_equal(u[[X, Y], 1], place)
    assert field(env, "last_action")[1].tolist() == [1] + [0] * 8


def test_medivacs_alone_have_lost():
    env, u = fight("sk_MMM2")
    u[HP, :9] = 0
    assert act(env).over[0]
    assert not env.episode_info(0)["battle_won"]


@pytest.mark.parametrize("continuing", [False, True])
def test_time_running_out_is_no_win(continuing):
    env, _ = fight(continuing_episode=continuing)
    for step in range(60):
        put(env, 3, 31, 31)  # nobody meets anybody
        put(env, 4, 31, 29)
        put(env, 5, 31, 27)
        result = act(env)
        assert result.over[0] == (step == 59)
    assert result.out_of_time[0] == continuing
    assert env.episode_info(0)["battle_won"] is False
    assert env.stats(0)["timeouts"] == 1


def test_sparse_rewards():
    env, u = fight(reward_sparse=True, reward_scale=False)
    u[HP, :3] = 0
    assert act(env).reward[0] == -1


def test_observations_are_what_lies_around():
    env, u = fight("sk_2s3z", obs_timestep_number=True)
    put(env, 0, 10, 10)
    put(env, 1, 13, 14)
    put(env, 5, 10, 12)
    u[HP, 5] = 40
    env._view = None
    obs = env.obs(ONE)[0, 0]
    assert obs[:4].tolist() == [1, 1, 1, 1]
    np.testing.assert_allclose(obs[4:12], [1, 2 / 9, 0, 2 / 9, 0.5, 1, 0, 1], atol=1e-6)  # a stalker: second bit
    ally = obs[4 + 5 * 8 :]
    np.testing.assert_allclose(ally[:8], [1, 5 / 9, 3 / 9, 4 / 9, 1, 1, 1, 0], atol=1e-6)  # a stalker: first bit
    assert obs[-5:].tolist() == [1, 1, 1, 0, 0]  # its health, shield and type, and the time
    put(env, 5, 10, 19)
    assert not env.obs(ONE)[0, 0, 4:12].any()  # 9 cells away is out of sight


def nearest_weak(env, which):
    """Everybody in reach of an enemy shoots at the one with the least health and shield left, the others walk to it."""
    avail = env.avail_actions(which)
    u, a = env.units[:, which], env.n_agents
    left = u[HP, :, a:] + u[SH, :, a:]
    score = np.where(avail[:, :, ATTACK:] == 1, left[:, np.newaxis], np.inf)  # [b, A, E]
    weakest = np.where(left > 0, left, np.inf).argmin(axis=1)[:, np.newaxis]
    dx = np.take_along_axis(u[X, :, a:], weakest, 1) - u[X, :, :a]
    dy = np.take_along_axis(u[Y, :, a:], weakest, 1) - u[Y, :, :a]
    walk = np.where(abs(dx) > abs(dy), np.where(dx > 0, EAST, WEST), np.where(dy > 0, NORTH, SOUTH))
    chosen = np.where(np.isfinite(score).any(axis=2), ATTACK + score.argmin(axis=2), walk)
    return np.where(avail[:, :, NO_OP] == 1, NO_OP, chosen)


def win_rate(map_name, policy, n=16):
    env = Skirmish(seeds=range(n), map_name=map_name)
    running = np.arange(n)
    env.reset(running)
    while len(running):
        running = running[~env.step(running, policy(env, running)).over]
    return np.mean([env.episode_info(i)["battle_won"] for i in range(n)])


@pytest.mark.parametrize("map_name", ["sk_3m", "sk_2s3z"])
def test_firing_at_the_weakest_wins_and_chance_does_not(map_name):
    rng = np.random.default_rng(0)

    def chance(env, which):
        avail = env.avail_actions(which)
        return (avail * rng.random(avail.shape)).argmax(axis=2)

    assert win_rate(map_name, nearest_weak) > 0.8
    assert win_rate(map_name, chance) < 0.1


LARGE = ("sk_25m", "sk_27m_vs_30m", "sk_bane_vs_bane", "sk_2c_vs_64zg")


@pytest.mark.parametrize("map_name", [pytest.param(m, marks=pytest.mark.slow if m in LARGE else ()) for m in MAPS])
def test_states_keep_to_their_ranges_on_every_map(map_name):
    env = Skirmish(seeds=range(20), map_name=map_name, start_noise=0.5, state_timestep_number=True)
    task = env.describe()
    low, high = np.zeros(task.state_dim), np.zeros(task.state_dim)
    for f in task.state_fields:
        low[list(f.indices())], high[list(f.indices())] = f.low, f.high
    everyone, rng = np.arange(20), np.random.default_rng(2)
    env.reset(everyone)
    for _ in range(100):
        avail = env.avail_actions(everyone)
        assert (avail.sum(axis=2) >= 1).all()
        weights = rng.random(avail.shape) * np.where(np.arange(env.n_actions) < ATTACK, 1, 4)
        step = env.step(everyone, (avail * weights).argmax(axis=2))
        state = env.state(everyone)
        assert ((state >= low) & (state <= high)).all()
        assert np.abs(env.obs(everyone)).max() <= 1
        if step.over.any():
            env.reset(np.flatnonzero(step.over))


def test_what_the_state_says_of_random_episodes_is_what_happened():
    """Parsed by the description alone: actions, walks, hits and pauses."""
    env = Skirmish(seeds=[5], map_name="sk_2s3z")
    rng = np.random.default_rng(1)
    hits = 0
    for _ in range(3):
        env.reset(ONE)
        over = False
        while not over:
            avail = env.avail_actions(ONE)
            before = {name: field(env, name) for name in ("agent_x", "agent_cooldown", "agent_health", "agent_shield")}
            actions = (avail * rng.random(avail.shape)).argmax(axis=2)
            over = env.step(ONE, actions).over[0]
            alive = field(env, "agent_health")[:, 0] > 0
            np.testing.assert_array_equal(field(env, "last_action").argmax(axis=1), actions[0])
            moved = field(env, "agent_x")[:, 0] - before["agent_x"][:, 0]
            assert (moved[alive & (actions[0] == EAST)] > 0).all()
            assert (moved[alive & (actions[0] == WEST)] < 0).all()
            pause, was = field(env, "agent_cooldown")[:, 0], before["agent_cooldown"][:, 0]
            rests = alive & (actions[0] < ATTACK) & (was > 0)
            assert (pause[rests] < was[rests]).all()
            left = field(env, "agent_health") + field(env, "agent_shield")
            hits += int((left < before["agent_health"] + before["agent_shield"]).sum())
    assert hits > 10


def unit_names(task, side, bits):
    """The unit types that a field of type bits ``[count, types]`` names; None where there is no bit (the dead)."""
    names = task.facts[f"{side}_types"]
    return [names[int(row.argmax())] if row.any() else None for row in bits]


@pytest.mark.parametrize("map_name", ["sk_2s3z", "sk_MMM2", "sk_3m"])
def test_rewards_and_walks_can_be_read_from_the_described_fields(map_name):
    """The enemies' fields give the reward point by point; types, places and time are what they are said to be."""
    env = Skirmish(seeds=[3], map_name=map_name, state_timestep_number=True)
    task, rng = env.describe(), np.random.default_rng(2)
    kinds = {"agent": env.scenario.allies, "enemy": env.scenario.enemies}
    full = {what: np.array([task.facts["units"][k][what] for k in kinds["enemy"]]) for what in ("health", "shield")}
    shields = task.has_field("enemy_shield")

    def read(name):
        f, state = task.field(name), env.state(ONE)[0]
        return np.array([state[f.slice_of(e)] for e in range(f.count)])

    def enemy_points():
        points = read("enemy_health")[:, 0] * full["health"]
        return points + read("enemy_shield")[:, 0] * full["shield"] if shields else points

    paid = deaths = north = south = 0
    for _ in range(3):
        env.reset(ONE)
        over, steps = False, 0
        while not over:
            before, y = enemy_points(), read("agent_y")[:, 0]
            avail = env.avail_actions(ONE)
            chance = (avail * rng.random(avail.shape)).argmax(axis=2)
            actions = chance if rng.random() < 0.3 else nearest_weak(env, ONE)
            step = env.step(ONE, actions)
            over, steps = step.over[0], steps + 1
            after = enemy_points()
            died = int(((before > 0) & (after == 0)).sum())
            points = abs((before - after).sum() + 10 * died) + 200 * env.episode_info(0)["battle_won"]
            assert step.reward[0] * env.options.divisor(kinds["enemy"]) == pytest.approx(points, abs=0.01)
            paid, deaths = paid + (points > 0), deaths + died
            walked = read("agent_y")[:, 0] - y
            alive = read("agent_health")[:, 0] > 0
            upwards, downwards = walked[alive & (actions[0] == NORTH)], walked[alive & (actions[0] == SOUTH)]
            assert (upwards > 0).all()
            assert (downwards < 0).all()
            north, south = north + len(upwards), south + len(downwards)
            assert read("timestep")[0, 0] == pytest.approx(steps / task.episode_limit)
            for side, army in kinds.items():
                if task.has_field(f"{side}_type"):
                    lives = read(f"{side}_health")[:, 0] > 0
                    names = unit_names(task, side, read(f"{side}_type"))
                    assert names == [kind if life else None for kind, life in zip(army, lives, strict=True)]
            a = env.n_agents
            lives = read("enemy_health")[:, 0] > 0
            for name, row in (("enemy_x", X), ("enemy_y", Y)):
                place = np.where(lives, (env.units[row, 0, a:] - 16) / 32, 0)
                np.testing.assert_allclose(read(name)[:, 0], place, atol=1e-6)
    assert min(paid, north, south) > 3
    assert deaths > 0


def test_places_and_pauses_vary_only_if_asked_for():
    def course(seed, **env_args):
        env = SkirmishEnv(map_name="sk_3m", seed=seed, **env_args)
        env.reset()
        seen = [env.get_state().tolist()]
        over = False
        while not over:
            avail = np.array(env.get_avail_actions())
            _, over, _ = env.step(avail.shape[1] - 1 - avail[:, ::-1].argmax(axis=1))
            seen.append(env.get_state().tolist())
        return seen

    assert course(1, random_delay=False) == course(2, random_delay=False)
    assert course(1)[0] == course(2)[0]
    assert course(1) != course(2)
    assert course(1, start_noise=0.5)[0] != course(2, start_noise=0.5)[0]


def test_drawn_armies_are_alike_and_never_of_medivacs_alone():
    env = Skirmish(seeds=range(200), map_name="sk_10gen_terran", n_units=3)
    env.reset(np.arange(200))
    ours, theirs = env.kind[:, :3], env.kind[:, 3:]
    np.testing.assert_array_equal(ours, theirs)
    assert set(np.unique(ours)) == {KIND[k] for k in ("marine", "marauder", "medivac")}
    assert (ours != KIND["medivac"]).any(axis=1).all()


@pytest.mark.parametrize(("map_name", "alone"), [("sk_10gen_terran", "medivac"), ("sk_10gen_zerg", "baneling")])
@pytest.mark.parametrize(("n_units", "n_enemies"), [(1, 1), (2, 1), (1, 2)])
def test_no_drawn_army_is_of_an_exception_alone(map_name, alone, n_units, n_enemies):
    env = Skirmish(seeds=range(300), map_name=map_name, n_units=n_units, n_enemies=n_enemies)
    env.reset(np.arange(300))
    ours, theirs = np.sort(env.kind[:, :n_units]), np.sort(env.kind[:, n_units:])
    assert (ours != KIND[alone]).any(axis=1).all()
    assert (theirs != KIND[alone]).all()  # a second enemy is drawn for itself, by the same rule
    assert all(set(a) & set(b) for a, b in zip(ours, theirs, strict=True))


def test_a_drawn_maps_description_says_what_is_drawn():
    told = Skirmish(seeds=[1], map_name="sk_10gen_zerg", n_units=5, n_enemies=6).describe().summary
    for words in (
        "zergling with probability 0.45, hydralisk with probability 0.45, baneling with probability 0.1",
        "no army of baneling alone",
        "the same army and 1 more units",
        "With probability 0.5 the agents start anywhere in the western half",
        "hunt the nearest agent that they can hit, however far away",
    ):
        assert words in told
    assert "attack what is near them" not in told
    assert "attack what is near them" in Skirmish(seeds=[1], map_name="sk_3m").describe().summary


def test_the_name_of_the_task_tells_what_differs():
    plain, other = (Skirmish(seeds=[1], map_name="sk_3m", reward_win=x).describe() for x in (200, 100))
    assert plain.name == "skirmish:sk_3m"
    assert other.name == "skirmish:sk_3m:reward_win=100"


@pytest.mark.parametrize(
    ("env_args", "says"),
    [
        ({"map_name": "sk_3n"}, "sk_3m"),
        ({"map_name": "3m"}, "Did you mean sk_3m.*env-config=sc2 plays"),  # a run of it would lie among SMAC's
        ({"map_name": "10gen_zerg"}, "Did you mean sk_10gen_zerg.*sc2_v2"),
        ({"map_name": "sk_3m", "n_units": 4}, "belong to the 10gen maps"),
        ({"map_name": "sk_10gen_zerg", "n_units": 0}, "at least 1"),
        ({"step_mul": 0}, "step_mul=0"),
        ({"move_amount": 0.0}, "move_amount=0"),
        ({"move_amount": 33.0}, "at most 32 cells"),
        ({"reward_scale_rate": 0.0}, "reward_scale_rate=0"),
        ({"start_noise": -1.0}, "start_noise=-1"),
    ],
)
def test_impossible_arguments_are_refused(env_args, says):
    with pytest.raises(UserError, match=says):
        SkirmishEnv(seed=1, **env_args)
