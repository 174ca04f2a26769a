"""Where the config files lie and what they are called."""

from __future__ import annotations

from pathlib import Path

from utils.config.suggest import nearest_names

CONFIG_DIR = Path(__file__).resolve().parents[3] / "config"
FOLDERS = {"--env-config": "envs", "--config": "algs"}  # by option, in the order in which they are merged


def available(config_dir: Path, folder: str) -> list[str]:
    """The names of the configs in ``algs`` or ``envs``."""
    return sorted(p.stem for p in (config_dir / folder).glob("*.yaml"))


def config_file(config_dir: Path, option: str, name: str) -> Path:
    """The file of ``--config=name`` or ``--env-config=name``. Raises ValueError with what there is."""
    known = available(config_dir, FOLDERS[option])
    if name not in known:
        near = nearest_names(name, known)
        hint = f" Did you mean {option}={near[0]}?" if near else ""
        raise ValueError(f"{option}={name} does not exist; there is {', '.join(known) or 'none'}.{hint}")
    return config_dir / FOLDERS[option] / f"{name}.yaml"


def shown_path(config_dir: Path, path: Path) -> str:
    """A config file's name in messages: ``config/algs/qmix.yaml``."""
    return path.relative_to(config_dir.parent).as_posix()
