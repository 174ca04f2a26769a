"""Reading runs and grouping them by config."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from utils.errors import UserError

# what may differ between two runs of one experiment
RUN_SPECIFIC = {
    "seed",
    "env_args.seed",
    "label",
    "repeat_id",
    "local_results_path",
    "progress_bar",
    "mongo_url",
    "sql_url",
}


@dataclass
class Run:
    """One run: its flattened config and, by metric, its ``(t_env, value)`` points."""

    path: Path
    config: dict[str, Any]
    curves: dict[str, list[tuple[int, float]]]


def load_runs(paths: Iterable[Path]) -> list[Run]:
    """Every run at or below the paths. Raises UserError where there is none, or nothing was logged yet."""
    runs = []
    for path in paths:
        if not path.exists():
            raise UserError(f"{path} does not exist; give a run's folder, or one above several")
        found = [path / "metrics.jsonl"] if (path / "metrics.jsonl").is_file() else sorted(path.rglob("metrics.jsonl"))
        if not found:
            raise UserError(f"there is no run (metrics.jsonl) at or below {path}")
        runs += [_load(f) for f in found]
    runs = [r for r in runs if r.curves]
    if not runs:
        raise UserError("nothing has been logged in these runs yet")
    return runs


def _load(path: Path) -> Run:
    curves: dict[str, list[tuple[int, float]]] = defaultdict(list)
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            point = json.loads(line)
        except json.JSONDecodeError:
            continue  # the last line of a run that was killed while writing it
        curves[point["key"]].append((int(point["t_env"]), float(point["value"])))
    config_file = path.parent / "config.json"
    config = json.loads(config_file.read_text(encoding="utf-8")) if config_file.is_file() else {}
    return Run(path.parent, _flat(config), dict(curves))


def _flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in values.items():
        if isinstance(value, Mapping):
            flat |= _flat(value, f"{prefix}{key}.")
        else:
            flat[f"{prefix}{key}"] = value
    return flat


def group_runs(runs: Iterable[Run]) -> dict[str, list[Run]]:
    """Runs that differ only in their seed, by a label that says what tells the groups apart."""
    groups: dict[str, list[Run]] = defaultdict(list)
    for run in runs:
        groups[json.dumps({k: v for k, v in run.config.items() if k not in RUN_SPECIFIC}, sort_keys=True)].append(run)
    configs = [json.loads(key) for key in groups]
    # a key that only newer versions know tells nothing, unless nothing else does
    differ = sorted({k for c in configs for k in c if len({json.dumps(o.get(k)) for o in configs}) > 1})
    shared = [k for k in differ if all(k in c for c in configs)]
    keys = shared if len({json.dumps([c[k] for k in shared]) for c in configs}) == len(configs) else differ
    labels: dict[str, list[Run]] = {}
    for config, members in zip(configs, groups.values(), strict=True):
        label = ", ".join(f"{k}={config.get(k)}" for k in keys) or str(config.get("name", "run"))
        labels[f"{label} ({len(members)} seed{'s' if len(members) > 1 else ''})"] = members
    return labels
