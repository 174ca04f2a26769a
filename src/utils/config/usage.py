"""What the command line prints of itself."""

from __future__ import annotations

from pathlib import Path

from utils.config.load import CONFIG_DIR, available


def usage_text(config_dir: Path = CONFIG_DIR) -> str:
    """How to call the program, and the algorithms and environments that there are."""
    lines = [
        "usage: python src/main.py --config=ALGORITHM --env-config=ENVIRONMENT [with key=value ...]",
        "",
        "algorithms (config/algs):",
        *_listing(config_dir, "algs"),
        "",
        "environments (config/envs):",
        *_listing(config_dir, "envs"),
        "",
        "examples:",
        "  python src/main.py --config=qmix --env-config=lbf with seed=1",
        "  python src/main.py --config=vdn_beta --env-config=lbf with seed=1",
        "  python src/main.py --config=iql --env-config=matrix_climbing with t_max=5000",
        "",
        "Every key: docs/config.md. A task in words: python src/describe.py --env-config=lbf --text",
    ]
    return "\n".join(lines)


def _listing(config_dir: Path, folder: str) -> list[str]:
    names = available(config_dir, folder)
    width = max((len(n) for n in names), default=0)
    return [f"  {name.ljust(width)}  {_first_comment(config_dir / folder / f'{name}.yaml')}" for name in names]


def _first_comment(path: Path) -> str:
    first = path.read_text(encoding="utf-8").split("\n", 1)[0]
    return first.lstrip("# ").rstrip() if first.startswith("#") else ""
