"""Drawing: one panel a metric, one line a config, mean and spread over seeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.ticker import EngFormatter

from utils.logging.metrics import find_metric
from utils.plotting.runs import Run

POINTS = 100
CHARACTERS_AN_INCH = 11  # of a legend's text
COLOURS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#999999"]  # Okabe & Ito
CONSTANT = {"agent_parameters", "mixer_parameters", "n_episodes", "test_n_episodes", "episode"}


def over_seeds(runs: Sequence[Run], metric: str) -> tuple[np.ndarray, np.ndarray]:
    """A common grid of steps ``[G]`` and every seed's values on it ``[seeds, G]``, as far as all runs got."""
    curves = [np.array(r.curves[metric]) for r in runs if metric in r.curves]
    first, last = max(c[0, 0] for c in curves), min(c[-1, 0] for c in curves)
    grid = np.linspace(first, max(first, last), POINTS)
    return grid, np.stack([np.interp(grid, c[:, 0], c[:, 1]) for c in curves])


def final_values(runs: Sequence[Run], metric: str) -> np.ndarray:
    """The last value of each run."""
    return np.array([r.curves[metric][-1][1] for r in runs if r.curves.get(metric)])


def mean_values(runs: Sequence[Run], metric: str) -> np.ndarray:
    """The mean over environment steps of each run's curve (its area over its length): early learning counts."""
    curves = [np.array(r.curves[metric]) for r in runs if r.curves.get(metric)]
    return np.array([np.trapezoid(c[:, 1], c[:, 0]) / np.ptp(c[:, 0]) if len(c) > 1 else c[0, 1] for c in curves])


# Student's t, two-sided 95 %, by degrees of freedom from 1; beyond, the normal distribution's
_T95 = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131)


def interval(values: np.ndarray) -> str:
    """Mean and 95 % confidence interval over seeds ``[seeds]``; it assumes that seeds scatter normally."""
    n = len(values)
    if n < 2:
        return f"{values.mean():.3f} [-]"
    t = _T95[n - 2] if n - 2 < len(_T95) else 1.960
    half = t * values.std(ddof=1) / np.sqrt(n)
    return f"{values.mean():.3f} [{values.mean() - half:.3f}, {values.mean() + half:.3f}]"


def draw(groups: Mapping[str, Sequence[Run]], out: Path, metrics: Sequence[str] | None = None) -> None:
    """Draws to ``out`` (PNG). The band is the range over the seeds."""
    known = {m for runs in groups.values() for r in runs for m in r.curves} - CONSTANT
    names = [m for m in metrics if m in known] if metrics else sorted(known, key=_order)
    columns = min(3, len(names))
    rows = ceil(len(names) / columns)
    figure, axes = plt.subplots(rows, columns, figsize=(5.2 * columns, 3.4 * rows), squeeze=False)
    for axis in axes.flat[len(names) :]:
        axis.set_visible(False)
    for axis, metric in zip(axes.flat, names, strict=False):
        for colour, (label, runs) in zip(COLOURS * 9, groups.items(), strict=False):
            if not any(metric in r.curves for r in runs):
                continue
            grid, values = over_seeds(runs, metric)
            axis.plot(grid, values.mean(axis=0), color=colour, label=label)
            axis.fill_between(grid, values.min(axis=0), values.max(axis=0), color=colour, alpha=0.2, linewidth=0)
        axis.set_title(metric)
        axis.set_xlabel("environment steps")
        axis.xaxis.set_major_formatter(EngFormatter(sep=""))
        declared = find_metric(metric)
        axis.set_ylabel(declared.unit if declared else "")
        axis.grid(alpha=0.3)
    handles, labels = axes.flat[0].get_legend_handles_labels()
    fitting = int(figure.get_figwidth() * CHARACTERS_AN_INCH / (max(map(len, labels), default=1) + 8))
    beside = max(1, min(len(labels), fitting))
    height = 0.25 * (ceil(len(labels) / beside) + 2)  # inches that the legend takes, its title included
    figure.set_figheight(figure.get_figheight() + height)
    figure.tight_layout(rect=(0, 0, 1, 1 - height / figure.get_figheight()))
    figure.legend(handles, labels, loc="upper center", ncols=beside, title="mean, and range over seeds")
    out.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(out, dpi=110)
    plt.close(figure)


def _order(metric: str) -> tuple[int, str]:
    """Test return first."""
    return (0 if metric == "test_return_mean" else 1 if metric == "return_mean" else 2, metric)
