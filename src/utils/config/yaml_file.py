"""YAML as a config wants it: ``1e-5`` is a number, ``off`` is text, a key given twice is an error with its line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from utils.errors import UserError

_TAG = "tag:yaml.org,2002:"


class _Loader(yaml.SafeLoader):
    """PyYAML's safe loader with the plain values of YAML 1.2.

    PyYAML speaks 1.1, where ``1e-5`` is text, ``off`` is false, ``1:30`` is 90 and ``010`` is 8.
    """

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - PyYAML's own name and place


for _name, _pattern, _first in (
    ("null", r"~|null|Null|NULL|None|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"[-+]?[0-9][0-9_]*", list("-+0123456789")),
    ("float", r"[-+]?(?:[0-9][0-9_]*\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?", list("-+.0123456789")),
):
    _Loader.add_implicit_resolver(f"{_TAG}{_name}", re.compile(f"^(?:{_pattern})$"), _first)


def _int(loader: _Loader, node: yaml.ScalarNode) -> int:
    return int(str(loader.construct_scalar(node)).replace("_", ""))


_Loader.add_constructor(f"{_TAG}int", _int)


@dataclass(frozen=True)
class YamlFile:
    """A file's mapping, and the line of every key by its dotted name."""

    values: dict[str, Any]
    lines: dict[str, int]


def read_yaml(path: Path, shown: str | None = None) -> YamlFile:
    """A file that holds a mapping. Raises UserError with file and line; ``shown`` is the file's name in messages."""
    name = shown or str(path)
    try:
        loader = _Loader(path.read_text(encoding="utf-8"))
    except OSError as e:
        raise UserError(f"{name}: cannot be read: {e.strerror}") from e
    except UnicodeDecodeError as e:
        raise UserError(f"{name}: is not UTF-8 text (byte {e.start})") from e
    except yaml.reader.ReaderError as e:
        raise UserError(f"{name}: holds a character that YAML does not allow (position {e.position})") from e
    try:
        node = loader.get_single_node()
        if node is None:
            raise UserError(f"{name}: is empty; it must hold at least one key")
        if not isinstance(node, yaml.MappingNode):
            raise UserError(f"{name}: must hold lines of the form 'key: value'")
        lines = dict(_key_lines(node, name))
        return YamlFile(loader.construct_document(node), lines)
    except yaml.MarkedYAMLError as e:
        mark = e.problem_mark or e.context_mark
        where = f"{name}, line {mark.line + 1}" if mark is not None else name
        raise UserError(f"{where}: is not valid YAML: {e.problem or e.context}") from e
    except (ValueError, RecursionError) as e:
        raise UserError(f"{name}: is not valid YAML: {e}") from e
    finally:
        loader.dispose()


def _key_lines(node: yaml.Node, name: str, prefix: str = "") -> Iterator[tuple[str, int]]:
    """Every key of a tree of nodes with its line. Raises UserError for a key that its mapping holds twice."""
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _key_lines(item, name, f"{prefix}[].")
    if not isinstance(node, yaml.MappingNode):
        return
    seen: dict[str, int] = {}
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            continue  # refused with its line when it is built: no value can stand for it
        line = key.start_mark.line + 1
        if key.value in seen:  # PyYAML would keep the last one without a word
            raise UserError(
                f"{name}, line {line}: the key {prefix}{key.value} is given already in line {seen[key.value]}"
            )
        seen[key.value] = line
        yield f"{prefix}{key.value}", line
        yield from _key_lines(value, name, f"{prefix}{key.value}.")
