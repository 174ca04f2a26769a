"""Targets against values computed by hand. One episode of three transitions, gamma 0.5, lambda 0.5."""

import pytest
import torch as th
from tests.conftest import make_args, make_batch

from utils.rl_utils import build_q_lambda_targets, build_td_lambda_targets, transition_mask

GAMMA = LAMBDA = 0.5
REWARDS = [1.0, 2.0, 4.0]
QS = [10.0, 20.0, 40.0, 80.0]


def column(values):
    return th.tensor(values).view(1, -1, 1)


def td_lambda(terminated, mask, rewards=REWARDS, qs=QS):
    out = build_td_lambda_targets(column(rewards), column(terminated), column(mask), column(qs), 2, GAMMA, LAMBDA)
    return out.flatten().tolist()


def test_td_lambda_with_termination():
    # G2 = 4;  G1 = 2 + .5 (.5 * 40 + .5 * 4) = 13;  G0 = 1 + .5 (.5 * 20 + .5 * 13) = 9.25
    assert td_lambda([0.0, 0, 1], [1.0, 1, 1]) == pytest.approx([9.25, 13, 4])


def test_td_lambda_with_a_time_limit_bootstraps():
    # G2 = 4 + .5 * 80 = 44;  G1 = 2 + .5 (.5 * 40 + .5 * 44) = 23;  G0 = 1 + .5 (.5 * 20 + .5 * 23) = 11.75
    assert td_lambda([0.0, 0, 0], [1.0, 1, 1]) == pytest.approx([11.75, 23, 44])


def test_td_lambda_with_termination_and_padding():
    # G1 = 2;  G0 = 1 + .5 (.5 * 20 + .5 * 2) = 6.5
    assert td_lambda([0.0, 1, 0], [1.0, 1, 0]) == pytest.approx([6.5, 2, 0])


def test_td_lambda_with_an_early_time_limit_bootstraps_from_its_own_last_state():
    # G1 = 2 + .5 * 40 = 22;  G0 = 1 + .5 (.5 * 20 + .5 * 22) = 11.5, whatever stands in the padding
    assert td_lambda([0.0, 0, 0], [1.0, 1, 0], qs=[10.0, 20, 40, 1e6]) == pytest.approx([11.5, 22, 0])


@pytest.mark.parametrize(("td", "expected"), [(0.0, [11.0, 22.0, 4.0]), (1.0, [3.0, 4.0, 4.0])])
def test_td_lambda_between_one_step_and_monte_carlo(td, expected):
    out = build_td_lambda_targets(column(REWARDS), column([0.0, 0, 1]), column([1.0, 1, 1]), column(QS), 2, GAMMA, td)
    assert out.flatten().tolist() == pytest.approx(expected)


def test_q_lambda_corrects_by_greedy_less_taken_value():
    taken = [9.0, 18.0, 36.0, 0.0]
    # corrected rewards 2, 4, 8;  G2 = 8;  G1 = 4 + .5 (.5 * 40 + .5 * 8) = 16;  G0 = 2 + .5 (.5 * 20 + .5 * 16) = 11
    out = build_q_lambda_targets(
        column(REWARDS), column([0.0, 0, 1]), column([1.0, 1, 1]), column(QS), column(taken), GAMMA, LAMBDA
    )
    assert out.flatten().tolist() == pytest.approx([11, 16, 8])


def test_q_lambda_of_greedy_actions_is_td_lambda():
    args = (column(REWARDS), column([0.0, 0, 0]), column([1.0, 1, 1]), column(QS))
    on_policy = build_q_lambda_targets(*args, column(QS), GAMMA, LAMBDA)
    assert th.allclose(on_policy, build_td_lambda_targets(*args, 2, GAMMA, LAMBDA))


def test_mask_counts_real_transitions_only():
    args = make_args()
    batch = make_batch(args, [9, 4, 4], [False, True, False])  # full, terminated, cut off before the batch's end
    assert transition_mask(batch).sum(1).flatten().tolist() == [9, 4, 4]
    short = batch[1:, :5]
    assert transition_mask(short).sum(1).flatten().tolist() == [4, 4]
