"""Credit functions that ship for multi-agent particle environments: accepted, proved, and about what they say.

Legend: N states, A agents, S state, U actions.
"""

import pytest
import torch

from envs.mpe import MPEEnv
from llm_credit import TFCAFSettings, build_tfcaf, check_source
from llm_credit.builtin import builtins_for
from llm_credit.interpreter import Interpreter
from llm_credit.screen import screen
from llm_credit.states import draw_actions, draw_states

TASKS = {
    "spread_3": ("simple_spread", {}),
    "spread_6": ("simple_spread", {"N": 6}),
    "spread_1": ("simple_spread", {"N": 1}),
    "tag": ("simple_tag", {}),
    "tag_5_2": ("simple_tag", {"num_adversaries": 5, "num_good": 2, "num_obstacles": 0}),
    "adversary": ("simple_adversary", {}),
    "adversary_4": ("simple_adversary", {"N": 4}),
    "speaker_listener": ("simple_speaker_listener", {}),
}
LEFT, RIGHT = 1, 2


def task_of(name, **more):
    key, kwargs = TASKS[name]
    return MPEEnv(key, seed=0, kwargs=kwargs, **more).describe()


@pytest.mark.parametrize("form", ["credit_weights", "credit_advantages"])
@pytest.mark.parametrize("name", TASKS)
def test_all_are_accepted_and_proved_and_average_one(name, form):
    task = task_of(name)
    for build in builtins_for(task, form).values():
        report = check_source(build(task), task)
        assert report.accepted, report
        assert report.igm == "proved", report.proof
        assert report.numbers["mean"] == pytest.approx(1.0, abs=1e-4)
        assert report.numbers["min"] > 0.29  # nobody is without a signal


@pytest.mark.parametrize("form", ["credit_weights", "credit_advantages"])
@pytest.mark.parametrize("name", TASKS)
def test_credits_of_every_single_state_average_one(name, form):
    task = task_of(name)
    states = draw_states(task, 500, 3)
    for build in builtins_for(task, form).values():
        run = Interpreter(screen(build(task)))
        w = run(states)[0] if form == "credit_weights" else run(states, draw_actions(task, 500, 3))
        torch.testing.assert_close(w.mean(dim=1), torch.ones(500), atol=1e-4, rtol=0)


def test_the_defaults():
    found = {name: next(iter(builtins_for(task_of(name), "credit_weights"))) for name in TASKS}
    assert {found["spread_3"], found["spread_6"]} == {"coverage"}
    assert (found["tag"], found["adversary"], found["speaker_listener"]) == ("chase", "decoy", "understanding")
    lambdas = {name: next(iter(builtins_for(task_of(name), "credit_advantages"))) for name in TASKS}
    assert (lambdas["spread_3"], lambdas["tag"]) == ("yielding", "pincer")
    assert lambdas["adversary"] == lambdas["speaker_listener"] == "uniform_lambda"
    assert build_tfcaf(task_of("tag"), TFCAFSettings(source="builtin")).origin == "builtin:mpe/chase"


@pytest.mark.parametrize("name", TASKS)
def test_observations_in_a_row_get_uniform_credit(name):
    assert list(builtins_for(task_of(name, state="observations"), "credit_weights")) == ["uniform"]


def state_with(task, **values):
    """[1, S], zeros but for the named fields."""
    state = torch.zeros(1, task.state_dim)
    for name, numbers in values.items():
        state[0, list(task.field(name).indices())] = torch.tensor(numbers)
    return state


def credits_of(name, builtin, actions=None, form="credit_weights", **values):
    task = task_of(name)
    run = Interpreter(screen(builtins_for(task, form)[builtin](task)))
    state = state_with(task, **values)
    if actions is None:
        return run(state)[0][0]
    return run(state, torch.nn.functional.one_hot(torch.tensor([actions]), 5).float())[0]


@pytest.mark.parametrize("builtin", ["coverage", "nearest"])
def test_spread_credits_whoever_is_next_to_the_open_landmark(builtin):
    places = {"landmark_x": [-1.0, 0.0, 1.0], "landmark_y": [0.0, 0.0, 0.0]}
    # agents 0 and 1 cover the first two landmarks; agent 2 is on its way to the third
    w = credits_of("spread_3", builtin, agent_x=[-1.0, 0.0, 0.6], agent_y=[0.0, 0.0, 0.5], **places)
    assert w.argmax() == 2
    assert w[2] > 1.2
    near, far = (
        credits_of("spread_3", builtin, agent_x=[-1.0, 0.0, x], agent_y=[0.0, 0.0, 0.5], **places)[2]
        for x in (0.6, -0.9)
    )
    assert near > far


def test_spread_advantages_credit_whoever_pushes_into_another():
    places = {"agent_x": [-0.2, 0.2, 3.0], "agent_y": [0.0, 0.0, 0.0]}
    into, away = (
        credits_of("spread_3", "yielding", [action, 0, 0], "credit_advantages", **places)[0] for action in (RIGHT, LEFT)
    )
    assert into > away


def test_tag_credits_the_predator_that_the_prey_runs_to():
    places = {"agent_x": [-0.5, 0.5, 3.0], "agent_y": [0.0, 0.0, 3.0], "prey_x": [0.0], "prey_y": [0.0]}
    still = credits_of("tag", "chase", **places)
    torch.testing.assert_close(still[0], still[1])
    running = credits_of("tag", "chase", prey_vx=[1.3], **places)
    assert running[1] > running[0] > running[2]


def test_tag_advantages_grow_when_others_close_in():
    places = {"agent_x": [-0.3, 0.3, 3.0], "agent_y": [0.0, 0.0, 3.0]}
    together, alone = (
        credits_of("tag", "pincer", [RIGHT, action, 0], "credit_advantages", **places) for action in (LEFT, RIGHT)
    )
    assert together[0] / together[2] > alone[0] / alone[2]


def test_adversary_credits_are_shared_more_equally_while_the_adversary_is_at_the_goal():
    places = {"landmark_x": [0.0, 2.0], "landmark_y": [0.0, 0.0], "goal": [1.0, 0.0], "agent_x": [0.1, 2.0]}
    away = credits_of("adversary", "decoy", adversary_x=[-3.0], **places)
    there = credits_of("adversary", "decoy", adversary_x=[0.0], **places)
    assert away[0] > there[0] > 1.0 > there[1] > away[1]
    other_goal = credits_of("adversary", "decoy", adversary_x=[-3.0], **{**places, "goal": [0.0, 1.0]})
    assert other_goal[1] > 1.0 > other_goal[0]


def test_the_speaker_counts_more_while_the_listener_is_lost():
    places = {"landmark_x": [1.0, 0.0, -1.0], "landmark_y": [0.0] * 3, "goal": [1.0, 0.0, 0.0]}
    far = credits_of("speaker_listener", "understanding", listener_x=[-1.0], **places)
    on_its_way = credits_of("speaker_listener", "understanding", listener_x=[-1.0], listener_vx=[1.0], **places)
    close = credits_of("speaker_listener", "understanding", listener_x=[0.9], **places)
    assert far[0] > on_its_way[0] > close[0]
    assert close[1] > 1.0 > far[1]
