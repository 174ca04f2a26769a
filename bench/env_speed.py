"""Environment steps per second: an environment alone, its package alone, and training from end to end. One thread.

    python bench/env_speed.py                      environments alone, in seconds of this process's processor time
    python bench/env_speed.py --training           also QMIX and a TFCAF from end to end, in seconds on the clock

Alone: random available actions, with resets, observations, state and available actions; the package's own environment
with its resets and observations only. Adapter and package take turns, since a machine's speed drifts. Training: batches
of 32 episodes, one update a rollout (of one episode, or of eight), counted once every rollout is followed by an update.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from timing import median, table
from train_speed import ROOT, run

sys.path.insert(0, str(ROOT / "src"))
import envs
from envs.multiagentenv import MultiAgentEnv
from utils.config.load import load_config
from utils.errors import UserError

LEARNING = 6000  # environment steps until there are enough episodes for QMIX's first update
LOG_INTERVAL = 500


class Task(NamedTuple):
    """A row: the words of its command line, and the PettingZoo module that it is compared with, if any."""

    name: str
    config: str
    words: tuple[str, ...] = ()
    package: str = ""
    kwargs: dict[str, Any] = {}  # noqa: RUF012 - never changed


TASKS = [
    Task("lbf: Foraging-5x5-2p-1f-coop", "lbf"),
    Task("lbf: Foraging-15x15-4p-3f", "lbf", ("env_args.key=Foraging-15x15-4p-3f-v3",)),
    Task("mpe: simple_spread", "mpe", (), "mpe2.simple_spread_v3"),
    Task("mpe: simple_spread, N=6", "mpe", ("env_args.kwargs={'N': 6}",), "mpe2.simple_spread_v3", {"N": 6}),
    Task("mpe: simple_tag", "mpe", ("env_args.key=simple_tag",), "mpe2.simple_tag_v3"),
    Task("mpe: simple_adversary", "mpe", ("env_args.key=simple_adversary",), "mpe2.simple_adversary_v3"),
    Task(
        "mpe: simple_speaker_listener",
        "mpe",
        ("env_args.key=simple_speaker_listener",),
        "mpe2.simple_speaker_listener_v4",
    ),
    Task("pettingzoo: mpe2.simple_spread_v3", "pettingzoo", (), "mpe2.simple_spread_v3"),
    Task("stag_hunt: 8 agents", "stag_hunt"),
    Task("skirmish: sk_3m", "sk_3m"),
    Task("skirmish: sk_2s3z", "sk_2s3z"),
    Task("skirmish: sk_MMM2", "sk_MMM2"),
    Task("matrix_game: climbing", "matrix_climbing"),
    Task("gymma: Foraging-5x5-2p-1f-coop", "gymma"),
    Task("sc2: 3m", "sc2", ("env_args.map_name=3m",)),
    Task("sc2: 2s3z", "sc2", ("env_args.map_name=2s3z",)),
    Task("sc2_v2: 10gen_terran", "sc2_v2"),
]
NO_BUILTIN = ("pettingzoo", "gymma")  # no function knows a task of these interfaces but the uniform one


def words_of(task: Task, config: str) -> list[str]:
    return [f"--config={config}", f"--env-config={task.config}", "with", *task.words]


def make(task: Task) -> MultiAgentEnv:
    config = load_config(words_of(task, "qmix")).values
    return envs.REGISTRY[config["env"]](**{**config["env_args"], "seed": 1})


def adapter_seconds(env: MultiAgentEnv, steps: int) -> float:
    rng = np.random.default_rng(0)
    env.reset()
    avail, seconds = env.get_avail_actions(), 0.0
    for draws in rng.random((steps, env.n_agents, env.get_total_actions())):
        chosen = (draws * np.array(avail)).argmax(axis=1)
        started = time.process_time()
        _, over, _ = env.step(chosen)
        if over:
            env.reset()
        env.get_obs(), env.get_state()
        avail = env.get_avail_actions()
        seconds += time.process_time() - started
    return seconds


def package_seconds(env: Any, steps: int) -> float:
    rng = np.random.default_rng(0)
    env.reset(seed=1)
    names = env.possible_agents
    actions = rng.integers(0, [int(env.action_space(a).n) for a in names], (steps, len(names)))
    started = time.process_time()
    for chosen in actions.tolist():
        env.step(dict(zip(names, chosen, strict=True)))
        if not env.agents:
            env.reset()
    return time.process_time() - started


def installed(task: Task) -> bool:
    """Whether the task's environment can be played here; says why not."""
    try:
        make(task).close()
    except UserError as e:
        print(f"{task.name} is left out: {e}", file=sys.stderr)
        return False
    return True


def bench_alone(tasks: list[Task], rounds: int, steps: int) -> None:
    rows = []
    for task in tasks:
        env = make(task)
        package = import_module(task.package).parallel_env(**task.kwargs) if task.package else None
        ours, theirs = [], []
        for _ in range(rounds):
            ours.append(steps / adapter_seconds(env, steps))
            if package is not None:
                theirs.append(steps / package_seconds(package, steps))
        env.close()
        ratios = [a / b for a, b in zip(ours, theirs, strict=False)]
        rows.append(
            [
                task.name,
                f"{median(ours):.0f}",
                *([f"{median(theirs):.0f}", f"{median(ratios):.1f}"] if theirs else ["", ""]),
            ]
        )
    print(table(["task", "adapter", "package", "ratio"], rows))


def training_speed(task: Task, config: str, mixer: str, steps: int) -> float:
    """Median of what a run says of its own speed, once it learns after every rollout."""
    builtin = "uniform" if task.config in NO_BUILTIN else ""
    with tempfile.TemporaryDirectory() as results:
        settings = [f"local_results_path={results}", f"mixer={mixer}", "llm.source=builtin", f"llm.builtin={builtin}"]
        settings += [
            f"t_max={LEARNING + steps}",
            "test_interval=100000000",
            "progress_bar=False",
            "use_cuda=False",
            "batch_size=32",
        ]
        settings += [f"{interval}={LOG_INTERVAL}" for interval in ("log_interval", "runner_log_interval")]
        run([sys.executable, "src/main.py", *words_of(task, config), *settings], ROOT)
        (metrics,) = Path(results).glob("sacred/*/*/*/metrics.jsonl")
        lines = [json.loads(line) for line in metrics.read_text().splitlines()]
    speeds = [x["value"] for x in lines if x["key"] == "env_steps_per_second" and x["t_env"] > LEARNING + LOG_INTERVAL]
    print(f"{task.name}, {config}, mixer={mixer}: {median(speeds):.0f}", file=sys.stderr, flush=True)
    return median(speeds)


def bench_training(tasks: list[Task], rounds: int, steps: int) -> None:
    pairs = [("qmix_beta", "qmix"), ("qmix_beta", "tfcaf"), ("qmix", "qmix"), ("qmix", "tfcaf")]
    rows = []
    for task in tasks:
        found = [median([training_speed(task, c, m, steps) for _ in range(rounds)]) for c, m in pairs]
        rows.append([task.name, *(f"{f:.0f}" for f in found)])
    print("\nTraining from end to end, environment steps/s\n")
    print(table(["task", "episode runner, qmix", "tfcaf", "8 workers, qmix", "tfcaf"], rows))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--training", action="store_true")
    parser.add_argument("--only", default="", help="tasks whose name contains this")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=4000, help="environment steps timed a round")
    o = parser.parse_args()
    tasks = [t for t in TASKS if o.only in t.name and installed(t)]
    bench_alone(tasks, o.rounds, o.steps)
    if o.training:
        bench_training(tasks, o.rounds, o.steps)


if __name__ == "__main__":
    main()
