"""Targets against values computed by hand. One episode of three transitions, gamma 0.5, lambda 0.5."""

import pytest
import torch as th
from tests.conftest import make_args, make_batch

from utils.rl_utils import (
    build_gae_targets,
    build_q_lambda_targets,
    build_retrace_targets,
    build_target_q,
    build_td_lambda_targets,
    transition_mask,
)

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


def q_lambda(terminated, mask, qs=QS, taken=(9.0, 18.0, 36.0, 0.0)):
    out = build_q_lambda_targets(
        column(REWARDS), column(terminated), column(mask), column(qs), column(taken), GAMMA, LAMBDA
    )
    return out.flatten().tolist()


def test_q_lambda_corrects_by_greedy_less_taken_value():
    # corrected rewards 2, 4, 8;  G2 = 8;  G1 = 4 + .5 (.5 * 40 + .5 * 8) = 16;  G0 = 2 + .5 (.5 * 20 + .5 * 16) = 11
    assert q_lambda([0.0, 0, 1], [1.0, 1, 1]) == pytest.approx([11, 16, 8])


def test_q_lambda_with_a_time_limit_bootstraps_from_the_greedy_value():
    # G2 = 8 + .5 * 80 = 48;  G1 = 4 + .5 (.5 * 40 + .5 * 48) = 26;  G0 = 2 + .5 (.5 * 20 + .5 * 26) = 13.5
    assert q_lambda([0.0, 0, 0], [1.0, 1, 1]) == pytest.approx([13.5, 26, 48])


def test_q_lambda_with_termination_and_padding():
    # G1 = 4;  G0 = 2 + .5 (.5 * 20 + .5 * 4) = 8, whatever stands in the padding
    padded = q_lambda([0.0, 1, 0], [1.0, 1, 0], qs=[10.0, 20, 1e6, 1e6], taken=(9.0, 18, 3.0, 5.0))
    assert padded == pytest.approx([8, 4, 0])


def test_q_lambda_with_an_early_time_limit_bootstraps_from_its_own_last_state():
    # G1 = 4 + .5 * 40 = 24;  G0 = 2 + .5 (.5 * 20 + .5 * 24) = 13
    assert q_lambda([0.0, 0, 0], [1.0, 1, 0], qs=[10.0, 20, 40, 1e6]) == pytest.approx([13, 24, 0])


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


def gae(masks, real=None, values=QS):
    advantages, returns = build_gae_targets(
        column(REWARDS), column(masks), column(values), GAMMA, LAMBDA, None if real is None else column(real)
    )
    return advantages.flatten().tolist(), returns.flatten().tolist()


def test_gae_with_termination():
    # delta = 1 + 10 - 10 = 1;  2 + 20 - 20 = 2;  4 - 40 = -36.  A2 = -36;  A1 = 2 - 36 / 4 = -7;  A0 = 1 - 7 / 4
    advantages, returns = gae([1.0, 1, 0])
    assert advantages == pytest.approx([-0.75, -7, -36])
    assert returns == pytest.approx([9.25, 13, 4])  # TD(lambda)'s returns


def test_gae_with_a_time_limit_bootstraps():
    # A2 = 4 + 40 - 40 = 4;  A1 = 2 + 4 / 4 = 3;  A0 = 1 + 3 / 4
    assert gae([1.0, 1, 1])[0] == pytest.approx([1.75, 3, 4])


def test_gae_of_an_episode_cut_off_early_does_not_look_into_the_padding():
    # A1 = 2 + 20 - 20 = 2;  A0 = 1 + 2 / 4
    assert gae([1.0, 1, 0], real=[1.0, 1, 0], values=[10.0, 20, 40, 1e6])[0] == pytest.approx([1.5, 2, 0])


def test_gae_with_termination_and_padding():
    # A1 = 2 - 20 = -18;  A0 = 1 + 10 - 10 - 18 / 4 = -3.5, whatever stands in the padding
    padded = [10.0, 20, 1e6, 1e6]
    advantages, returns = gae([1.0, 0, 0], real=[1.0, 1, 0], values=padded)
    assert advantages == pytest.approx([-3.5, -18, 0])
    assert returns[:2] == pytest.approx([6.5, 2])  # TD(lambda)'s returns


def retrace(ratios, terminated=(0.0, 0, 1), mask=(1.0, 1, 1)):
    taken = column([9.0, 18.0, 36.0, 0.0])
    out = build_retrace_targets(
        column(REWARDS), column(terminated), column(mask), column(QS), taken, column(ratios), GAMMA, LAMBDA
    )
    return out.flatten().tolist()


def test_retrace_by_hand():
    # G2 = 4;  G1 = 2 + .5 (40 + .5 * .5 (4 - 36)) = 18;  G0 = 1 + .5 (20 + .5 * 1 (18 - 18)) = 11: ratio 3 counts as 1
    assert retrace([7.0, 3.0, 0.5, 1.0]) == pytest.approx([11, 18, 4])


def test_retrace_without_any_trace_is_one_step():
    assert retrace([0.0] * 4) == pytest.approx([11, 22, 4])


def test_retrace_with_a_time_limit_and_padding():
    # G1 = 2 + .5 * 40 = 22 at the cut-off;  G0 = 1 + .5 (20 + .5 (22 - 18)) = 12
    assert retrace([1.0] * 4, terminated=(0.0, 0, 0), mask=(1.0, 1, 0)) == pytest.approx([12, 22, 0])


def tree(n, mask=(1.0, 1, 1)):
    td = column([1.0, 2.0, 4.0]) * column(mask)
    out = build_target_q(td, column([10.0, 20.0, 30.0]), column([0.9, 0.5, 0.25, 0.0]), column(mask), GAMMA, LAMBDA, n)
    return out.flatten().tolist()


def test_tree_backup_by_hand():
    # decay gamma lambda = 1/4: t = 0: 10 + 1 + 1/4 * .5 * 2 + 1/16 * .5 * .25 * 4;  t = 1: 20 + 2 + 1/4 * .25 * 4
    assert tree(3) == pytest.approx([11.28125, 22.25, 34])
    assert tree(1) == pytest.approx([11, 22, 34])


def test_tree_backup_stops_at_the_episodes_end():
    assert tree(3, mask=(1.0, 1, 0)) == pytest.approx([11.25, 22, 30])


def tree_of_an_episode(terminated, mask, expected=QS, taken=(9.0, 18.0, 36.0)):
    """As DOP's learner makes them: the errors are one-step ones with the values expected under today's policy."""
    real, taken = column(mask), column(taken) * column(mask)
    one_step = build_td_lambda_targets(column(REWARDS), column(terminated), real, column(expected), 2, GAMMA, 0.0)
    out = build_target_q(one_step - taken, taken, column([0.9, 0.5, 0.25, 0.0]), real, GAMMA, LAMBDA, 3)
    return out.flatten().tolist()


def test_tree_backup_with_a_time_limit_bootstraps():
    # G2 = 4 + .5 * 80 = 44;  G1 = 2 + .5 (40 + .5 * .25 (44 - 36)) = 22.5;  G0 = 1 + .5 (20 + .5 * .5 (22.5 - 18))
    assert tree_of_an_episode([0.0, 0, 0], [1.0, 1, 1]) == pytest.approx([11.5625, 22.5, 44])


def test_tree_backup_with_an_early_time_limit_bootstraps_from_its_own_last_state():
    # G1 = 2 + .5 * 40 = 22;  G0 = 1 + .5 (20 + .5 * .5 (22 - 18)) = 11.5
    cut_off = tree_of_an_episode([0.0, 0, 0], [1.0, 1, 0], expected=[10.0, 20, 40, 1e6], taken=(9.0, 18, 1e6))
    assert cut_off == pytest.approx([11.5, 22, 0])
