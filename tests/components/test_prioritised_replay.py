import numpy as np
import pytest
import torch as th
from tests.conftest import make_args, make_batch, make_scheme

from components.prioritised_replay import PrioritizedReplayBuffer


def buffer(size=8, alpha=1.0, beta=0.5, by_return=False, seed=0):
    args = make_args()
    scheme, groups, preprocess = make_scheme(args)
    made = PrioritizedReplayBuffer(
        scheme, groups, size, 10, alpha, beta, t_max=100, by_return=by_return, preprocess=preprocess, seed=seed
    )
    return made, args


def filled(**settings):
    made, args = buffer(**settings)
    made.insert_episode_batch(make_batch(args, [9, 4, 6, 5], [False, True, True, False]))
    return made


def with_priorities(made, priorities):
    batch = made.sample(4)
    batch.ids = np.arange(4)
    made.update_priorities(batch, th.tensor(priorities))
    return made


def test_new_episodes_are_alike_and_have_weight_one():
    batch = filled().sample(4)
    assert batch.weights.tolist() == [1, 1, 1, 1]
    assert sorted(batch.ids) == [0, 1, 2, 3]  # stratified: each has exactly a quarter


def test_episodes_come_as_often_as_their_priority_says():
    made = with_priorities(filled(), [1.0, 2.0, 3.0, 4.0])
    drawn = np.concatenate([made.sample(4).ids for _ in range(1000)])
    assert np.bincount(drawn) / 4000 == pytest.approx([0.1, 0.2, 0.3, 0.4], abs=0.01)


def test_weights_undo_the_priorities_more_and_more():
    made = with_priorities(filled(), [1.0, 1.0, 1.0, 4.0])
    for t_env, beta in ((0, 0.5), (50, 0.75), (100, 1.0), (1000, 1.0)):
        batch = made.sample(4, t_env)
        expected = np.where(batch.ids == 3, 4.0**-beta, 1.0)
        assert batch.weights.numpy() == pytest.approx(expected, abs=1e-5)


def test_alpha_zero_is_uniform():
    batch = with_priorities(filled(alpha=0.0), [1.0, 1.0, 1.0, 100.0]).sample(4)
    assert sorted(batch.ids) == [0, 1, 2, 3]
    assert batch.weights.tolist() == [1, 1, 1, 1]


def test_an_overwritten_episode_gets_the_largest_priority():
    made = with_priorities(filled(size=4), [0.1, 0.1, 0.1, 5.0])
    made.insert_episode_batch(make_batch(make_args(), [9], [True], seed=1))
    assert made._scaled == pytest.approx([5.0, 0.1, 0.1, 5.0], rel=1e-4)


def test_priorities_by_return():
    made = filled(by_return=True)
    returns = made["reward"][:4, :-1].sum(dim=(1, 2)).numpy()
    with_priorities(made, [0.0] * 4)
    assert np.argsort(made._scaled[:4]).tolist() == np.argsort(returns).tolist()
    assert made._scaled[:4].max() == pytest.approx(1.0, abs=1e-3)


def test_a_restored_replay_draws_the_same():
    made = with_priorities(filled(), [1.0, 2.0, 3.0, 4.0])
    other, _ = buffer(seed=9)
    other.load_state_dict(made.state_dict())
    for _ in range(3):
        a, b = made.sample(4, 10), other.sample(4, 10)
        assert a.ids.tolist() == b.ids.tolist()
        assert th.equal(a["obs"], b["obs"])
        assert th.equal(a.weights, b.weights)
