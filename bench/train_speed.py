"""Training speed: the learner update in its parts, and environment steps per second from end to end. One thread.

    python bench/train_speed.py                       this project
    python bench/train_speed.py --pymarl2 CHECKOUT    its learner update in turn with ours
    python bench/train_speed.py --epymarl CHECKOUT    its training on Level-Based Foraging in turn with ours

A machine's speed drifts: only figures of one run compare, and the ratio is the one to quote. The peers' checkouts
must run in this Python environment.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from configs import config_values
from timing import median, table

ROOT = Path(__file__).resolve().parent.parent
# batch, steps, agents, state, obs, actions
SIZES = [(32, 50, 2, 12, 15, 6), (32, 150, 2, 12, 15, 6), (128, 100, 2, 12, 15, 6), (32, 50, 5, 120, 80, 10)]
PARTS = ["unroll", "targets", "mixer", "backward", "optimiser"]
KEY = "Foraging-8x8-2p-2f-coop-v3"
# the same algorithm for both: QMIX, one GRU of 64, one update of 32 episodes after each episode
OURS_ARGS = ["--config=qmix_beta", "--env-config=lbf", "with", f"env_args.key={KEY}", "optimizer=adam"]
OURS_ARGS += ["env_args.state=observations", "progress_bar=False", "use_cuda=False", "test_interval=100000000"]
EPYMARL_ARGS = ["--config=qmix", "--env-config=gymma", "with", f"env_args.key=lbforaging:{KEY}", "use_rnn=True"]
EPYMARL_ARGS += ["env_args.time_limit=50", "hidden_dim=64", "batch_size=32", "use_cuda=False", "test_nepisode=1"]
EPYMARL_ARGS += ["test_interval=100000000"]


def run(command: Sequence[str], cwd: Path, given: str = "") -> str:
    """What the command prints; ``given`` is its standard input."""
    env = {**os.environ, "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    done = subprocess.run(list(command), cwd=cwd, env=env, input=given, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)} failed:\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}")
    return done.stdout


def update_times(src: Path, size: tuple[int, ...], repeat: int) -> dict[str, list]:
    names = ("batch", "steps", "agents", "state", "obs", "actions")
    sizes = [f"--{n}={v}" for n, v in zip(names, size, strict=True)]
    worker = str(ROOT / "bench" / "update_worker.py")
    out = run(
        [sys.executable, worker, f"--src={src}", f"--repeat={repeat}", *sizes], src, json.dumps(config_values("qmix"))
    )
    return json.loads(out.strip().splitlines()[-1])


def bench_updates(rounds: int, repeat: int, peer: Path | None) -> None:
    """Median ms of one update; with a peer, the median over rounds of the ratio of medians, checkouts in turn."""
    rows = []
    for size in SIZES:
        ours: list[float] = []
        ratios: list[float] = []
        theirs: list[float] = []
        parts: list[dict[str, float]] = []
        for _ in range(rounds):
            mine = update_times(ROOT / "src", size, repeat)
            ours.append(median(mine["ms"]))
            parts += mine["parts"]
            if peer:
                theirs.append(median(update_times(peer / "src", size, repeat)["ms"]))
                ratios.append(theirs[-1] / ours[-1])
        row = [f"{size[0]} x {size[1]}", str(size[2]), f"{median(ours):.1f}"]
        row += [f"{median([p[part] for p in parts]):.1f}" for part in PARTS]
        row += [f"{median(theirs):.1f}", f"{median(ratios):.2f}"] if peer else []
        rows.append(row)
    header = ["episodes x steps", "agents", "update ms", *PARTS, *(["PyMARL2 ms", "ratio"] if peer else [])]
    print("\nQMIX learner update (GRU 64), one thread, medians\n")
    print(table(header, rows))


def steps_per_second(command: Sequence[str], cwd: Path, short: int, long: int) -> float:
    """From the difference of a long and a short run, so that start-up and filling the buffer do not count."""
    seconds = []
    for t_max in (short, long):
        started = time.perf_counter()
        run([*command, f"t_max={t_max}"], cwd)
        seconds.append(time.perf_counter() - started)
    return (long - short) / (seconds[1] - seconds[0])


def bench_training(rounds: int, peer: Path | None, steps: int) -> None:
    main = [sys.executable, "src/main.py"]
    with tempfile.TemporaryDirectory() as results:
        ours = [*main, *OURS_ARGS, f"local_results_path={results}"]
        eight = [*ours, "runner=parallel", "batch_size_run=8"]
        theirs = [*main, *EPYMARL_ARGS, f"local_results_path={results}"]
        speeds: dict[str, list[float]] = {"ours, episode runner": [], "ours, 8 workers": []}
        ratios: list[float] = []
        for _ in range(rounds):
            speeds["ours, episode runner"].append(steps_per_second(ours, ROOT, 2000, 2000 + steps))
            speeds["ours, 8 workers"].append(steps_per_second(eight, ROOT, 4000, 4000 + 4 * steps))
            if peer:
                speed = steps_per_second(theirs, peer, 2000, 2000 + steps // 2)
                speeds.setdefault("EPyMARL, episode runner", []).append(speed)
                ratios.append(speeds["ours, episode runner"][-1] / speed)
    print(f"\nTraining QMIX on {KEY}, one update of 32 episodes a rollout, one thread, environment steps/s\n")
    print(
        table(
            ["", "median", "min", "max"], [[k, *(f"{f(v):.0f}" for f in (median, min, max))] for k, v in speeds.items()]
        )
    )
    if ratios:
        print(f"\nours / EPyMARL, episode runners, in turn: median ratio {median(ratios):.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pymarl2", type=Path, help="a checkout of PyMARL2")
    parser.add_argument("--epymarl", type=Path, help="a checkout of EPyMARL")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--repeat", type=int, default=15, help="updates per round")
    parser.add_argument("--steps", type=int, default=6000, help="environment steps timed per round")
    parser.add_argument("--only", choices=["update", "training"])
    o = parser.parse_args()
    for path in filter(None, (o.pymarl2, o.epymarl)):
        if not (path / "src" / "main.py").is_file():
            parser.error(f"{path} is no checkout: it has no src/main.py")
    if o.only != "training":
        bench_updates(o.rounds, o.repeat, o.pymarl2.resolve() if o.pymarl2 else None)
    if o.only != "update":
        bench_training(o.rounds, o.epymarl.resolve() if o.epymarl else None, o.steps)


if __name__ == "__main__":
    main()
