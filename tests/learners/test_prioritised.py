"""``use_per``: the weighted loss and the priorities against values computed by hand, in the form of PyMARL2.

All networks are zero and gamma is 0: the error of each transition is its reward.
"""

import numpy as np
import pytest
import torch as th
from tests.conftest import make_args, make_scheme
from tests.learners.cases import build

from components.prioritised_replay import SMALLEST, PrioritizedReplayBuffer

LENGTHS = [9, 4, 6, 5]
WEIGHTS = [1.0, 0.5, 0.25, 0.1]


def zero_learner(logger, mixer="vdn", **changes):
    learner, batch = build(logger, learner="nq_learner", mixer=mixer, gamma=0.0, use_per=True, **changes)
    for p in learner.parameters_of(*learner.networks()):
        p.data.zero_()
    learner._update_targets()
    batch.ids, batch.weights = np.arange(4), th.tensor(WEIGHTS)
    return learner, batch


def rewards(batch):
    return [batch["reward"][i, :n, 0].double().numpy() for i, n in enumerate(LENGTHS)]


def test_each_episodes_squared_errors_count_by_its_weight(logger):
    """``sum_b w_b sum_t e^2 / 2`` over the number of transitions (not the sum of weights)."""
    learner, batch = zero_learner(logger)
    learner.train(batch, 100, 0)
    expected = sum(w * 0.5 * (r**2).sum() for w, r in zip(WEIGHTS, rewards(batch), strict=True)) / sum(LENGTHS)
    assert logger.stats["loss_td"] == pytest.approx([expected], rel=1e-5)


def test_weights_of_one_change_nothing(logger):
    results = []
    for weights in (th.ones(4), None):
        th.manual_seed(1)
        learner, batch = build(logger, learner="nq_learner", mixer="qmix", use_per=True)
        batch.weights = weights
        learner.train(batch, 100, 0)
        results.append(th.cat([p.detach().flatten() for p in learner.parameters_of(*learner.networks())]))
    assert th.equal(*results)


def test_a_priority_is_the_errors_sum_by_the_root_of_the_length(logger):
    """Without weights: these are errors, not losses."""
    learner, batch = zero_learner(logger)
    got = learner.train(batch, 100, 0)["td_errors_abs"]
    expected = [np.abs(r).sum() / np.sqrt(n) for r, n in zip(rewards(batch), LENGTHS, strict=True)]
    assert got.tolist() == pytest.approx(expected, rel=1e-5)


def test_independent_agents_count_as_transitions_of_their_own(logger):
    """Ours, where PyMARL2 has no case: three agents with the same error, so 3 sum |e| / sqrt(3 T)."""
    learner, batch = zero_learner(logger, mixer=None)
    got = learner.train(batch, 100, 0)["td_errors_abs"]
    expected = [3 * np.abs(r).sum() / np.sqrt(3 * n) for r, n in zip(rewards(batch), LENGTHS, strict=True)]
    assert got.tolist() == pytest.approx(expected, rel=1e-5)


def replay(batch, **settings):
    scheme, groups, preprocess = make_scheme(make_args())
    made = PrioritizedReplayBuffer(scheme, groups, 8, 10, 0.6, 0.4, t_max=1000, preprocess=preprocess, **settings)
    made.insert_episode_batch(batch)
    return made


def test_from_errors_to_the_next_weights(logger):
    """A whole round: ``P = p^alpha / sum p^alpha`` with ``p = error + 1e-6``, ``w = (N P)^-beta / max w``."""
    learner, batch = zero_learner(logger)
    made = replay(batch)
    errors = learner.train(batch, 100, 0)["td_errors_abs"]
    made.update_priorities(batch, errors)
    p = (errors.double().numpy() + 1e-6) ** 0.6
    p /= p.sum()
    beta = 0.4 + 0.6 * 250 / 1000
    expected = (4 * p) ** -beta
    expected /= (4 * p.min()) ** -beta  # the largest weight in the replay, drawn or not
    for _ in range(3):
        sample = made.sample(4, t_env=250)
        assert sample.weights.numpy() == pytest.approx(expected[sample.ids], rel=1e-5)


def test_returns_as_priorities_are_scaled_by_all_that_were_seen(logger):
    """``(R - min) / (max - min + 1e-5)``, the range kept over updates; alpha 1 shows the priorities themselves."""
    _, batch = zero_learner(logger)
    made = replay(batch, by_return=True)
    made.alpha = 1.0
    returns = np.array([r.sum() for r in rewards(batch)])
    for ids in (np.array([0, 1]), np.array([2, 3])):
        part = batch[ids.tolist()]
        part.ids = ids
        made.update_priorities(part, th.zeros(2))
    low, high = returns[:2].min(), returns[:2].max()
    early = (returns[:2] - low) / (high - low + 1e-5)
    late = (returns[2:] - returns.min()) / (returns.max() - returns.min() + 1e-5)
    assert made._scaled[:4] == pytest.approx(np.concatenate([early, late]) + SMALLEST, abs=1e-6)
