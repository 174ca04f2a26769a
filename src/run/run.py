"""One run from config to result."""

from __future__ import annotations

import datetime
import json
import logging
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch as th

from run.checkpoint import load_checkpoint
from run.experiment import Experiment, build_experiment
from run.joint_values import report_joint_values
from run.loop import test, train
from utils.logging import Logger
from utils.memory import keep_freed_memory
from utils.seeding import seed_everything


def run(_run: Any, args: SimpleNamespace, console_logger: logging.Logger) -> None:
    """Trains (or with ``evaluate`` tests) what ``args`` describes, into the Sacred run ``_run``.

    ``args.run_dir`` is the run's folder.
    """
    keep_freed_memory()
    th.set_num_threads(args.torch_threads)
    seed_everything(args.seed)
    logger = setup_logger(_run, args, console_logger)
    exp: Experiment | None = None
    try:
        exp = build_experiment(args, logger)
        record_sizes(_run, exp)
        if args.checkpoint_path:
            load_checkpoint(exp)
        if args.evaluate or args.save_replay:
            result = test(exp)
            if args.save_replay:
                exp.runner.save_replay()
            logger.print_recent_stats()
        else:
            result = train(exp)
            report_joint_values(exp)
        _run.result = result
        report_end(args, exp, result)
    finally:
        if exp is not None:
            exp.runner.close_env()
        logger.close()


def setup_logger(_run: Any, args: SimpleNamespace, console_logger: logging.Logger) -> Logger:
    """Console, Sacred, ``metrics.jsonl``, and TensorBoard if asked for."""
    stamp = datetime.datetime.now().strftime("%Y-%m-%d_%H-%M-%S")
    args.unique_token = f"{args.name}__{stamp}__{Path(args.run_dir).parent.parent.name}__{Path(args.run_dir).name}"
    logger = Logger(console_logger)
    logger.setup_sacred(_run)
    logger.setup_jsonl(Path(args.run_dir) / "metrics.jsonl")
    if args.use_tensorboard:
        logger.setup_tb(Path(args.local_results_path) / "tb_logs" / args.unique_token)
    return logger


def record_sizes(_run: Any, exp: Experiment) -> None:
    """Trainable parameters, and what environment and mixer have to say of themselves, into log and record."""
    (Path(exp.args.run_dir) / "task.json").write_text(exp.args.task, encoding="utf-8")
    log = exp.logger.console_logger
    for key, value in exp.learner.parameter_counts().items():
        exp.logger.log_stat(key, value, exp.runner.t_env)
        log.info("%s: %d", key, value)
    mixer = exp.learner.mixer
    record = mixer.record() if mixer is not None else {}
    if record:
        log.info("Mixer from %s", record["origin"])
        path = Path(exp.args.run_dir) / "mixer.json"
        path.write_text(json.dumps(record, indent=1), encoding="utf-8")
        _run.info["mixer"] = record
    with tempfile.TemporaryDirectory() as folder:
        for name, data in (mixer.artifacts() if mixer is not None else {}).items():
            copy = Path(folder) / name
            copy.write_bytes(data)
            _run.add_artifact(str(copy), name)


def report_end(args: SimpleNamespace, exp: Experiment, result: float) -> None:
    log = exp.logger.console_logger
    log.info("Finished after %d environment steps", exp.runner.t_env)
    log.info("Mean return of the last %d test episodes: %.4f", args.test_nepisode, result)
    log.info("Results: %s", args.run_dir)
    log.info("Plot them: %s src/plot.py %s", _python(), args.run_dir)


def _python() -> str:
    """How this Python is called from here: `make run` has one of its own that is not on the path."""
    called = Path(sys.executable)
    return str(called.relative_to(Path.cwd())) if called.is_relative_to(Path.cwd()) else "python"
