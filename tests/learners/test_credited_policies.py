"""A credit function in the learners with policies that mix: VMIX, RIIT and DOP."""

import pytest
import torch as th
from tests.run.test_policies import EASY, SETTINGS, experiment

from llm_credit.builtin.uniform import UNIFORM
from run.loop import Stopwatch, collect

FUNCTION = '''def credit_weights(state):
    """Fixed credit of two agents."""
    ones = torch.ones_like(state[:, :1])
    return torch.cat([{} * ones, {} * ones], dim=1), torch.zeros_like(ones)
'''


@pytest.fixture
def trained(monkeypatch):
    """A learner of two agents with a network each, and eight episodes of the easy game."""
    made = []

    def build(config, first, second, more=""):
        source = FUNCTION.format(first, second)
        monkeypatch.setitem(UNIFORM["credit_weights"], "fixed", lambda task: source)
        settings = f"{SETTINGS[config]} mixer=tfcaf llm.source=builtin llm.builtin=fixed share_parameters=False {more}"
        exp = experiment(config, settings, EASY)
        made.append(exp)
        for _ in range(8):
            collect(exp, Stopwatch())
        return exp.learner, exp.buffers["buffer_size"].sample_latest(8)

    yield build
    for exp in made:
        exp.runner.close_env()


def learn(learner, batch):
    """What is learned of each network, by name: whether each of its parameters has moved."""
    before = {k: v.clone() for k, v in learner.mac.agent.state_dict().items()}
    for update in type(learner).updates:
        getattr(learner, update.method)(*[batch] * len(update.draws), 8, 8)
    return {k: not th.equal(v, before[k]) for k, v in learner.mac.agent.state_dict().items()}


@pytest.mark.parametrize("config", ["vmix", "riit", "dop"])
def test_credits_are_the_functions_and_shares_sum_to_one(trained, config):
    learner, batch = trained(config, 3.0, 1.0)
    credits = learner.credits(batch)
    assert credits.shape == (*batch["state"].shape[:2], 2)
    th.testing.assert_close(credits, th.tensor([3.0, 1.0]).expand_as(credits))
    th.testing.assert_close(learner.mixer.shares(batch["state"]), th.tensor([0.75, 0.25]).expand_as(credits))
    assert not learner.mixer.state_dict()
    assert learner.parameter_counts()["mixer_parameters"] == 0


@pytest.mark.parametrize(("config", "more"), [("riit", "entropy_coef=0.0"), ("dop", "")])
def test_a_policy_without_credit_stays_as_it_is(trained, config, more):
    moved = learn(*trained(config, 1.0, 0.0, more))
    assert {k.split(".")[1] for k, changed in moved.items() if changed} == {"0"}


def test_a_value_without_credit_stays_as_it_is(trained):
    """VMIX has one advantage for all: both policies learn from the team's value, which is the first agent's alone."""
    moved = learn(*trained("vmix", 1.0, 0.0, "ent_coef=0.0"))
    assert moved["agents.0.fc3.weight"]
    assert not moved["agents.1.fc3.weight"]
    assert moved["agents.0.fc2.weight"]
    assert moved["agents.1.fc2.weight"]


def test_dops_actors_share_alike_where_credit_sums_to_zero(trained):
    learner, batch = trained("dop", 1.0, -1.0, "llm.igm=relax")
    th.testing.assert_close(learner.mixer.shares(batch["state"]), th.full((8, 2, 2), 0.5))
    assert {k.split(".")[1] for k, changed in learn(learner, batch).items() if changed} == {"0", "1"}
