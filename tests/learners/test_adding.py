"""The two pages that tell how to add a mixer and an algorithm: their code runs as it stands."""

import re
from pathlib import Path

import pytest
import torch as th
from tests.conftest import make_args, make_batch
from tests.learners.cases import POLICY_SETTINGS
from tests.run.test_policies import EASY, SETTINGS, learned

import learners
from controllers import REGISTRY as MACS
from modules import mixers
from utils.errors import UserError

PAGES = Path(__file__).resolve().parents[2] / "docs" / "algorithms"


def code_of(page: str) -> dict:
    """What a page's blocks of code define, by name."""
    scope: dict = {"__name__": "page"}
    for block in re.findall(r"^```python\n(.*?)^```", (PAGES / page).read_text(), re.DOTALL | re.MULTILINE):
        exec(block, scope)
    return scope


def train(logger, **changes):
    args = make_args(optimizer="adam", learner_log_interval=0, lr=0.005, **changes)
    batch = make_batch(args, [9, 4, 6], [False, True, True])
    mac = MACS[args.mac](batch.scheme, batch.groups, args)
    learner = learners.REGISTRY[args.learner](mac, batch.scheme, logger, args)
    for episode in range(30):
        learner.train(batch, 100, episode)
    return learner


def falls(logger, name="loss_td"):
    losses = logger.stats[name]
    return losses[-1] < 0.9 * losses[0]


def test_the_mixers_page(logger, monkeypatch):
    mixer = code_of("adding_a_mixer.md")["ScaledMixer"]
    families = {**mixers.REGISTRY, "state": {**mixers.REGISTRY["state"], "scaled": mixer}}
    monkeypatch.setattr(mixers, "REGISTRY", families)
    learner = train(logger, mixer="scaled", learner="nq_learner")
    assert falls(logger)
    assert learner.parameter_counts()["mixer_parameters"] == learner.args.n_agents
    states = th.zeros(2, 3, learner.args.state_shape)
    th.testing.assert_close(
        learner.mixer.credits(states)[0, 0], th.nn.functional.softplus(learner.mixer.scale).detach()
    )


@pytest.mark.parametrize("mixer", [None, "vdn", "qmix"])
def test_the_algorithms_page(logger, monkeypatch, mixer):
    monkeypatch.setitem(learners.REGISTRY, "sarsa_learner", code_of("adding_an_algorithm.md")["SARSALearner"])
    train(logger, mixer=mixer, learner="sarsa_learner")
    assert falls(logger)


@pytest.fixture
def a2c(monkeypatch):
    """The page's learner under its name, and settings that fit it."""
    monkeypatch.setitem(learners.REGISTRY, "a2c_learner", code_of("adding_an_algorithm.md")["A2CLearner"])
    return {**POLICY_SETTINGS[0], "learner": "a2c_learner"}


def test_the_algorithms_page_with_a_policy(logger, a2c, tmp_path):
    learner = train(logger, **a2c)
    assert falls(logger, "critic_loss")
    learner.save_models(tmp_path)
    assert {p.name for p in tmp_path.iterdir()} == {"agent.th", "critic.th", "agent_opt.th", "critic_opt.th"}


@pytest.mark.slow
def test_the_pages_policy_is_learned_and_refuses_mixers(a2c):
    assert learned("mappo", f"{SETTINGS['mappo']} learner=a2c_learner", EASY) == (0, 0)
    with pytest.raises(UserError, match="all agents share the advantage of one value"):
        learned("mappo", f"{SETTINGS['mappo']} learner=a2c_learner mixer=vdn", EASY)
