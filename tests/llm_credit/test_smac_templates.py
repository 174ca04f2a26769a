"""The functions that ship for battles with SMAC's state, for real maps of every kind.

Legend: N states, A agents, U actions.
"""

import pytest
import torch

from envs import REGISTRY
from envs.smac_description import describe_smac
from envs.smac_layout import SmacLayout
from envs.smac_maps import SCENARIOS, gen_scenario
from envs.smac_options import SmacOptions
from envs.smac_reward import RewardOptions
from llm_credit import TFCAFSettings, build_tfcaf, check_source
from llm_credit.builtin import builtin_source
from llm_credit.states import corner_states, draw_actions, draw_states

GEN = [(f"10gen_{race}", n) for race in ("terran", "protoss", "zerg") for n in (5, 10, 20)]


def describe(scenario, family, **options):
    layout = SmacLayout(scenario, SmacOptions(**options))
    return describe_smac(layout, RewardOptions(), family=family, name=scenario.name, setting="A battle.")


TASKS = {name: describe(scenario, "sc2") for name, scenario in SCENARIOS.items()}
TASKS |= {f"{name}_{n}": describe(gen_scenario(name, n, n), "sc2_v2", obs_own_pos=True) for name, n in GEN}
TASKS |= {
    name: REGISTRY["skirmish"](map_name=name, seed=1).describe()
    for name in ("sk_3m", "sk_2s3z", "sk_3s_vs_5z", "sk_MMM2", "sk_2c_vs_64zg", "sk_10gen_terran")
}


def build(task, name, form="credit_weights"):
    return build_tfcaf(task, TFCAFSettings(source="builtin", builtin=name), (form,))


@pytest.mark.parametrize("key", TASKS)
@pytest.mark.parametrize("name", ["focus", "alive"])
def test_weights_are_proved_monotonic_and_average_one(key, name):
    task = TASKS[key]
    function = build(task, name)
    assert function.report.igm == "proved"
    states = torch.cat([draw_states(task, 100), corner_states(task, 50)])
    w, b = function.credit_weights(states)
    assert (w > 0).all()
    assert (b == 0).all()
    torch.testing.assert_close(w.mean(dim=1), torch.ones(len(w)), atol=1e-4, rtol=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("key", ["3m", "2s3z", "MMM2", "27m_vs_30m", "2c_vs_64zg", "10gen_terran_20", "sk_MMM2"])
@pytest.mark.parametrize(("name", "form"), [("focus", "credit_weights"), ("concentrate", "credit_advantages")])
def test_every_check_of_a_candidate_is_passed_too(key, name, form):
    report = check_source(builtin_source(TASKS[key], name, form=form)[1], TASKS[key])
    assert report.accepted, report.reason


@pytest.mark.parametrize("key", TASKS)
def test_advantages_are_proved_positive_and_average_one(key):
    task = TASKS[key]
    function = build(task, "concentrate", "credit_advantages")
    assert function.report.igm == "proved"
    lam = function.credit_advantages(draw_states(task, 100), draw_actions(task, 100))
    assert (lam > 0).all()
    torch.testing.assert_close(lam.mean(dim=1), torch.ones(100), atol=1e-4, rtol=1e-4)


def battle(task, **fields):
    """A state in which everybody lives, stands in the middle and is ready; ``fields``: by name, values per entity."""
    state = torch.zeros(1, task.state_dim)
    for f in task.state_fields:
        for e in range(f.count):
            if f.name.endswith(("health", "shield")):
                state[:, f.slice_of(e)] = 1.0
            if f.name == "agent_type":
                kind = task.facts["agent_units"][e]
                state[0, f.slice_of(e).start + task.facts["agent_types"].index(kind)] = 1.0
    for name, values in fields.items():
        for e, value in values.items():
            state[:, task.field(name).slice_of(e)] = value
    return state


def weights(task, state):
    return build(task, "focus").credit_weights(state)[0][0]


def test_the_near_the_ready_and_the_healthy_count_more():
    task = TASKS["3m"]
    far = weights(task, battle(task, agent_x={0: -0.45}))
    busy = weights(task, battle(task, agent_cooldown={0: 0.9}))
    hurt = weights(task, battle(task, agent_health={0: 0.2}))
    for w in (far, busy, hurt):
        assert w[0] < w[1]
        torch.testing.assert_close(w[1], w[2])


def test_a_weak_enemy_draws_credit():
    task = TASKS["3m"]
    apart = {"agent_x": {0: -0.3, 1: 0.3, 2: 0.0}, "enemy_x": {0: -0.3, 1: 0.3, 2: 0.0}}
    even = weights(task, battle(task, **apart))
    weak = weights(task, battle(task, **apart, enemy_health={0: 0.1}))
    assert weak[0] > even[0]


def test_the_dead_keep_little_and_nobody_left_is_uniform():
    task = TASKS["2s3z"]
    gone = {"agent_health": {0: 0.0}, "agent_shield": {0: 0.0}}
    for name in ("focus", "alive"):
        w = build(task, name).credit_weights(torch.cat([battle(task, **gone), torch.zeros(1, task.state_dim)]))[0]
        assert 0 < w[0, 0] < 0.5
        torch.testing.assert_close(w[1], torch.ones(5))


def test_a_medivac_counts_for_the_hurt_that_it_can_reach():
    task = TASKS["MMM2"]
    assert task.facts["agent_units"][9] == "medivac"
    far = {"enemy_x": dict.fromkeys(range(12), 0.5), "agent_cooldown": {9: 0.5}}
    idle = weights(task, battle(task, **far))
    needed = weights(task, battle(task, **far, agent_health={3: 0.2}))
    without = weights(task, battle(task, **{**far, "agent_cooldown": {9: 0.0}}, agent_health={3: 0.2}))
    assert needed[9] > idle[9]
    assert without[9] < needed[9]


def test_attacks_on_one_enemy_count_together():
    task = TASKS["MMM2"]
    function = build(task, "concentrate", "credit_advantages")
    state = battle(task, agent_health={3: 0.3})
    first, actions = task.facts["first_attack"], torch.zeros(1, 10, task.n_actions)
    for agent, target in {2: 5, 3: 5, 4: 6, 9: 3}.items():
        actions[0, agent, first + target] = 1.0
    lam = function.credit_advantages(state, actions)[0]
    assert lam[2] == lam[3] > lam[4] > lam[5]  # together, alone, not at all
    assert lam[9] > lam[5]  # a heal of the hurt
    actions[0, 9] = 0.0
    actions[0, 9, first + 5] = 1.0  # agent 5, who is whole: no third attack on enemy 5
    lam = function.credit_advantages(state, actions)[0]
    torch.testing.assert_close(lam[9], lam[5])


def test_states_made_of_observations_get_uniform_credit():
    task = describe(SCENARIOS["3m"], "sc2", obs_instead_of_state=True)
    assert build_tfcaf(task, TFCAFSettings()).origin == "builtin:sc2/uniform"
