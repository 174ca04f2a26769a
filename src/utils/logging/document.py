"""Writes docs/metrics.md from the declarations: ``python -m utils.logging.document`` with src on the path."""

from __future__ import annotations

from pathlib import Path

from utils.logging.metrics import ENVIRONMENT_NUMBER, METRICS, Metric

PAGE = Path(__file__).resolve().parents[3] / "docs" / "metrics.md"
HEAD = """# Metrics

This page is generated from the declarations in `src/utils/logging/metrics.py`: `make docs` rewrites it.

Every number of a run is logged once, at an environment step `t_env`, and goes to

- the console: a table of means over what is new since the last table, at most the last 5 values of each;
- `metrics.jsonl` in the run's folder: a line `{"t_env": 2000, "key": "loss_td", "value": 0.31, "time": 12.5}` for each
  number, on disk at once (`time`: seconds since the start). `NaN` and infinities are the texts `"nan"`, `"inf"` and
  `"-inf"`, which `float` reads back;
- Sacred: PyMARL2's lists `<key>` and `<key>_T` (values and steps) in `info.json`, and Sacred's `metrics.json`; null
  stands for what is not finite;
- TensorBoard, with `use_tensorboard=True`: files under `tb_logs/` of `local_results_path`.

`python src/plot.py RUN [RUN ...]` draws them. Names marked *also test_* come a second time with the prefix `test_`,
over the episodes of a test.

A metric of your own: `logger.log_stat(name, value, t_env)`, and `declare_metric(...)` of `utils.logging.metrics` beside
it. One that nobody declared is logged all the same, with a warning.

In the equations: `E` episodes, `T_e` steps of episode e, `R_e` its return, `A` agents; sums run over the transitions of
a batch (and over the agents where they learn independently), `m` is 1 for real transitions and 0 for padding, `y` the
target of `Q_tot`.
"""


def page() -> str:
    """The whole page."""
    metrics = [*METRICS.values(), ENVIRONMENT_NUMBER]
    parts = [HEAD]
    for section in dict.fromkeys(metric.section for metric in metrics):
        parts.append(f"\n## {section}\n\n| name | unit | meaning | equation | logged by |\n|---|---|---|---|---|")
        parts += [_row(metric) for metric in metrics if metric.section == section]
    return "\n".join(parts) + "\n"


def _row(metric: Metric) -> str:
    name = f"`{metric.name}`" + (" (also test_)" if metric.tested else "")
    # A bar ends a table's cell, even inside backticks.
    equation = f"`{metric.equation}`".replace("|", "\\|") if metric.equation else ""
    return f"| {name} | {metric.unit} | {metric.meaning} | {equation} | {metric.logged_by} |"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
