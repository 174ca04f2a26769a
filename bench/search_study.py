"""What a search costs beside what it saves, and what the description's format changes, from the archive's entries.

    python bench/search_study.py [--archive DIR] [--steps 1000000]

Tokens of hand-carried searches are estimated from characters; dollars are those of the price table for the model that
the settings name, without caching. Times are medians on one thread.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))

import torch

from llm_credit.archive import Archive, Entry
from llm_credit.jail import check_in_jail
from llm_credit.prices import load_prices
from llm_credit.report import credits_of
from llm_credit.settings import TFCAFSettings
from llm_credit.states import draw_states
from llm_credit.task import TaskDescription
from modules.mixers.nmix import Mixer

CHARACTERS_PER_TOKEN = 3.5
FORMATS = ("full", "schema", "prose", "minimal")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--archive", default="llm_archive")
    parser.add_argument("--steps", type=int, default=1_000_000, help="environment steps of the run that is compared")
    parser.add_argument("--steps-per-update", type=float, default=50.0, help="one update an episode of 50 steps")
    options = parser.parse_args()
    torch.set_num_threads(1)
    entries = Archive(options.archive).entries()
    print_costs(entries)
    print_mixers(options.steps, options.steps_per_update)
    print_formats([e for e in entries if _question(e)["settings"]["rounds"] == 1 and "lbf" in _name(e)])


def _question(entry: Entry) -> dict[str, Any]:
    question: dict[str, Any] = entry.question
    return question


def _name(entry: Entry) -> str:
    return str(_question(entry)["task"]["name"])


def _replies(entry: Entry) -> list[dict[str, Any]]:
    return [json.loads(p.read_text(encoding="utf-8")) for p in sorted((entry.path / "replies").glob("*.json"))]


def print_costs(entries: list[Entry]) -> None:
    print(f"\n{'entry':12} {'task':44} {'format':8} {'calls':>5} {'tokens':>8} {'USD':>6} {'checking s':>10}")
    prices = load_prices()
    for entry in entries:
        question, replies = _question(entry), _replies(entry)
        size = [len(r["request"]["system"]) + len(r["request"]["prompt"]) for r in replies]
        tokens_in = sum(size) / CHARACTERS_PER_TOKEN
        tokens_out = sum(len(r["reply"]["text"]) for r in replies) / CHARACTERS_PER_TOKEN
        price = prices.of(question["settings"]["model"])
        usd = price.worst(int(tokens_in), int(tokens_out)) if price else float("nan")
        print(
            f"{entry.hash[:12]} {_name(entry)[:44]:44} {question['settings']['description']:8} {len(replies):5} "
            f"{tokens_in + tokens_out:8.0f} {usd:6.3f} {seconds_of_checking(entry):10.2f}"
        )


def seconds_of_checking(entry: Entry) -> float:
    """All candidates of the search through the jail once more, one after the other; its start is not counted."""
    question = _question(entry)
    task = TaskDescription.from_dict(question["task"])
    settings = TFCAFSettings.from_mapping(question["settings"])
    check_in_jail("def credit_weights(state):\n    return state, state\n", task, settings)
    start = time.perf_counter()
    for source in _candidates(entry):
        check_in_jail(source, task, settings)
    return time.perf_counter() - start


def _candidates(entry: Entry) -> list[str]:
    from llm_credit.coder import Unusable, function_in
    from llm_credit.llm import Reply

    sources = []
    for record in _replies(entry):
        if record["request"]["role"] == "coder":
            try:
                sources.append(function_in(Reply.from_dict(record["reply"])))
            except Unusable:
                continue
    return sources


def print_mixers(steps: int, steps_per_update: float) -> None:
    """Forward and backward of mixer and target mixer on 32 episodes of 50 steps, as one update does them."""
    from envs import REGISTRY
    from llm_credit import build_tfcaf

    task = REGISTRY["lbf"](key="Foraging-2s-8x8-2p-2f-coop-v3", seed=0).describe()
    n_agents, state_dim = task.n_agents, task.state_dim
    args = SimpleNamespace(
        n_agents=n_agents, state_shape=state_dim, mixing_embed_dim=32, hypernet_embed=64, hypernet_layers=2, abs=True,
        qmix_pos_func="abs", qmix_pos_func_beta=1.0, use_orthogonal=False,
    )  # fmt: skip
    learned = Mixer(args)
    fixed = build_tfcaf(task, TFCAFSettings(source="builtin"))
    states = draw_states(task, 32 * 50).view(32, 50, state_dim)
    q = torch.randn(32, 50, n_agents, requires_grad=True)

    def tfcaf() -> torch.Tensor:
        return fixed(q.view(-1, n_agents), states.view(-1, state_dim))

    times = {"QMIX mixer": _update_ms(lambda: learned(q, states)), "TFCAF": _update_ms(tfcaf)}
    updates = steps / steps_per_update
    print(f"\nmixer and target mixer, 32 x 50 steps, {updates:.0f} updates in {steps} steps")
    for name, ms in times.items():
        print(f"{name:12} {ms:7.2f} ms an update {ms * updates / 1000:9.1f} s in all")


def _update_ms(mix: Callable[[], torch.Tensor]) -> float:
    def once() -> float:
        start = time.perf_counter()
        with torch.no_grad():
            mix()
        mix().sum().backward()
        return (time.perf_counter() - start) * 1000

    for _ in range(5):
        once()
    return statistics.median(once() for _ in range(40))


def print_formats(entries: list[Entry]) -> None:
    """What the description's format changed, on one task and the same settings otherwise."""
    found = {_question(e)["settings"]["description"]: e for e in entries}
    names = [f for f in FORMATS if f in found]
    print(f"\n{'format':8} {'accepted at first try':>22} {'repairs':>8} {'system prompt':>14}   selected")
    for name in names:
        entry = found[name]
        versions = [t for t in entry.result["transcript"] if t["event"] == "candidate"]
        first = [t for t in versions if t["attempt"] == 0]
        system = next(len(r["request"]["system"]) for r in _replies(entry) if r["request"]["role"] == "coder")
        accepted = f"{sum(t['accepted'] for t in first)} of {len(first)}"
        print(f"{name:8} {accepted:>22} {len(versions) - len(first):8} {system:8} chars   {entry.result['candidate']}")
    columns = {}
    for name in names:
        task = TaskDescription.from_dict(_question(found[name])["task"])
        columns[name] = credits_of(found[name].source, task)[:, 0]  # two agents' credits sum to 2: one says both
        columns[name] = columns[name] - columns[name].mean()
    print("\ncorrelation of agent 0's credit on drawn states\n" + " " * 9 + " ".join(f"{n:>8}" for n in names))
    for a in names:
        row = [float(columns[a] @ columns[b] / (columns[a].norm() * columns[b].norm() + 1e-9)) for b in names]
        print(f"{a:8} " + " ".join(f"{x:8.2f}" for x in row))


if __name__ == "__main__":
    main()
