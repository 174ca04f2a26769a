"""Learning, not only running: one-step games that each algorithm can represent, solved in seconds."""

import logging

import numpy as np
import pytest

from run.experiment import build_experiment
from run.joint_values import joint_values
from run.loop import Stopwatch, collect, learn
from run.prepare import prepare
from utils.config import load_config
from utils.logging import Logger
from utils.seeding import seed_everything

EASY = "env_args.payoff=[[8,3,2],[3,2,1],[2,1,0]]"  # additive up to a constant interaction, one best joint action


def learned(mixer, payoff, learner="q_learner", steps=1500):
    argv = f"--config=qmix_beta --env-config=matrix_game with mixer={mixer} learner={learner} {payoff} seed=1 lr=0.005"
    argv += " optimizer=adam rnn_hidden_dim=16 epsilon_start=1.0 epsilon_finish=1.0 gamma=0.9 use_cuda=False"
    argv += " target_update_interval=50 learner_log_interval=1000000 runner_log_interval=1000000"
    from types import SimpleNamespace

    args = SimpleNamespace(**prepare(load_config(argv.split()).values).config)
    seed_everything(args.seed)
    exp = build_experiment(args, Logger(logging.getLogger("test")))
    for i in range(steps):
        collect(exp, Stopwatch())
        if i % 2:
            learn(exp, Stopwatch())
    values, greedy = joint_values(exp, exp.learner, list(np.array(prepared_payoff(payoff)).shape))
    exp.runner.close_env()
    return values, greedy


def prepared_payoff(payoff):
    import ast

    return ast.literal_eval(payoff.partition("=")[2])


@pytest.mark.slow
@pytest.mark.parametrize("learner", ["q_learner", "nq_learner"])
@pytest.mark.parametrize("mixer", ["null", "vdn", "qmix", "tfcaf"])
def test_the_best_joint_action_is_found(mixer, learner):
    _, greedy = learned(mixer, EASY, learner)
    assert greedy == (0, 0)


@pytest.mark.slow
@pytest.mark.parametrize("mixer", ["vdn", "tfcaf"])
def test_additive_payoffs_are_represented_exactly(mixer):
    payoff = "env_args.payoff=[[4,2],[3,1]]"
    values, greedy = learned(mixer, payoff)
    assert np.allclose(values, [[4, 2], [3, 1]], atol=0.2)
    assert greedy == (0, 0)


@pytest.mark.slow
@pytest.mark.parametrize("mixer", ["null", "vdn", "qmix", "tfcaf"])
def test_monotonic_mixers_and_independent_agents_miss_the_climbing_games_optimum(mixer):
    """Under uniform exploration the mean and the best sum of utilities lie elsewhere: the optimum's neighbours cost -30 (a
    documented limit, not a wish). QMIX's network can also end with its peak there, which depends on the seed.
    """
    _, greedy = learned(mixer, "env_args.payoff=[[11,-30,0],[-30,7,0],[0,6,5]]")
    assert greedy != (0, 0)
