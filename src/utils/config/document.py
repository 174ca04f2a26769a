"""Writes docs/config.md from the declarations: ``python -m utils.config.document`` with src on the path."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from utils.config.load import CONFIG_DIR, flatten
from utils.config.schema import Key, all_keys, all_sections
from utils.config.yaml_file import read_yaml

PAGE = CONFIG_DIR.parent / "docs" / "config.md"
HEAD = """# Configuration

This page is generated from the declarations in `src/utils/config/schema.py`: `make docs` rewrites it.

Files and command line are merged in this order, the later ones win: `config/default.yaml`,
`config/envs/<--env-config>.yaml`, `config/algs/<--config>.yaml`, `with key=value ...`. Keys of a group are written with
a dot (`env_args.key=...`, `llm.source=...`). Every key is checked before anything starts: an unknown one or a value of
the wrong type ends the program with exit code 2 and a hint. `env_args` takes what the environment's adapter takes
(docs/environments); it belongs to environment files and the command line, not to algorithm files.
"""


def page(config_dir: Path = CONFIG_DIR) -> str:
    """The whole page."""
    defaults = flatten(read_yaml(config_dir / "default.yaml"), all_keys())
    parts = [HEAD]
    for title, keys in all_sections().items():
        parts.append(f"\n## {title}\n\n| key | default | type | unit | meaning |\n|---|---|---|---|---|")
        parts += [_row(key, defaults.get(key.name)) for key in keys]
    return "\n".join(parts) + "\n"


def _row(key: Key, default: Any) -> str:
    kind = " / ".join(f"`{c}`" for c in key.choices) or key.expected
    if key.range:
        kind += f", {key.range}"
    shown = (
        {None: "null", "": '""', True: "True", False: "False"}.get(default)
        if not isinstance(default, (int, float, dict)) or isinstance(default, bool)
        else None
    )
    return f"| `{key.name}` | `{shown if shown is not None else default}` | {kind} | {key.unit} | {key.help} |"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
