"""Declarations: the experiment, its environment, tests, logs and checkpoints.

Default values live in config/default.yaml alone. Names that live in registries (runner, env, ...) are text here; they
are looked up when a run is prepared.
"""

from __future__ import annotations

from collections.abc import Mapping

from utils.config.key import Key
from utils.config.kinds import flag, number, or_null, text, whole

STEPS = "environment steps"
MAX_SEED = 2**32 - 1  # numpy's global generator takes no more

_EXPERIMENT = (
    Key("name", text(), "Name of the algorithm in the record: results lie under `sacred/<task>/<name>/`."),
    Key("label", text(), "Free text to find a run again; nothing reads it.", affects_result=False),
    Key("repeat_id", whole(), "Free number to tell repetitions apart; nothing reads it.", affects_result=False),
    Key("run", text(), "The run loop, by its registered name: there is `default` alone, for all algorithms."),
    Key(
        "seed",
        or_null(whole(0, MAX_SEED)),
        "Seeds networks, exploration and replay and, with a number derived from it, each environment. Null draws one, "
        "which is recorded.",
        affects_result=False,
    ),
    Key("t_max", whole(0), "Training stops after the rollout in which this many steps are passed.", STEPS),
    Key(
        "local_results_path",
        text(),
        "Folder of everything that a run writes; a relative one is relative to where the run is started.",
        affects_result=False,
    ),
    Key(
        "use_cuda",
        flag(),
        "With `device: auto`, use CUDA where there is a device; other values of `device` ignore it.",
        affects_result=False,
    ),
    Key(
        "device",
        text(r"auto|cpu|cuda(:\d+)?", "auto, cpu, cuda or cuda:N"),
        "Where networks and updates are computed. `auto`: CUDA if `use_cuda` and there is a device, else the CPU; "
        "`cpu`; `cuda`; `cuda:N` for one of several devices.",
        affects_result=False,
    ),
    Key(
        "torch_threads",
        whole(1),
        "CPU threads of torch in the trainer; small networks are fastest with 1.",
        "threads",
        affects_result=False,
    ),
    Key(
        "progress_bar",
        flag(),
        "Show progress: a bar in a terminal, now and then a line elsewhere.",
        affects_result=False,
    ),
)

_ENVIRONMENT = (
    Key("env", text(), "The environment, by its registered name."),
    Key(
        "runner",
        text(),
        "`episode`: one environment in the trainer; `parallel`: `batch_size_run` environments, each in a worker "
        "process or, where the environment is batched itself, all in the trainer.",
    ),
    Key(
        "batch_size_run", whole(1), "Environments that run at the same time; 1 with `runner: episode`.", "environments"
    ),
    Key(
        "worker_timeout",
        number(above=0),
        "How long a worker of `runner: parallel` may take over one answer before the run ends with a message that "
        "names it.",
        "seconds",
        affects_result=False,
    ),
    Key(
        "standardise_rewards",
        flag(),
        "Learn from rewards less their mean and over their standard deviation, both running over all rewards as they "
        "are collected. Logged returns are never standardised.",
    ),
)

_EVALUATION = (
    Key(
        "test_nepisode",
        whole(1),
        "Episodes of a test, rounded down to a multiple of `batch_size_run` (at least one round), as in PyMARL2.",
        "episodes",
    ),
    Key("test_interval", whole(1), "Least distance of two tests; the first comes after the first rollout.", STEPS),
    Key(
        "test_greedy",
        flag(),
        "True: test with epsilon `test_noise`; False: test with the epsilon that training is at.",
    ),
    Key("test_noise", number(0, 1), "Epsilon in tests, with `test_greedy`: the share of random actions."),
    Key("evaluate", flag(), "Play `test_nepisode` test episodes with the model of `checkpoint_path`, then stop."),
    Key(
        "save_replay",
        flag(),
        "As `evaluate`, and save a replay where the environment records one.",
    ),
)

_LOGGING = (
    Key(
        "log_interval",
        whole(0),
        "Least distance of two records of counters and speeds, with the console table; 0: every rollout.",
        STEPS,
        affects_result=False,
    ),
    Key(
        "runner_log_interval",
        whole(0),
        "Least distance of two records of training episodes (return, length, epsilon); 0: every rollout.",
        STEPS,
        affects_result=False,
    ),
    Key(
        "learner_log_interval",
        whole(0),
        "Least distance of two records of the learner (loss, gradient norm); 0: every gradient step.",
        STEPS,
        affects_result=False,
    ),
    Key(
        "use_tensorboard",
        flag(),
        "Also write TensorBoard files, to `tb_logs/` under `local_results_path`.",
        affects_result=False,
    ),
    Key(
        "mongo_url",
        text(),
        "Also record to the MongoDB at this address, `mongodb://HOST:PORT` (Sacred's observer; needs pymongo); empty: "
        "off.",
        affects_result=False,
    ),
    Key("mongo_db", text(), "Name of the database at `mongo_url`.", affects_result=False),
    Key(
        "sql_url",
        text(),
        "Also record to the SQL database at this address, as `sqlite:///runs.db` (Sacred's observer; needs "
        "sqlalchemy); empty: off.",
        affects_result=False,
    ),
)

_CHECKPOINTS = (
    Key(
        "save_model",
        flag(),
        "Save the networks to `models/<run>/<step>/` under `local_results_path`, at the end of training too.",
        affects_result=False,
    ),
    Key(
        "save_model_interval",
        whole(1),
        "Least distance of two checkpoints; the first comes after the first rollout.",
        STEPS,
        affects_result=False,
    ),
    Key(
        "save_training_state",
        flag(),
        "With `save_model`: write next to the networks all else that a bit-equal continuation needs (replay buffer, "
        "optimiser, counters, random states). Large: only the newest is kept.",
        affects_result=False,
    ),
    Key(
        "checkpoint_path",
        text(),
        "Start from a saved model: the folder that holds the folders named by their step. With its training state, if "
        "it has one, the run is continued; empty: start anew.",
    ),
    Key("load_step", whole(0), "Which of them: 0 for the newest, else the one nearest to this step.", STEPS),
)

RUN: Mapping[str, tuple[Key, ...]] = {
    "Experiment": _EXPERIMENT,
    "Environment and rollouts": _ENVIRONMENT,
    "Evaluation": _EVALUATION,
    "Logging": _LOGGING,
    "Checkpoints": _CHECKPOINTS,
}
