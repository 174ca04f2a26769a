import pytest
import torch as th
from tests.conftest import make_args

from components.action_selectors import (
    EpsilonGreedyActionSelector,
    GumbelSoftmaxMultinomialActionSelector,
    MultinomialActionSelector,
)
from components.epsilon_schedules import DecayThenFlatSchedule

POLICY = [0.1, 0.2, 0.3, 0.4]
AVAILABLE = [1, 0, 1, 1]
RENORMALISED = [1 / 8, 0, 3 / 8, 4 / 8]


def selector(**changes):
    return EpsilonGreedyActionSelector(make_args(epsilon_anneal_time=100, **changes))


def test_greedy_takes_the_best_available_action():
    q = th.tensor([[[1.0, 5.0, 3.0]]])
    assert selector().select_action(q, th.tensor([[[1, 0, 1]]]), 0, test_mode=True).item() == 2


def test_exploration_is_uniform_over_available_actions():
    q, avail = th.zeros(4000, 1, 4), th.tensor([1, 0, 1, 1]).expand(4000, 1, 4)
    picked = selector(epsilon_start=1.0).select_action(q, avail, 0).flatten()
    counts = th.bincount(picked, minlength=4)
    assert counts[1] == 0
    assert (counts[[0, 2, 3]] - 4000 / 3).abs().max() < 150  # 5 standard deviations


def test_epsilon_is_the_share_of_random_actions():
    q, avail = th.tensor([1.0, 0, 0, 0]).expand(8000, 1, 4), th.ones(8000, 1, 4)
    chosen = selector(epsilon_start=0.4, epsilon_finish=0.4)
    share = (chosen.select_action(q, avail, 0) != 0).float().mean()
    assert share == pytest.approx(0.4 * 3 / 4, abs=0.03)


def test_tests_do_not_change_the_logged_epsilon():
    s = selector()
    s.select_action(th.zeros(1, 1, 2), th.ones(1, 1, 2), 50)
    s.select_action(th.zeros(1, 1, 2), th.ones(1, 1, 2), 50, test_mode=True)
    assert s.epsilon == pytest.approx(0.525)


def test_without_test_greedy_tests_explore():
    q, avail = th.tensor([1.0, 0]).expand(500, 1, 2), th.ones(500, 1, 2)
    picked = selector(test_greedy=False, epsilon_start=1.0).select_action(q, avail, 0, test_mode=True)
    assert 0.3 < picked.float().mean() < 0.7


@pytest.mark.parametrize(("t", "value"), [(0, 1.0), (50, 0.55), (100, 0.1), (1000, 0.1)])
def test_linear_schedule(t, value):
    assert DecayThenFlatSchedule(1.0, 0.1, 100).eval(t) == pytest.approx(value)


def test_exponential_schedule_meets_its_ends():
    schedule = DecayThenFlatSchedule(1.0, 0.01, 100, decay="exp")
    assert schedule.eval(0) == 1.0
    assert schedule.eval(50) == pytest.approx(0.1)
    assert schedule.eval(100) == 0.01


def drawing(kind, epsilon=0.0, **changes):
    """A selector, and what agents with the policy ``POLICY`` give it: its probabilities, or their logits."""
    made = kind(make_args(epsilon_start=epsilon, epsilon_finish=epsilon, **changes))
    probs = th.tensor(POLICY)
    return made, probs.log() - 3.0 if kind is GumbelSoftmaxMultinomialActionSelector else probs


POLICIES = pytest.mark.parametrize("kind", [MultinomialActionSelector, GumbelSoftmaxMultinomialActionSelector])


@POLICIES
def test_actions_are_drawn_as_often_as_the_policy_says(kind):
    made, given = drawing(kind)
    given, avail = given.expand(4000, 2, 4), th.tensor(AVAILABLE).expand(4000, 2, 4)
    picked = made.select_action(given, avail, 0)
    assert picked.shape == (4000, 2)
    for agent in range(2):
        shares = th.bincount(picked[:, agent], minlength=4) / 4000
        assert shares[1] == 0
        assert shares.tolist() == pytest.approx(RENORMALISED, abs=0.04)  # 5 standard deviations
    assert made.probabilities(given, avail, 0)[0, 0].tolist() == pytest.approx(RENORMALISED, abs=1e-6)


@POLICIES
def test_tests_take_the_likeliest_available_action(kind):
    made, given = drawing(kind)
    for _ in range(5):
        assert made.select_action(given.view(1, 1, 4), th.tensor([[[1, 1, 1, 0]]]), 0, test_mode=True).item() == 2


@POLICIES
def test_without_test_greedy_tests_draw_too(kind):
    made, given = drawing(kind, test_greedy=False)
    picked = made.select_action(given.expand(500, 1, 4), th.ones(500, 1, 4), 0, test_mode=True)
    assert len(picked.unique()) == 4


def test_a_share_epsilon_is_uniform():
    made, given = drawing(MultinomialActionSelector, epsilon=0.4)
    got = made.probabilities(given.view(1, 1, 4), th.tensor([[AVAILABLE]]), 0).flatten()
    expected = [0.6 * p + 0.4 * a / 3 for p, a in zip(RENORMALISED, AVAILABLE, strict=True)]
    assert got.tolist() == pytest.approx(expected, abs=1e-6)


def test_a_policy_that_gives_available_actions_nothing_draws_them_uniformly():
    made, _ = drawing(MultinomialActionSelector)
    given, avail = th.tensor([0.0, 1.0, 0.0, 0.0]).expand(200, 1, 4), th.tensor(AVAILABLE).expand(200, 1, 4)
    assert made.probabilities(given, avail, 0)[0, 0].tolist() == pytest.approx([1 / 3, 0, 1 / 3, 1 / 3])
    assert set(made.select_action(given, avail, 0).flatten().tolist()) == {0, 2, 3}
