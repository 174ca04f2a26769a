"""SMAC's layout: its published sizes, and fields that cover every index.

Legend: A agents, U actions, O observation, S state.
"""

import itertools
from dataclasses import replace

import numpy as np
import pytest

from envs.smac_description import describe_smac
from envs.smac_layout import SmacLayout
from envs.smac_maps import GEN_TYPES, SCENARIOS, gen_scenario
from envs.smac_options import SmacOptions
from envs.smac_reward import SMACV2_RULES, RewardOptions, return_range, reward_text
from llm_credit.task import TaskDescription

# map: agents, observation, state, actions, steps; as smac 1.0 gives them
SIZES = {
    "3m": (3, 30, 48, 9, 60),
    "8m": (8, 80, 168, 14, 120),
    "25m": (25, 250, 950, 31, 150),
    "5m_vs_6m": (5, 55, 98, 12, 70),
    "8m_vs_9m": (8, 85, 179, 15, 120),
    "10m_vs_11m": (10, 105, 243, 17, 150),
    "27m_vs_30m": (27, 285, 1170, 36, 180),
    "MMM": (10, 160, 290, 16, 150),
    "MMM2": (10, 176, 322, 18, 180),
    "2s3z": (5, 80, 120, 11, 120),
    "3s5z": (8, 128, 216, 14, 150),
    "3s5z_vs_3s6z": (8, 136, 230, 15, 170),
    "3s_vs_3z": (3, 36, 54, 9, 150),
    "3s_vs_4z": (3, 42, 61, 10, 200),
    "3s_vs_5z": (3, 48, 68, 11, 250),
    "1c3s5z": (9, 162, 270, 15, 180),
    "2m_vs_1z": (2, 16, 26, 7, 150),
    "corridor": (6, 156, 282, 30, 400),
    "6h_vs_8z": (6, 78, 140, 14, 150),
    "2s_vs_1sc": (2, 17, 27, 7, 300),
    "so_many_baneling": (7, 202, 397, 38, 100),
    "bane_vs_bane": (24, 336, 984, 30, 200),
    "2c_vs_64zg": (2, 332, 342, 70, 400),
}
SWITCHES = ["obs_last_action", "obs_all_health", "obs_instead_of_state", "state_last_action", "obs_timestep_number"]
SWITCHES += ["obs_own_pos", "conic_fov"]


def describe(scenario, options=None, rewards=None):
    return describe_smac(
        SmacLayout(scenario, options or SmacOptions()),
        rewards or RewardOptions(),
        family="skirmish",
        name=scenario.name,
        setting="A battle.",
    )


def test_every_map_has_its_published_size():
    assert set(SIZES) == set(SCENARIOS)


@pytest.mark.parametrize("name", SIZES)
def test_sizes_are_those_of_smac(name):
    layout = SmacLayout(SCENARIOS[name])
    ours = (layout.n_agents, layout.obs_size, layout.state_size, layout.n_actions, layout.scenario.limit)
    assert ours == SIZES[name]


@pytest.mark.parametrize(
    ("units", "enemies", "sizes"), [(5, 5, (82, 120, 11)), (10, 11, (170, 306, 17)), (20, 20, (322, 780, 26))]
)
def test_sizes_are_those_of_smacv2(units, enemies, sizes):
    layout = SmacLayout(gen_scenario("10gen_terran", units, enemies), SmacOptions(obs_own_pos=True))
    assert (layout.obs_size, layout.state_size, layout.n_actions) == sizes


def test_medivacs_have_an_action_for_every_agent():
    """SMACv2: with more agents than enemies the actions reach to the last agent."""
    task = describe(gen_scenario("10gen_terran", 5, 3))
    assert [a.name for a in task.actions[6:]] == [
        "attack_enemy_0_or_heal_agent_0",
        "attack_enemy_1_or_heal_agent_1",
        "attack_enemy_2_or_heal_agent_2",
        "heal_agent_3",
        "heal_agent_4",
    ]


@pytest.mark.parametrize("name", ["2s3z", "2m_vs_1z"])
def test_fields_cover_the_state_whatever_is_switched_on(name):
    for bits in itertools.product((False, True), repeat=len(SWITCHES)):
        options = SmacOptions(**dict(zip(SWITCHES, bits, strict=True)))
        task = describe(SCENARIOS[name], options)  # a description checks that every index has one field
        assert TaskDescription.from_json(task.to_json()) == task
        assert task.n_actions == len(task.actions)
        assert all(f.meaning for f in task.state_fields)


def test_the_state_says_what_lies_where():
    task = describe(SCENARIOS["2s3z"])
    assert [task.field(f"agent_{x}").start for x in ("health", "cooldown", "x", "y", "shield", "type")] == [
        0,
        1,
        2,
        3,
        4,
        5,
    ]
    assert task.field("agent_health").stride == 7
    assert [task.field(f"enemy_{x}").start for x in ("health", "x", "y", "shield", "type")] == [35, 36, 37, 38, 39]
    assert (task.field("last_action").start, task.field("last_action").size) == (65, 11)
    # SMAC's own: a stalker has the first bit among the agents and the second among the enemies
    assert task.field("agent_type").meaning.endswith("stalker, zealot")
    assert task.field("enemy_type").meaning.endswith("zealot, stalker")


def test_maps_without_shields_or_types_have_no_such_fields():
    marines = describe(SCENARIOS["3m"])
    assert not any(marines.has_field(f"{side}_{what}") for side in ("agent", "enemy") for what in ("shield", "type"))
    mixed = describe(SCENARIOS["2m_vs_1z"])
    assert mixed.has_field("enemy_shield")
    assert not mixed.has_field("agent_shield")


def test_roles_and_rules_are_told():
    task = describe(SCENARIOS["MMM2"])
    assert "10 damage (+10 against armored)" in task.agents[0].role
    assert "heals" in task.agents[9].role
    assert "3 marauders, 8 marines, 1 medivac" in task.summary
    assert "energy" in task.field("agent_cooldown").meaning
    assert "drawn anew" in describe(gen_scenario("10gen_zerg", 5, 5)).agents[0].role


@pytest.mark.parametrize("name", [*SCENARIOS, *GEN_TYPES])
def test_a_perfect_episode_lies_within_the_declared_returns(name):
    scenario = SCENARIOS.get(name) or gen_scenario(name, 5, 5)
    low, high = return_range(RewardOptions(), scenario, scenario.limit * 8)
    assert low == 0
    assert high >= 20 - 1e-9
    low, _ = return_range(RewardOptions(reward_only_positive=False), scenario, scenario.limit * 8)
    assert low < 0
    assert return_range(RewardOptions(reward_sparse=True, reward_scale=False), scenario, 80) == (-1, 1)


def test_marines_return_twenty_at_most():
    """Nothing regains health on 3m: 3 x 45 points, 3 kills and the win, divided so that they make 20."""
    assert RewardOptions().max_points(SCENARIOS["3m"].enemies) == 3 * 45 + 3 * 10 + 200
    assert return_range(RewardOptions(), SCENARIOS["3m"], 480)[1] == pytest.approx(20)


@pytest.mark.parametrize("options", [RewardOptions(), RewardOptions(reward_only_positive=False)])
@pytest.mark.parametrize("name", GEN_TYPES)
def test_a_drawn_maps_returns_hold_those_of_every_army(name, options):
    drawn = gen_scenario(name, 5, 6)
    low, high = return_range(options, drawn, 1600)
    rng = np.random.default_rng(0)
    for _ in range(200):
        draw = lambda n: tuple(rng.choice(GEN_TYPES[name], size=n, p=rng.dirichlet([0.5] * 3)))  # noqa: E731
        fixed = replace(drawn, allies=draw(5), enemies=draw(6), drawn=False)
        its_low, its_high = return_range(options, fixed, 1600)
        assert low - 1e-9 <= its_low <= its_high <= high + 1e-9
    assert high < 100  # of a whole army of medivacs on both sides


def test_the_first_enemies_scale_all_returns_of_smacv2():
    """5 marines give the smallest divisor, 475 points for 20; the highest return against 5 medivacs is divided by it."""
    _, high = return_range(RewardOptions(), gen_scenario("10gen_terran", 5, 5), 1600, SMACV2_RULES)
    healed = 3 * (50 + 0.0352 * (1600 + 32))
    assert high == pytest.approx((5 * (150 + healed) + 5 * 10 + 200) / (475 / 20))
    assert return_range(RewardOptions(), gen_scenario("10gen_terran", 5, 5), 1600)[1] < high


def test_the_rewards_text_says_what_divides_it():
    drawn = gen_scenario("10gen_terran", 5, 5)
    assert "divided by 23.75" not in reward_text(RewardOptions(), drawn)
    assert "episode's own enemies" in reward_text(RewardOptions(), drawn)
    assert "first episode's enemies" in reward_text(RewardOptions(), drawn, SMACV2_RULES)
    signed = reward_text(RewardOptions(reward_only_positive=False), SCENARIOS["2s3z"])
    assert signed.index("that the agents lost") < signed.index("all divided by")
