"""JSON objects on disk, read with a check of what they must hold: what lies in a file may be damaged or made up."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

_SAID: dict[type, str] = {dict: "an object", list: "a list", str: "text"}


def read_record(data: str | bytes, types: Mapping[str, type]) -> dict[str, Any]:
    """The JSON object in ``data``. Raises ValueError unless it has a value of each type under each name.

    Other names may stand beside them; what lies deeper is not looked at.
    """
    try:
        record = json.loads(data)
    except RecursionError as e:
        raise ValueError("it is nested too deeply") from e
    if not isinstance(record, dict):
        raise ValueError(f"it should be a JSON object, not {type(record).__name__}")
    for name, expected in types.items():
        if not isinstance(record.get(name), expected):
            found = f"not {type(record[name]).__name__}" if name in record else "and is missing"
            raise ValueError(f"{name!r} should be {_SAID[expected]}, {found}")
    return record
