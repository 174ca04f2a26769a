"""What all tests share: one thread, small arguments, small batches."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch as th
import yaml

from components.episode_buffer import EpisodeBatch
from components.transforms import OneHot
from run.experiment import make_scheme as scheme_of_run
from tests.sc2_standin.install import lay_out

ROOT = Path(__file__).resolve().parent.parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if th.cuda.is_available():
        return
    for item in items:
        if item.get_closest_marker("cuda"):
            item.add_marker(pytest.mark.skip(reason="needs a CUDA device"))


@pytest.fixture(autouse=True, scope="session")
def _no_key() -> None:
    """No test may ask a language model because the person who runs it has a key."""
    for name in [n for n in os.environ if n.startswith("ANTHROPIC_")]:
        del os.environ[name]


@pytest.fixture(autouse=True, scope="session")
def sc2_standin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pysc2 looks for StarCraft II: always the stand-in, also for a person who has the game."""
    folder = lay_out(tmp_path_factory.mktemp("sc2"))
    os.environ["SC2PATH"] = str(folder)
    return folder


@pytest.fixture(autouse=True)
def _seeded() -> None:
    th.set_num_threads(1)
    th.manual_seed(0)
    np.random.seed(0)


class RecordingLogger:
    """Keeps what is logged."""

    def __init__(self) -> None:
        self.stats: dict[str, list[float]] = {}
        self.console_logger = logging.getLogger("test")

    def log_stat(self, key: str, value: Any, t: int) -> None:
        self.stats.setdefault(key, []).append(float(value))


@pytest.fixture
def logger() -> RecordingLogger:
    return RecordingLogger()


def make_args(**changes: Any) -> SimpleNamespace:
    """config/default.yaml with the sizes of a small task and ``changes`` over it."""
    values = yaml.safe_load((ROOT / "config" / "default.yaml").read_text())
    values["optim_eps"] = float(values["optim_eps"])
    sizes = {"n_agents": 3, "n_actions": 5, "state_shape": 12, "obs_shape": 10, "episode_limit": 9, "task": ""}
    small = {"rnn_hidden_dim": 16, "mixing_embed_dim": 8, "hypernet_embed": 16, "device": "cpu", "seed": 0}
    return SimpleNamespace(**{**values, **sizes, **small, **changes})


def make_scheme(args: SimpleNamespace) -> tuple[dict[str, Any], dict[str, int], dict[str, Any]]:
    return scheme_of_run(args), {"agents": args.n_agents}, {"actions": ("actions_onehot", [OneHot(args.n_actions)])}


def make_batch(args: SimpleNamespace, lengths: list[int], terminal: list[bool], seed: int = 0) -> EpisodeBatch:
    """Random episodes of these lengths (transitions); ``terminal`` says which really end, the others are cut off."""
    rng = np.random.default_rng(seed)
    scheme, groups, preprocess = make_scheme(args)
    batch = EpisodeBatch(scheme, groups, len(lengths), args.episode_limit + 1, preprocess=preprocess)
    for i, (length, ends) in enumerate(zip(lengths, terminal, strict=True)):
        t, a, u = length + 1, args.n_agents, args.n_actions
        avail = (rng.random((1, t, a, u)) < 0.7).astype(int)
        avail[..., 0] = 1
        actions = (rng.random(avail.shape) * avail).argmax(-1)[..., None]
        terminated = np.zeros((1, t, 1))
        terminated[0, length - 1] = ends
        reward = rng.normal(size=(1, t, 1))
        reward[0, length] = 0
        data = {
            "state": rng.normal(size=(1, t, args.state_shape)),
            "obs": rng.normal(size=(1, t, a, args.obs_shape)),
            "avail_actions": avail,
            "actions": actions,
            "reward": reward,
            "terminated": terminated,
        }
        if args.save_probs:
            probs = avail * rng.random(avail.shape)
            data["probs"] = probs / probs.sum(-1, keepdims=True)
        batch.update(data, bs=slice(i, i + 1), ts=slice(0, t))
    return batch
