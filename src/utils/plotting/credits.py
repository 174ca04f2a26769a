"""Credits of several mixers side by side: a table and a picture.

Legend: N states, A agents, R runs.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib as mpl

mpl.use("Agg")
import matplotlib.pyplot as plt
import numpy as np

from utils.plotting.curves import COLOURS

if TYPE_CHECKING:
    from run.compare_credit import RunCredits

DRAWN_STEPS = 100  # steps drawn, as many whole episodes as fit
TIE = 1e-6  # shares that differ by less lead together


def leads(shares: np.ndarray) -> np.ndarray:
    """Share of the states ``[A]`` in which each agent has the largest share ``[N, A]``; leaders share a tie."""
    leading = shares >= shares.max(axis=1, keepdims=True) - TIE
    return (leading / leading.sum(axis=1, keepdims=True)).mean(axis=0)


def entropy(shares: np.ndarray) -> float:
    """Mean entropy of the shares ``[N, A]`` over the greatest possible: 1 is equal credit, 0 all credit to one."""
    positive = np.clip(shares, 1e-12, None)
    agents = shares.shape[1]
    return 1.0 if agents == 1 else float(-(positive * np.log(positive)).sum(axis=1).mean() / np.log(agents))


def correlation(a: np.ndarray, b: np.ndarray) -> float:
    """Pearson's correlation of two mixers' shares over states and agents; NaN where one of them is constant."""
    x, y = (a - 1 / a.shape[1]).ravel(), (b - 1 / b.shape[1]).ravel()
    if min(x.std(), y.std()) < TIE:
        return float("nan")
    return float(np.corrcoef(x, y)[0, 1])


def table(runs: Sequence[RunCredits]) -> str:
    """Total credit, entropy, mean share and leading time by agent, and the correlations between the mixers."""
    shares = [run.shares for run in runs]
    states, agents = shares[0].shape
    width = max(len(run.label) for run in runs) + 2
    per_agent = " ".join(f"{f'agent {i}':>8}" for i in range(agents))
    lines = [
        f"{len(runs[0].episodes)} episodes, {states} steps; shares: each agent's part of the credit",
        "",
        f"{'':{width}} {'sum of':>8} {'':>8}   {'mean share':<{9 * agents - 1}}   {'share of time in the lead'}",
        f"{'run':{width}} {'credits':>8} {'entropy':>8}   {per_agent}   {per_agent}",
    ]
    for run, share in zip(runs, shares, strict=True):
        total = np.concatenate(run.episodes).sum(axis=1).mean()
        means = " ".join(f"{v:8.3f}" for v in share.mean(axis=0))
        times = " ".join(f"{v:8.3f}" for v in leads(share))
        lines.append(f"{run.label:{width}} {total:8.3f} {entropy(share):8.3f}   {means}   {times}")
    if len(runs) > 1:
        lines += ["", "correlation of the shares over states and agents (-: one of them is constant)"]
        lines.append(f"{'':{width}} " + " ".join(f"{f'({i + 1})':>7}" for i in range(len(runs))))
        for i, a in enumerate(shares):
            cells = (correlation(a, b) for b in shares)
            row = " ".join(f"{'-':>7}" if np.isnan(c) else f"{c:7.3f}" for c in cells)
            lines.append(f"{f'({i + 1}) {runs[i].label}':{width + 4}}"[: width + 4].ljust(width + 1) + row)
    return "\n".join(lines)


def draw(runs: Sequence[RunCredits], out: Path) -> None:
    """One row a run: each agent's share along the first episodes, and how often each leads."""
    agents = runs[0].episodes[0].shape[1]
    ends = np.cumsum([len(e) for e in runs[0].episodes])
    drawn = max(1, int((ends <= DRAWN_STEPS).sum()))
    steps = ends[drawn - 1]
    figure, axes = plt.subplots(
        len(runs),
        2,
        figsize=(11, 2.3 * len(runs) + 0.9),
        squeeze=False,
        width_ratios=(5, 1),
        sharex="col",
        sharey="col",
    )
    colours = (COLOURS * (agents // len(COLOURS) + 1))[:agents]
    for (line, bar), run in zip(axes, runs, strict=True):
        shares = run.shares
        for agent, colour in enumerate(colours):
            line.step(range(steps), shares[:steps, agent], where="post", color=colour, linewidth=1.3)
        for end in ends[: drawn - 1]:
            line.axvline(end, color="0.6", linewidth=0.8, linestyle=":")
        line.set_title(run.label, loc="left", fontsize=10)
        line.set_ylabel("share of credit")
        line.grid(alpha=0.3)
        bar.bar(range(agents), leads(shares), color=colours)
        bar.set_xticks(range(agents))
        bar.set_title("time in the lead", fontsize=10)
        bar.set_ylim(0, 1)
    axes[-1][0].set_xlabel(f"step ({drawn} test episode{'s' if drawn > 1 else ''}; dotted: the next begins)")
    axes[-1][1].set_xlabel("agent")
    handles = [plt.Line2D([], [], color=c, label=f"agent {i}") for i, c in enumerate(colours)]
    figure.legend(handles=handles, loc="upper center", ncols=min(agents, 10))
    figure.tight_layout(rect=(0, 0, 1, 1 - 0.35 / figure.get_figheight()))
    out.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(out, dpi=110)
    plt.close(figure)
