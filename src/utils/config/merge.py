"""Layers of values, merged by dotted key: a later layer wins, key by key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from utils.config.command_line import SOURCE, parse_value
from utils.config.schema import ENV_ARGS, GROUPS
from utils.config.yaml_file import YamlFile


@dataclass(frozen=True)
class Entry:
    """A value, where it was set, and for the command line how it was written."""

    value: Any
    source: str
    text: str | None = None


class Layers:
    """The merged entries by dotted key. What cannot be merged is in ``problems``.

    Groups (``llm``, ``env_args``) are merged key by key. A mapping that is the value of a key (an environment's
    ``kwargs``) is replaced as a whole; on the command line, ``env_args.kwargs.sight=3`` changes one entry of it.
    """

    def __init__(self) -> None:
        self.entries: dict[str, Entry] = {}
        self.problems: list[str] = []

    def add_file(self, file: YamlFile, name: str) -> None:
        def source(dotted: str) -> str:
            return f"{name}, line {file.lines[dotted]}" if dotted in file.lines else name

        for key, value in file.values.items():
            if not isinstance(key, str) or "." in key:
                why = "write groups as nested mappings" if isinstance(key, str) else "keys are text"
                self.problems.append(f"{source(str(key))}: {key!r} is no key; {why}")
                continue
            for dotted, leaf in self._leaves(key, value, source(key)):
                self.entries[dotted] = Entry(leaf, source(dotted))

    def add_override(self, dotted: str, text: str) -> None:
        """One ``key=value`` of the command line."""
        value = parse_value(text)
        parts = dotted.split(".")
        if not all(parts):
            self.problems.append(f"{SOURCE}: {dotted} is no key; parts are separated by single dots")
        elif parts[0] == ENV_ARGS and len(parts) > 2:
            self._change_inside(f"{ENV_ARGS}.{parts[1]}", parts[2:], value)
        elif dotted in GROUPS:
            for key, leaf in self._leaves(dotted, value, SOURCE):
                self.entries[key] = Entry(leaf, SOURCE)
        else:
            self.entries[dotted] = Entry(value, SOURCE, text)

    def _leaves(self, key: str, value: Any, source: str) -> Iterator[tuple[str, Any]]:
        """A top-level key's dotted keys: itself, or its entries if it is a group. An empty group sets nothing."""
        if key not in GROUPS:
            yield key, value
        elif isinstance(value, Mapping):
            yield from ((f"{key}.{name}", leaf) for name, leaf in value.items())
        elif value is not None:
            self.problems.append(f"{source}: {key} must be a mapping, not {value!r}; set its keys, as {key}.KEY=VALUE")

    def _change_inside(self, dotted: str, path: list[str], value: Any) -> None:
        """Sets one entry of the mapping that is the value of ``dotted``."""
        old = self.entries[dotted].value if dotted in self.entries else None
        mapping = {} if old is None else deepcopy(old)
        place = mapping
        for part in path[:-1]:
            place = place.setdefault(part, {}) if isinstance(place, dict) else None
        if not isinstance(place, dict):
            self.problems.append(f"{SOURCE}: {dotted} holds no keys, so there is no {'.'.join([dotted, *path])}")
            return
        place[path[-1]] = value
        self.entries[dotted] = Entry(mapping, SOURCE)

    def nested(self) -> dict[str, Any]:
        """The entries as the nested mapping that they are written as in YAML."""
        nested: dict[str, Any] = {group: {} for group in GROUPS}
        for dotted, entry in self.entries.items():
            group, dot, name = dotted.partition(".")
            place = nested[group] if dot else nested
            place[name if dot else group] = entry.value
        return nested
