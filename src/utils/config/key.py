"""One declared config key."""

from __future__ import annotations

from dataclasses import dataclass

from utils.config.kinds import Kind


@dataclass(frozen=True)
class Key:
    """A key's dotted name, the values it takes, what it means, and their unit.

    affects_result: False for keys that only say where and how a run is recorded or computed: runs that differ in them
        alone are repetitions of each other (see :func:`utils.config.identity.config_hash`).
    """

    name: str
    kind: Kind
    help: str
    unit: str = ""
    affects_result: bool = True
