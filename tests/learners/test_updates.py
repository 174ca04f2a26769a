"""Which episodes a learner is given, and what is said where they are used more often than its gradient allows."""

import logging
from types import SimpleNamespace

import pytest
import torch as th

from run.experiment import build_experiment
from run.loop import Stopwatch, collect, learn
from run.prepare import prepare
from utils.config import load_config
from utils.logging import Logger

GAME = "env_args.payoff=[[8,3],[3,2]] seed=1 runner=episode batch_size_run=1 use_cuda=False rnn_hidden_dim=8"


def prepared(config, settings=""):
    return prepare(load_config(f"--config={config} --env-config=matrix_game with {GAME} {settings}".split()).values)


def values(config, settings=""):
    return prepared(config, settings).config


@pytest.mark.parametrize("config", ["vmix", "mappo", "ippo"])
def test_on_policy_learners_get_the_newest_episodes(config, monkeypatch):
    """Also from a replay that holds many more."""
    settings = "buffer_size=50 batch_size=4 accumulated_episodes=4"
    exp = build_experiment(SimpleNamespace(**values(config, settings)), Logger(logging.getLogger("test")))
    given, played = [], []
    monkeypatch.setattr(exp.learner, "train", lambda batch, t_env, episode: given.append(batch["actions"].clone()))
    try:
        for _ in range(16):
            played.append(collect(exp, Stopwatch())["actions"])
            learn(exp, Stopwatch())
            exp.counters.episode += 1
    finally:
        exp.runner.close_env()
    assert len(given) == 4
    for i, batch in enumerate(given):
        assert th.equal(batch, th.cat(played[4 * i : 4 * i + 4]))


@pytest.mark.parametrize(
    ("per_rollout", "accumulated", "learned_at"),
    [(3, 8, [9, 18, 27, 36]), (8, 8, [8, 16, 24, 32]), (1, 8, [8, 16, 24, 32]), (3, None, list(range(3, 37, 3)))],
)
def test_learning_waits_for_new_episodes_since_the_last_time(per_rollout, accumulated, learned_at, monkeypatch):
    settings = f"runner=parallel batch_size_run={per_rollout} buffer_size=9 batch_size=3"
    config = values("mappo", f"{settings} accumulated_episodes={accumulated}")
    exp = build_experiment(SimpleNamespace(**config), Logger(logging.getLogger("test")))
    monkeypatch.setattr(exp.learner, "train", lambda batch, t_env, episode: given.append(episode + per_rollout))
    given = []
    try:
        while exp.counters.episode < 36 - 36 % per_rollout:
            collect(exp, Stopwatch())
            learn(exp, Stopwatch())
            exp.counters.episode += per_rollout
    finally:
        exp.runner.close_env()
    assert given == learned_at


@pytest.mark.parametrize(
    ("config", "settings", "uses"),
    [
        ("vmix", "batch_size_run=1", "8"),
        ("vmix", "accumulated_episodes=8", None),
        ("vmix", "accumulated_episodes=8 updates_per_rollout=2", "2"),
        ("vmix", "runner=parallel batch_size_run=3 accumulated_episodes=8 buffer_size=18 batch_size=18", "2"),
        ("dop", "runner=parallel batch_size_run=8", "4"),
        ("dop", "runner=parallel batch_size_run=8 batch_size=8", None),
        ("ippo", "", None),
        ("qmix", "", None),
    ],
)
def test_used_again_is_said_before_the_run(config, settings, uses):
    """Not of PPO, whose ratio bears it, and not of learners that need no new episodes."""
    said = [doubt for doubt in prepared(config, settings).doubts if "on-policy" in doubt]
    assert len(said) == (uses is not None)
    assert uses is None or f"each episode is used {uses} times" in said[0]
