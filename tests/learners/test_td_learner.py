import numpy as np
import pytest
import torch as th
from tests.learners.cases import TD_SETTINGS, build, ids, stats_after_training

from utils.errors import UserError


@pytest.mark.parametrize("settings", TD_SETTINGS, ids=ids)
def test_training_reduces_the_loss_on_one_batch(settings, logger):
    learner, batch = build(logger, **settings, lr=0.005)
    for _ in range(60):
        learner.train(batch, 100, 0)
    losses = logger.stats.get("loss_td") or logger.stats["loss"]
    assert losses[-1] < 0.5 * losses[0]


def test_logged_gradient_norm_is_the_one_before_clipping(logger):
    th.manual_seed(1)
    learner, batch = build(logger, mixer="qmix")
    loose = stats_after_training(logger, learner, batch)["grad_norm"]
    th.manual_seed(1)
    learner, batch = build(logger, mixer="qmix", grad_norm_clip=1e-4)
    assert stats_after_training(logger, learner, batch)["grad_norm"] == pytest.approx(loose)


def test_td_error_abs_is_the_absolute_error(logger):
    """Zero networks: the error of each transition is the reward itself, whatever the learner."""
    for name in ("q_learner", "nq_learner"):
        learner, batch = build(logger, learner=name, mixer="vdn", gamma=0.0)
        for p in learner.parameters_of(*learner.networks()):
            p.data.zero_()
        learner._update_targets()
        filled = batch["filled"].bool()
        lengths = [9, 4, 6, 5]
        rewards = np.concatenate([batch["reward"][i, :n, 0].numpy() for i, n in enumerate(lengths)])
        assert filled.sum() == sum(lengths) + 4
        got = stats_after_training(logger, learner, batch)
        assert got["td_error_abs"] == pytest.approx(np.abs(rewards).mean(), rel=1e-5)
        assert got["loss_td"] == pytest.approx(0.5 * (rewards**2).mean(), rel=1e-5)


def test_hard_targets_follow_only_at_the_interval(logger):
    learner, batch = build(logger, mixer="qmix", target_update_interval=10)
    start = learner.target_mixer.state_dict()["hyper_b_1.weight"].clone()
    learner.train(batch, 0, 9)
    assert th.equal(learner.target_mixer.state_dict()["hyper_b_1.weight"], start)
    learner.train(batch, 0, 10)
    assert th.equal(learner.target_mixer.hyper_b_1.weight, learner.mixer.hyper_b_1.weight)
    assert th.equal(learner.target_mac.agent.fc1.weight, learner.mac.agent.fc1.weight)
    assert learner.last_target_update == 10


def test_soft_targets_move_by_tau_at_every_update(logger):
    learner, batch = build(logger, mixer="qmix", target_update_mode="soft", target_update_tau=0.25)
    before = learner.target_mac.agent.fc1.weight.detach().clone()
    learner.train(batch, 0, 0)
    expected = 0.75 * before + 0.25 * learner.mac.agent.fc1.weight.detach()
    assert th.allclose(learner.target_mac.agent.fc1.weight, expected, atol=1e-7)


@pytest.mark.parametrize("learner", ["dmaq_qatten_learner", "max_q_learner", "qtran_learner"])
def test_learners_that_need_a_mixer_say_so(learner, logger):
    with pytest.raises(UserError, match="mixer=null does not go with"):
        build(logger, learner=learner, mixer=None)


def test_the_target_mixer_is_restored(logger, tmp_path):
    learner, batch = build(logger, mixer="qmix", target_update_interval=10**6)
    for _ in range(3):
        learner.train(batch, 0, 0)
    assert not th.equal(learner.target_mixer.hyper_b_1.weight, learner.mixer.hyper_b_1.weight)
    learner.save_models(tmp_path)
    other, _ = build(logger, mixer="qmix")
    other.load_models(tmp_path)
    assert th.equal(other.target_mixer.hyper_b_1.weight, learner.target_mixer.hyper_b_1.weight)


def test_a_checkpoint_of_other_sizes_is_refused_with_its_path(logger, tmp_path):
    learner, _ = build(logger, mixer="qmix")
    learner.save_models(tmp_path)
    other, _ = build(logger, mixer="qmix", rnn_hidden_dim=8)
    with pytest.raises(UserError, match=r"agent\.th does not fit"):
        other.load_models(tmp_path)


def test_independent_agents_get_a_target_each(logger):
    learner, batch = build(logger, mixer=None)
    out = learner.mac.unroll(batch).out
    assert learner.targets(batch, out.detach(), th.ones(4, 9, 1)).shape == (4, 9, 3)


def test_an_impossible_mixer_is_refused_with_what_fits(logger):
    with pytest.raises(UserError, match=r"mixer=qmxi does not go with learner=nq_learner.*Did you mean mixer=qmix"):
        build(logger, learner="nq_learner", mixer="qmxi")
