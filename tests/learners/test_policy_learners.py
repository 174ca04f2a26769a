"""What holds for learners with policies alone."""

import pytest
import torch as th
from tests.learners.cases import POLICY_SETTINGS, PYMARL2_PPO, build, ids, train, weights

MADDPG = POLICY_SETTINGS[-1]


@pytest.mark.parametrize("settings", POLICY_SETTINGS, ids=ids)
def test_certain_policies_give_no_nan(settings, logger):
    """All probability on one action, and old episodes in which others were taken: 1 / pi and 1 / entropy have limits."""
    learner, batch = build(logger, **settings)
    with th.no_grad():
        last = list(learner.mac.agent.parameters())[-2:]
        for p in last:
            p.mul_(1e5)
    train(learner, batch)
    assert th.isfinite(weights(learner)).all()
    assert all(th.isfinite(th.tensor(values)).all() for values in logger.stats.values())


def test_maddpgs_targets_never_take_unavailable_actions(logger):
    """So they are the same whether logits come masked or not."""
    got = []
    for masked in (True, False):
        th.manual_seed(1)
        learner, batch = build(logger, **MADDPG, mask_before_softmax=masked)
        train(learner, batch)
        got.append(weights(learner))
    assert th.equal(*got)


@pytest.mark.parametrize(("standardise", "ratio"), [(True, 1.0), (False, 20.0)])
def test_standardised_advantages_know_no_scale_of_the_reward(logger, standardise, ratio):
    """With all weights 0 and gamma 0 the advantages are the rewards."""
    losses = []
    for factor in (1, 20):
        settings = {"learner": "policy_gradient_v2", "mixer": None, "mac": "ppo_mac", "agent": "rnn_ppo"}
        settings |= {"action_selector": "multinomial", "agent_output_type": "pi_logits", "gamma": 0.0}
        learner, batch = build(logger, **settings, standardise_advantages=standardise)
        for p in learner.parameters_of("agent"):
            p.data.zero_()
        batch["avail_actions"][:, :, :, 1:3] = 1  # the policy differs from step to step, so that the loss is not 0
        batch["reward"].mul_(factor)
        train(learner, batch)
        losses.append(logger.stats["pg_loss"][-1])
    assert abs(losses[0]) > 0.01
    assert losses[1] == pytest.approx(ratio * losses[0], rel=1e-4)


@pytest.mark.parametrize("mask_advantages", [True, False])
def test_ppo_learns_from_a_single_transition(logger, mask_advantages):
    learner, batch = build(logger, **{**PYMARL2_PPO, "mask_advantages": mask_advantages}, n_agents=1)
    before = weights(learner)
    train(learner, batch[:1, :2])
    assert th.isfinite(weights(learner)).all()
    assert not th.equal(before, weights(learner))


@pytest.mark.parametrize("settings", POLICY_SETTINGS, ids=ids)
def test_no_number_is_read_while_nothing_is_logged(settings, logger, monkeypatch):
    """On a GPU each reading waits until all that was asked for is done."""
    learner, batch = build(logger, **settings, learner_log_interval=1000)
    train(learner, batch)
    logged = {key: len(values) for key, values in logger.stats.items()}
    monkeypatch.setattr(th.Tensor, "item", lambda tensor: pytest.fail("a number was read"))
    train(learner, batch, t_env=200, episode=1)
    assert {key: len(values) for key, values in logger.stats.items()} == logged
