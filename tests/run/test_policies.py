"""Policies learn one-step games, not only run: what each can find there, and what it cannot.

The games are solved by what the training loop does, with one environment in this process.
"""

import logging
from types import SimpleNamespace

import pytest
import torch as th

from run.experiment import build_experiment
from run.joint_values import greedy_joint_action
from run.loop import Stopwatch, collect, learn
from run.prepare import prepare
from utils.config import load_config
from utils.logging import Logger
from utils.seeding import seed_everything

EASY = "[[8,3,2],[3,2,1],[2,1,0]]"
CLIMBING = "[[11,-30,0],[-30,7,0],[0,6,5]]"
COMMON = "runner=episode batch_size_run=1 use_cuda=False rnn_hidden_dim=16 standardise_rewards=True lr=0.005"
COMMON += " critic_lr=0.005 learner_log_interval=1000000 runner_log_interval=1000000"
SETTINGS = {
    "coma": "buffer_size=32 batch_size=32 target_update_interval=20 epsilon_anneal_time=1000",
    "ippo": "buffer_size=8 batch_size=8 mini_epochs=4 mask_advantages=True",
    "mappo": "buffer_size=8 batch_size=8 mini_epochs=4",
    "vmix": "buffer_size=32 batch_size=32 epsilon_anneal_time=1000",
    "lica": "buffer_size=32 batch_size=32 target_update_interval=20",
    "riit": "buffer_size=32 batch_size=32 off_batch_size=32 target_update_interval=20",
    "dop": "buffer_size=32 batch_size=32 off_batch_size=32 target_update_interval=20 epsilon_anneal_time=1000",
    "maddpg": "buffer_size=500 batch_size=32",
}
SEEDS = (1, 2)
TFCAF = {name: f"{SETTINGS[name]} mixer=tfcaf llm.source=builtin" for name in ("vmix", "riit", "dop")}


def experiment(config, settings, payoff):
    call = f"--config={config} --env-config=matrix_game with env_args.payoff={payoff} seed=1 {COMMON} {settings}"
    args = SimpleNamespace(**prepare(load_config(call.split()).values).config)
    seed_everything(args.seed)
    return build_experiment(args, Logger(logging.getLogger("test")))


def learned(config, settings, payoff, episodes=1200, between=8):
    """The joint action of the learned policies after ``episodes`` episodes, learning after every ``between``."""
    exp = experiment(config, settings, payoff)
    try:
        for episode in range(episodes):
            collect(exp, Stopwatch())
            if episode % between == between - 1:
                learn(exp, Stopwatch())
            exp.counters.episode += 1  # after learning, as in the training loop
        return greedy_joint_action(exp)
    finally:
        exp.runner.close_env()


@pytest.mark.slow
@pytest.mark.parametrize("config", SETTINGS)
def test_the_best_joint_action_of_an_easy_game_is_found(config):
    assert learned(config, SETTINGS[config], EASY) == (0, 0)


@pytest.mark.slow
@pytest.mark.parametrize("config", TFCAF)
def test_so_it_is_with_a_credit_function(config):
    assert learned(config, TFCAF[config], EASY) == (0, 0)


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("config", ["coma", "vmix", "maddpg", "ippo"])
def test_the_climbing_games_optimum_is_missed(config, seed):
    """A documented limit: while the other still explores, the optimum's action looks bad (-30 beside it).

    MAPPO, LICA, RIIT and DOP are left out: whether they find it depends on the seed (their pages say what was seen).
    """
    assert learned(config, f"{SETTINGS[config]} seed={seed}", CLIMBING) != (0, 0)


def test_two_replays_draw_independently():
    """DOP learns from recent and from old episodes: while both replays hold the same, these are still not the same."""
    exp = experiment("dop", "buffer_size=40 off_buffer_size=40 batch_size=20 off_batch_size=20", EASY)
    try:
        for _ in range(40):
            collect(exp, Stopwatch())
        for replay in exp.buffers.values():
            replay["reward"][:] = th.arange(40.0).view(40, 1, 1)  # says which episode it is
        common = []
        for _ in range(20):
            recent, old = (set(replay.sample(20)["reward"][:, 0, 0].tolist()) for replay in exp.buffers.values())
            common.append(len(recent & old))
        assert 5 < min(common) <= max(common) < 16  # 10 on average
    finally:
        exp.runner.close_env()
