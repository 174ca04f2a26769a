"""Writes docs/config.md from the declarations: ``python -m utils.config.document``, run from src/."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from utils.config.files import CONFIG_DIR
from utils.config.key import Key
from utils.config.merge import Layers
from utils.config.schema import all_sections
from utils.config.yaml_file import read_yaml

PAGE = CONFIG_DIR.parent / "docs" / "config.md"
HEAD = """\
# Configuration

This page is generated from the declarations in `src/utils/config` and from `config/default.yaml`; change those, then
run `make docs`.

    python src/main.py --config=ALGORITHM --env-config=ENVIRONMENT with key=value group.key=value

Files and command line are merged in this order, and the later one wins: `config/default.yaml`,
`config/envs/<--env-config>.yaml`, `config/algs/<--config>.yaml`, the command line.

- Every key is checked before anything starts. An unknown key, a value of the wrong type or out of range, in a file or
  on the command line, ends the program with exit code 2 and a message that says where it was set and what was meant.
- Values on the command line are Python literals (`3`, `1e-5`, `"[[1, 0], [0, 1]]"`), `null`, `true`, `false` (in any
  case), or else text. A whole number is taken where a number is declared, and `2e5` where a whole number is; `True` is
  not taken for 1. Files are YAML with the plain values of YAML 1.2: `1e-5` is a number, `off` and `yes` are text.
- Keys in groups are nested in files and written with a dot on the command line (`llm.source=builtin`).
- `env_args` holds what the environment is made with; its keys are those of the environment's adapter
  (docs/environments, and the comments in its file under config/envs). It belongs to environment files and the command
  line: an algorithm file must not set it. Its `seed` is derived from the key `seed`. Where an environment takes a free
  mapping, such as `kwargs`, `env_args.kwargs.sight=3` changes one entry of it, and `"env_args.kwargs={'sight': 3}"`
  replaces the whole.
- Names that are looked up in a registry (env, runner, mac, agent, learner, mixer, action_selector) are checked against
  it, also before anything starts.

Units: an environment step is one joint action in one environment; an episode is one of one environment, however many
run at the same time.
"""


def page(config_dir: Path = CONFIG_DIR) -> str:
    """The whole page."""
    layers = Layers()
    layers.add_file(read_yaml(config_dir / "default.yaml"), "default.yaml")
    defaults = {dotted: entry.value for dotted, entry in layers.entries.items()}
    parts = [HEAD]
    for title, keys in all_sections().items():
        parts.append(f"\n## {title}\n\n| key | default | values | unit | meaning |\n|---|---|---|---|---|")
        parts += [_row(key, defaults) for key in keys]
    return "\n".join(parts) + "\n"


def _row(key: Key, defaults: Mapping[str, Any]) -> str:
    values = key.kind.expected.removeprefix("one of ").removeprefix("a ")
    cells = (f"`{key.name}`", f"`{_yaml(defaults[key.name])}`", values, key.unit, key.help)
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _yaml(value: Any) -> str:
    """A default as a file writes it."""
    if value is None:
        return "null"
    return f'"{value}"' if isinstance(value, str) else str(value)


if __name__ == "__main__":
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(page(), encoding="utf-8")
