"""The shipped configs, read as a run reads them. For programs of this project: it imports from its src."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "src"))

from utils.config.yaml_file import read_yaml  # noqa: E402


def config_values(alg: str) -> dict[str, Any]:
    """config/default.yaml with ``config/algs/<alg>.yaml`` over it. Raises UserError."""
    values = read_yaml(ROOT / "config" / "default.yaml").values
    return values | read_yaml(ROOT / "config" / "algs" / f"{alg}.yaml").values
