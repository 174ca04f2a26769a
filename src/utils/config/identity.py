"""Which runs are repetitions of each other."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from utils.config.schema import ENV_ARGS, all_keys


def config_hash(values: Mapping[str, Any]) -> str:
    """12 hex digits that two configs share if they differ at most in their seeds and in how they are recorded.

    ``values`` is a nested config, also one read back from a run's record; keys that are not declared (an older
    version's) count as they are. Which keys do not count is declared with them (``affects_result``).
    """
    ignored = {key.name for key in all_keys().values() if not key.affects_result} | {f"{ENV_ARGS}.seed"}
    counted: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, Mapping):
            counted[name] = {k: v for k, v in value.items() if f"{name}.{k}" not in ignored}
        elif name not in ignored:
            counted[name] = value
    text = json.dumps(counted, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:12]
