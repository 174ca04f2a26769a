"""What the command line prints of itself."""

from __future__ import annotations

from pathlib import Path

from utils.config.files import CONFIG_DIR, available

_EXAMPLES = """\
examples:
  python src/main.py --config=qmix --env-config=lbf with mixer=tfcaf
  python src/main.py --config=vdn_beta --env-config=lbf with env_args.key=Foraging-8x8-2p-2f-coop-v3 seed=1
  python src/main.py --config=iql --env-config=matrix_climbing with t_max=5000 use_cuda=False

Every key with its default, type and unit: docs/config.md
A task in words: python src/describe.py --env-config=lbf --text"""


def usage_text(config_dir: Path | None = None) -> str:
    """How to call the program, and the algorithms and environments that there are."""
    folder = CONFIG_DIR if config_dir is None else config_dir
    lines = [
        "usage: python src/main.py --config=ALGORITHM --env-config=ENVIRONMENT [with key=value ...]",
        "",
        "algorithms (config/algs):",
        *_listing(folder, "algs"),
        "",
        "environments (config/envs):",
        *_listing(folder, "envs"),
        "",
        _EXAMPLES,
    ]
    return "\n".join(lines)


def _listing(config_dir: Path, folder: str) -> list[str]:
    """One line a file: its name, and the comment that it begins with."""
    names = available(config_dir, folder)
    width = max((len(name) for name in names), default=0)
    lines = [f"  {name:<{width}}  {_first_comment(config_dir / folder / f'{name}.yaml')}".rstrip() for name in names]
    return lines or ["  none"]


def _first_comment(path: Path) -> str:
    first, _, _ = path.read_text(encoding="utf-8", errors="replace").partition("\n")
    return first.lstrip("# ").rstrip() if first.startswith("#") else ""
