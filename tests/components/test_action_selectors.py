import pytest
import torch as th
from tests.conftest import make_args

from components.action_selectors import EpsilonGreedyActionSelector
from components.epsilon_schedules import DecayThenFlatSchedule


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
