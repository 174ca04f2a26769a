"""What values a config key takes: types, ranges, closed sets; and the cautious conversions between them."""

from __future__ import annotations

import math
import re
import types
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, Union, get_args, get_origin

_NOUNS: Mapping[type, str] = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "text",
    list: "a list",
    dict: "a mapping",
}
_ALIASES: Mapping[Any, type] = {tuple: list, Sequence: list, Mapping: dict}  # how YAML gives what a hint names
_SHOWN = 80  # characters of a wrong value that a message shows


@dataclass(frozen=True)
class Kind:
    """The values that a key takes.

    types: some of ``bool int float str list dict``; empty takes anything.
    choices: the whole closed set, for values of the choices' types.
    low, high: inclusive bounds of numbers; above: an exclusive lower one.
    pattern: what text must match as a whole; pattern_words says it to humans.
    """

    types: tuple[type, ...] = ()
    nullable: bool = False
    choices: tuple[Any, ...] = ()
    low: float | None = None
    high: float | None = None
    above: float | None = None
    pattern: str = ""
    pattern_words: str = ""

    def accept(self, value: Any, text: str | None = None) -> Any:
        """The value as the type that is declared. Raises ValueError with what is wrong (``must be ..., not ...``).

        ``text`` is how the command line wrote it: where text is declared, ``label=3`` means "3".
        """
        if not self.types or (value is None and self.nullable):
            return value
        converted = self._converted(value, text)
        if not self._allows(converted):
            raise ValueError(f"must be {self.expected}, not {_shown(value)}{self._hint(value)}")
        return converted

    def _converted(self, value: Any, text: str | None) -> Any:
        if value is None or type(value) in self.types:
            return value
        if type(value) is int and float in self.types:
            return _as_float(value)
        if type(value) is float and int in self.types and value.is_integer():
            return int(value)
        if text is not None and str in self.types:
            return text
        return value

    def _allows(self, value: Any) -> bool:
        if type(value) not in self.types:
            return False
        if self.choices and value not in self.choices and type(value) in {type(c) for c in self.choices}:
            return False
        if isinstance(value, str):
            return not self.pattern or re.fullmatch(self.pattern, value) is not None
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return self._in_range(value)
        return True

    def _in_range(self, value: float) -> bool:
        """Also False for NaN and infinity: no key means anything by them."""
        return (
            math.isfinite(value)
            and (self.low is None or value >= self.low)
            and (self.high is None or value <= self.high)
            and (self.above is None or value > self.above)
        )

    def _hint(self, value: Any) -> str:
        container = {"[": list, "{": dict}.get(value[:1]) if isinstance(value, str) else None
        if container in self.types:
            return "; on the command line it is written as in Python and quoted from the shell: \"{'a': 1, 'b': 'x'}\""
        return ""

    @property
    def expected(self) -> str:
        """In words: ``a whole number of at least 1 or null``."""
        if self.choices:
            others = [_NOUNS[t] for t in self.types if t not in {type(c) for c in self.choices}]
            words = " or ".join(["one of " + ", ".join(str(c) for c in self.choices), *others])
        elif self.pattern:
            words = self.pattern_words
        else:
            words = " or ".join(_NOUNS[t] for t in self.types) or "anything"
        return words + self._range_words + (" or null" if self.nullable else "")

    @property
    def _range_words(self) -> str:
        if self.low is not None and self.high is not None:
            return f" from {_number(self.low)} to {_number(self.high)}"
        parts = []
        if self.above is not None:
            parts.append(f" above {_number(self.above)}")
        if self.low is not None:
            parts.append(f" of at least {_number(self.low)}")
        if self.high is not None:
            parts.append(f" of at most {_number(self.high)}")
        return " and".join(parts)


def kind_of_hint(hint: Any) -> Kind:
    """The kind that a type hint means; one that takes anything for hints that no YAML value can be checked against."""
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        return _union([kind_of_hint(option) for option in get_args(hint) if option is not type(None)], hint)
    if origin is Literal:
        options = tuple(option for option in get_args(hint) if option is not None)
        return Kind(tuple(dict.fromkeys(map(type, options))), None in get_args(hint), options)
    named = _ALIASES.get(origin or hint, origin or hint)
    return Kind((named,)) if named in _NOUNS else Kind()


def _union(kinds: Sequence[Kind], hint: Any) -> Kind:
    if any(not kind.types for kind in kinds):
        return Kind()
    merged = tuple(dict.fromkeys(t for kind in kinds for t in kind.types))
    choices = tuple(c for kind in kinds for c in kind.choices)
    return Kind(merged, type(None) in get_args(hint) or any(kind.nullable for kind in kinds), choices)


def _as_float(value: int) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf  # refused as out of range


def _number(value: float) -> str:
    return str(int(value)) if float(value).is_integer() else f"{value:g}"


def _shown(value: Any) -> str:
    if value is None:
        return "null"
    whole = repr(value)
    return whole if len(whole) <= _SHOWN else f"{whole[:_SHOWN]}..."


def flag() -> Kind:
    return Kind((bool,))


def whole(low: float | None = None, high: float | None = None) -> Kind:
    return Kind((int,), low=low, high=high)


def number(low: float | None = None, high: float | None = None, above: float | None = None) -> Kind:
    return Kind((float,), low=low, high=high, above=above)


def text(pattern: str = "", words: str = "") -> Kind:
    return Kind((str,), pattern=pattern, pattern_words=words)


def choice(*options: str) -> Kind:
    return Kind((str,), choices=options)


def or_null(kind: Kind) -> Kind:
    return replace(kind, nullable=True)
