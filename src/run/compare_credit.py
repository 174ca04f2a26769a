"""What the mixers of trained runs credit, along the same test episodes.

Legend: T transitions, A agents.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch as th

from components.episode_buffer import EpisodeBatch
from run.experiment import Experiment, build_experiment
from run.prepare import resolve_device
from utils.checkpoint import find_step
from utils.config.files import CONFIG_DIR
from utils.config.yaml_file import read_yaml
from utils.errors import UserError
from utils.logging import Logger
from utils.rl_utils import transition_mask
from utils.seeding import seed_everything

log = logging.getLogger("pymarl")


@dataclass
class RunCredits:
    """One run's credits: for each episode ``[T, A]``."""

    label: str
    episodes: list[np.ndarray] = field(default_factory=list)

    @property
    def shares(self) -> np.ndarray:
        """All credits as shares of the team ``[T of all episodes, A]``: equal where they sum to 0."""
        credits = np.concatenate(self.episodes)
        total = credits.sum(axis=1, keepdims=True)
        equal = np.full_like(credits, 1 / credits.shape[1])
        return np.divide(credits, total, out=equal, where=total > 0)


def credits_of_runs(paths: Sequence[Path], n_episodes: int, seed: int) -> list[RunCredits]:
    """The credits that each run's mixer gives along ``n_episodes`` episodes played by the first run's agents.

    Raises UserError for a folder that is no run, has no saved model, mixes nothing, or belongs to another task.
    """
    configs = [_config(path) for path in paths]
    episodes: list[EpisodeBatch] = []
    results = []
    for path, config, label in zip(paths, configs, _labels(configs), strict=True):
        exp = _trained(path, config, seed)
        try:
            if not episodes:
                seed_everything(seed)
                episodes = [_played(exp) for _ in range(n_episodes)]
            _check_same_task(exp, episodes[0], path, paths[0])
            results.append(RunCredits(label, [_credits(exp, episode) for episode in episodes]))
        finally:
            exp.runner.close_env()
    return results


def _config(path: Path) -> dict[str, Any]:
    file = path / "config.json"
    if not file.is_file():
        raise UserError(f"{path} is not the folder of a run: it has no config.json (results/sacred/<task>/<name>/<id>)")
    config: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    defaults = read_yaml(CONFIG_DIR / "default.yaml").values  # keys that came after the run
    return {**defaults, **config}


def _labels(configs: Sequence[dict[str, Any]]) -> list[str]:
    """The run's name and mixer, with a number where they are the same twice."""
    names = [f"{c['name']} (mixer={c['mixer']})" for c in configs]
    return [n if names.count(n) == 1 else f"{n} #{i + 1}" for i, n in enumerate(names)]


def _trained(path: Path, config: dict[str, Any], seed: int) -> Experiment:
    """The run's experiment with its newest saved networks and one environment in this process."""
    changes = {
        "runner": "episode",
        "batch_size_run": 1,
        "buffer_size": 1,
        "off_buffer_size": 1,
        "use_per": False,
        "env_args": {**config["env_args"], "seed": seed},
        "device": resolve_device("auto", config["use_cuda"]),
    }
    args = SimpleNamespace(**{**config, **changes})
    exp = build_experiment(args, Logger(log))
    try:
        _check_function(exp, path)
        exp.learner.load_models(find_step(_models(path, config)))
        exp.learner.eval_mode()  # also of runs whose agents play no episode here
    except BaseException:
        exp.runner.close_env()
        raise
    return exp


def _models(path: Path, config: dict[str, Any]) -> Path:
    """The run's folder of saved models; it is named after the run's record."""
    record = path.resolve()
    results = record.parents[3]  # <local_results_path>/sacred/<task>/<name>/<id>
    found = sorted((results / "models").glob(f"*__{record.parent.parent.name}__{record.name}"))
    found = [folder for folder in found if folder.name.startswith(f"{config['name']}__")]
    if not found:
        raise UserError(f"no models of {path} below {results / 'models'}: train with save_model=True")
    return found[-1]


def _check_function(exp: Experiment, path: Path) -> None:
    """The mixer that the settings give today is the one that the run was trained with."""
    file = path / "mixer.json"
    if not file.is_file() or exp.learner.mixer is None:
        return
    then, now = json.loads(file.read_text(encoding="utf-8")), exp.learner.mixer.record()
    if then["sha256"] != now["sha256"]:
        raise UserError(
            f"{path} was trained with another credit function ({then['origin']}, {then['sha256'][:12]}) than its "
            f"settings give now ({now['origin']}, {now['sha256'][:12]})"
        )


def _played(exp: Experiment) -> EpisodeBatch:
    """One test episode, cut to its length."""
    batch = exp.runner.run(test_mode=True)
    return batch[:, : batch.max_t_filled()]


def _check_same_task(exp: Experiment, episode: EpisodeBatch, path: Path, first: Path) -> None:
    for key in ("state", "obs", "avail_actions"):
        ours = exp.runner.new_batch()[key].shape[2:]
        theirs = episode[key].shape[2:]
        if ours != theirs:
            raise UserError(f"{path} is of another task than {first}: {key} is {list(ours)} there, {list(theirs)} here")


@th.no_grad()
def _credits(exp: Experiment, episode: EpisodeBatch) -> np.ndarray:
    """Credits of the episode's transitions ``[T, A]``."""
    batch = episode[:, :].to(exp.args.device)
    credits = exp.learner.credits(batch)[0, :-1]
    real = transition_mask(batch)[0, :, 0].bool()
    return credits[real].cpu().numpy()
