"""One-step matrix games."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from envs.matrix_game import MatrixGame
from utils.errors import UserError


def test_pays_the_entry_of_the_joint_action_and_ends() -> None:
    payoff = [[[1, 2, 3]], [[4, 5, -6]]]  # 2 x 1 x 3: three agents with unlike numbers of actions
    env = MatrixGame(payoff)
    for i, j, k in itertools.product(range(2), range(1), range(3)):
        env.reset()
        assert env.step([i, j, k]) == (payoff[i][j][k], True, {})
    assert env.get_avail_actions() == [[1, 1, 0], [1, 0, 0], [1, 1, 1]]
    assert env.describe().facts["payoff"] == payoff
    assert (env.describe().return_low, env.describe().return_high) == (-6, 5)


def test_state_and_observations_are_pymarls() -> None:
    env = MatrixGame([[1, 0], [0, 2]])
    obs, state = env.reset()
    assert [x.tolist() for x in [*obs, state]] == [[1, 0]] * 3
    env.step(np.array([1, 1]))
    assert [x.tolist() for x in [*env.get_obs(), env.get_state()]] == [[0, 1]] * 3


@pytest.mark.parametrize(
    "payoff",
    [
        [1, 2],
        [],
        [[]],
        [[1, 2], [3]],
        [[1, 2], 3],
        [[1, 2], [3, [4]]],
        [["1", "2"]],
        [[True, False]],
        [[1, None]],
        [[1, float("nan")]],
        [[1, float("inf")]],
        "11",
    ],
)
def test_bad_payoffs_are_user_errors(payoff: object) -> None:
    with pytest.raises(UserError, match=r"env_args\.payoff must be nested lists"):
        MatrixGame(payoff)
