"""Whether a value's memory is its own, so that it may be assigned into."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence

from . import allowlist as allow

_CASTS = {"float", "long", "bool", "to", "contiguous"}  # they give what they are asked of, or a copy


class Fresh:
    """assigned: every value that a name is given; None for one that is not looked at."""

    def __init__(self, assigned: Mapping[str, Sequence[ast.expr | None]]) -> None:
        self.assigned = assigned
        self.names: dict[str, bool] = {}

    def name(self, name: str) -> bool:
        """Whether a name stands for nothing but such values."""
        if name not in self.names:
            self.names[name] = False  # names that stand for each other
            values = self.assigned.get(name, [])
            self.names[name] = bool(values) and all(self.value(v) for v in values)
        return self.names[name]

    def value(self, v: ast.expr | None) -> bool:
        """A number, a list, the result of arithmetic, a tensor made here, or a name that stands for such."""
        if isinstance(v, ast.UnaryOp):
            return isinstance(v.op, (ast.USub, ast.Invert))
        if isinstance(v, (ast.List, ast.BinOp, ast.Compare, ast.Constant)):
            return True
        if isinstance(v, ast.IfExp):
            return self.value(v.body) and self.value(v.orelse)
        if isinstance(v, ast.Name):
            return self.name(v.id)
        if not isinstance(v, ast.Call) or not isinstance(v.func, ast.Attribute):
            return False
        if v.func.attr in _CASTS and not isinstance(v.func.value, ast.Name):
            return self.value(v.func.value)
        return v.func.attr in allow.FRESH
