"""What checking costs: refusals by the text, whole checks with a warm jail, a run's start with an archived function.

    python bench/check_speed.py [--starts 5]

Refusals: every source of the tests' hostile corpora that its text or the screen refuses, each once, in this process.
Whole checks: the functions that came out of the searches that ship with the project, each once, one after the other.
Starts: seconds on the clock from the command to the first environment step, in turn with ``mixer=vdn``.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from importlib import import_module

from timing import table
from train_speed import ROOT, run

sys.path.insert(0, str(ROOT))  # its tests have the hostile corpora
sys.path.insert(0, str(ROOT / "src"))

import torch

from llm_credit.archive import Archive
from llm_credit.errors import Refused
from llm_credit.jail import check_in_jail
from llm_credit.screen import screen
from llm_credit.settings import TFCAFSettings
from llm_credit.task import TaskDescription

CORPORA = ("hostile", "test_check_source", "test_rehearsal")
WARM = "def credit_weights(state):\n    return state, state\n"
MIXERS = {"vdn": "mixer=vdn", "archive": "mixer=tfcaf llm.source=archive"}


def refusals() -> list[float]:
    corpora = [import_module(f"tests.llm_credit.{name}").HOSTILE for name in CORPORA]
    cases = [case for corpus in corpora for case in corpus.values()]
    seconds = []
    for source in {case if isinstance(case, str) else case[1] for case in cases}:
        started = time.perf_counter()
        try:
            screen(source)
        except Refused:
            seconds.append(time.perf_counter() - started)
    return seconds


def whole_checks() -> list[float]:
    settings, seconds = TFCAFSettings(), []
    entries = [e for e in Archive("llm_archive").entries() if e.shipped]
    tasks = [TaskDescription.from_dict(e.question["task"]) for e in entries]
    check_in_jail(WARM, tasks[0], settings)
    for entry, task in zip(entries, tasks, strict=True):
        started = time.perf_counter()
        check_in_jail(entry.source, task, settings)
        seconds.append(time.perf_counter() - started)
    return seconds


def start(mixer: str) -> float:
    with tempfile.TemporaryDirectory() as results:
        words = [*mixer.split(), "t_max=1", "test_nepisode=1", "progress_bar=False", f"local_results_path={results}"]
        started = time.perf_counter()
        run([sys.executable, "src/main.py", "--config=qmix_beta", "--env-config=lbf", "with", *words], ROOT)
        return time.perf_counter() - started


def row(name: str, seconds: list[float]) -> list[str]:
    return [name, str(len(seconds)), f"{statistics.median(seconds):.4f}", f"{max(seconds):.4f}"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--starts", type=int, default=5, help="runs of each kind")
    options = parser.parse_args()
    torch.set_num_threads(1)
    rows = [row("refused by its text", refusals()), row("whole check, warm jail", whole_checks())]
    times: dict[str, list[float]] = {name: [] for name in MIXERS}
    for _ in range(options.starts):
        for name, words in MIXERS.items():
            times[name].append(start(words))
    rows += [row(f"a run of one episode, {words}", times[name]) for name, words in MIXERS.items() if times[name]]
    print(table(["what", "how many", "median s", "worst s"], rows))


if __name__ == "__main__":
    main()
