"""What holds for every learner: padding, order, repetition, saving, devices."""

import pytest
import torch as th
from tests.learners.cases import PYMARL2_PPO, PYMARL2_QTRAN, SETTINGS, build, ids, stats_after_training, train, weights

# PyMARL2 sums these over padded steps too; each has a twin, `<name>_masked`, that does not
UNMASKED = {"td_chosen_qs", "v_mean", "w_to_use"}


@pytest.fixture
def no_noise(monkeypatch):
    """MADDPG's samples as probabilities: noise belongs to a place in the batch, not to an episode."""
    monkeypatch.setattr("torch.nn.functional.gumbel_softmax", lambda logits, hard, dim: th.softmax(logits, dim))


@pytest.mark.parametrize("settings", SETTINGS, ids=ids)
def test_padded_data_changes_nothing(settings, logger):
    """Garbage behind an episode's end, early cut-offs included, changes neither loss nor update."""
    if settings == PYMARL2_QTRAN:
        pytest.xfail("PyMARL2 gives QTRAN's mixer memories of other steps, padded ones too (docs/algorithms/qtran.md)")
    th.manual_seed(1)
    learner, batch = build(logger, **settings)
    clean = stats_after_training(logger, learner, batch)
    th.manual_seed(1)
    other, dirty = build(logger, **settings)
    if settings == PYMARL2_PPO:
        pytest.xfail("PyMARL2's IPPO counts padded steps in its advantages (docs/algorithms/ppo.md)")
    padding = ~dirty["filled"].bool().squeeze(-1)
    for key in {"state", "obs", "reward", "actions_onehot", "probs"} & set(dirty.data.transition_data):
        dirty[key][padding] = 77.0
    dirty["actions"][padding] = 3
    for key in ("terminated", "avail_actions"):
        dirty[key][padding] = 1
    got = stats_after_training(logger, other, dirty)
    assert {k: v for k, v in got.items() if k not in UNMASKED} == pytest.approx(
        {k: v for k, v in clean.items() if k not in UNMASKED}, rel=1e-5, abs=1e-7
    )
    assert {f"{k}_masked" for k in UNMASKED & set(got)} <= set(got)
    assert th.allclose(weights(learner), weights(other), atol=1e-6)


@pytest.mark.parametrize("settings", SETTINGS, ids=ids)
def test_the_order_of_episodes_does_not_matter(settings, logger, no_noise):
    th.manual_seed(1)
    learner, batch = build(logger, **settings)
    straight = stats_after_training(logger, learner, batch)
    th.manual_seed(1)
    other, batch = build(logger, **settings)
    shuffled = stats_after_training(logger, other, batch[[2, 0, 3, 1]])
    assert shuffled == pytest.approx(straight, rel=1e-4, abs=1e-6)


@pytest.mark.parametrize("settings", SETTINGS, ids=ids)
@pytest.mark.parametrize("optimizer", ["adam", "rmsprop"])
def test_saved_models_continue_to_equal_weights(settings, optimizer, logger, tmp_path):
    learner, batch = build(logger, **settings, optimizer=optimizer, target_update_interval=2)
    for episode in range(4):
        train(learner, batch, 0, episode)
    learner.save_models(tmp_path)
    other, _ = build(logger, **settings, optimizer=optimizer, target_update_interval=2)
    other.load_models(tmp_path)
    other.load_state_dict(learner.state_dict())
    for episode in range(4, 8):
        th.manual_seed(episode)
        train(learner, batch, 0, episode)
        th.manual_seed(episode)
        train(other, batch, 0, episode)
    assert th.equal(weights(learner), weights(other))
    for (_, target), (_, others) in zip(learner.networks().values(), other.networks().values(), strict=True):
        if target is None:
            continue
        assert all(th.equal(a, b) for a, b in zip(target.parameters(), others.parameters(), strict=True))


@pytest.mark.parametrize("settings", SETTINGS, ids=ids)
def test_the_same_seed_gives_the_same_weights(settings, logger):
    results = []
    for _ in range(2):
        th.manual_seed(3)
        learner, batch = build(logger, **settings)
        for episode in range(3):
            train(learner, batch, 100, episode)
        results.append(weights(learner))
    assert th.equal(*results)
    assert th.isfinite(results[0]).all()


@pytest.mark.parametrize("settings", SETTINGS, ids=ids)
def test_longer_padding_changes_nothing(settings, logger):
    """The same episodes in a batch of twice the length."""
    if settings in (PYMARL2_PPO, PYMARL2_QTRAN):
        pytest.xfail("PyMARL2's padding has a part in these (docs/algorithms)")
    if settings["learner"] == "maddpg_learner":
        pytest.skip("its noise is drawn for padded steps too: other noise")
    th.manual_seed(1)
    learner, batch = build(logger, **settings)
    short = stats_after_training(logger, learner, batch)
    th.manual_seed(1)
    other, longer = build(logger, **settings, episode_limit=19)
    long = stats_after_training(logger, other, longer)
    assert {k: v for k, v in long.items() if k not in UNMASKED} == pytest.approx(
        {k: v for k, v in short.items() if k not in UNMASKED}, rel=1e-4, abs=1e-6
    )
    assert th.allclose(weights(learner), weights(other), atol=2e-5)  # Adam makes steps of tiny gradients' rounding


@pytest.mark.cuda
@pytest.mark.parametrize("settings", SETTINGS, ids=ids)
def test_cuda_computes_what_the_cpu_does(settings, logger, no_noise):
    th.manual_seed(1)
    learner, batch = build(logger, **settings)
    on_cpu = stats_after_training(logger, learner, batch)
    th.manual_seed(1)
    learner, batch = build(logger, **settings, device="cuda")
    on_gpu = stats_after_training(logger, learner, batch.to("cuda"))
    assert on_gpu == pytest.approx(on_cpu, rel=1e-3, abs=1e-4)
