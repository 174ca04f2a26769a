"""A run's checkpoints: PyMARL2's model files, and beside them all that a bit-equal continuation needs."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from run.experiment import Counters, Experiment
from utils.checkpoint import atomic_save, find_step, load_file
from utils.errors import UserError
from utils.seeding import random_states, set_random_states

STATE_FILE = "training_state.th"


def models_dir(exp: Experiment) -> Path:
    return Path(exp.args.local_results_path) / "models" / exp.args.unique_token


def save_checkpoint(exp: Experiment) -> Path:
    """Writes ``models/<unique_token>/<t_env>/``; the training state (large: the replay) is kept of the newest only."""
    folder = models_dir(exp) / str(exp.runner.t_env)
    exp.counters.last_save_t = exp.runner.t_env
    exp.learner.save_models(folder)
    if exp.args.save_training_state:
        state = {
            "runner": exp.runner.state_dict(),
            "learner": exp.learner.state_dict(),
            "buffers": {key: buffer.state_dict() for key, buffer in exp.buffers.items()},
            "reward_stats": exp.reward_stats.state_dict(),
            "counters": asdict(exp.counters),
            "random": random_states(),
        }
        atomic_save(state, folder / STATE_FILE)
        for old in models_dir(exp).glob(f"*/{STATE_FILE}"):
            if old.parent != folder:
                old.unlink()
    exp.logger.console_logger.info("Saved models to %s", folder)
    return folder


def load_checkpoint(exp: Experiment) -> None:
    """Loads what ``checkpoint_path`` and ``load_step`` name; with its training state, if there is one.

    Without it (PyMARL2's checkpoints, or ``save_training_state`` off) the run starts with these networks, an empty
    replay buffer, and ``t_env`` at the step of the folder's name. Evaluation never needs the training state.
    """
    folder = find_step(exp.args.checkpoint_path, exp.args.load_step)
    exp.learner.load_models(folder)
    exp.runner.t_env = int(folder.name)
    log = exp.logger.console_logger
    if exp.args.evaluate or not (folder / STATE_FILE).is_file():
        log.info("Loaded models from %s (without a training state)", folder)
        return
    state = load_file(folder / STATE_FILE)
    try:
        exp.runner.load_state_dict(state["runner"])
        exp.learner.load_state_dict(state["learner"])
        for key, buffer in exp.buffers.items():
            buffer.load_state_dict(state["buffers"][key])
        exp.reward_stats.load_state_dict(state["reward_stats"])
        exp.counters = Counters(**state["counters"])
    except (KeyError, TypeError, ValueError, RuntimeError) as e:
        raise UserError(f"{folder / STATE_FILE} does not fit this run (other task, sizes or version?): {e}") from e
    set_random_states(state["random"])
    log.info("Continuing from %s with its replay buffer and random states", folder)
