"""What operators and values mean to the interpreter."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from typing import Any

import torch

BINARY: dict[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv, ast.Mod: operator.mod, ast.Pow: operator.pow, ast.MatMult: operator.matmul,
    ast.BitAnd: operator.and_, ast.BitOr: operator.or_, ast.BitXor: operator.xor,
    ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}  # fmt: skip
IN_PLACE: dict[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.iadd, ast.Sub: operator.isub, ast.Mult: operator.imul, ast.Div: operator.itruediv,
    ast.FloorDiv: operator.ifloordiv, ast.Mod: operator.imod, ast.Pow: operator.ipow, ast.MatMult: operator.imatmul,
    ast.BitAnd: operator.iand, ast.BitOr: operator.ior, ast.BitXor: operator.ixor,
}  # fmt: skip
UNARY: dict[type, Callable[[Any], Any]] = {
    ast.USub: operator.neg, ast.UAdd: operator.pos, ast.Invert: operator.invert,
}  # fmt: skip
BUILTINS: dict[str, Callable[..., Any]] = {
    "len": len, "float": float, "int": int, "abs": abs, "min": min, "max": max,
}  # fmt: skip
COMPARING = (ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE)
ROWS_AS_SIZE = "the number of states may only be used as a size"
# Calls that may be given N; what they make of it has no values of its own
TAKING_SIZES = {
    "zeros", "ones", "full", "new_zeros", "new_ones", "view", "reshape", "unflatten", "expand", "repeat", "tile",
}  # fmt: skip


class Rows(int):
    """A number that comes from N. It may only be used as a size: else a state's credits depend on the batch."""


class Return(Exception):  # these three are control flow
    def __init__(self, value: Any) -> None:
        self.value = value


class Break(Exception):
    pass


class Continue(Exception):
    pass


def plain(value: Any) -> Any:
    """Torch gets plain numbers."""
    if isinstance(value, Rows):
        return int(value)
    if isinstance(value, slice):
        return slice(plain(value.start), plain(value.stop), plain(value.step))
    if isinstance(value, (list, tuple)) and type(value) in (list, tuple):
        return type(value)(plain(v) for v in value)
    return value


def has_rows(value: Any) -> bool:
    if isinstance(value, slice):
        return has_rows([value.start, value.stop, value.step])
    return isinstance(value, Rows) or (isinstance(value, (list, tuple)) and any(has_rows(v) for v in value))


def tensors_in(value: Any) -> list[torch.Tensor]:
    if isinstance(value, torch.Tensor):
        return [value]
    return [t for v in value for t in tensors_in(v)] if isinstance(value, (list, tuple)) else []


def elements(value: Any, limit: int) -> int:
    """How many elements a list has, those of lists inside it counted; it stops counting above ``limit``."""
    count = 0
    for v in value:
        count += elements(v, limit - count) if isinstance(v, (list, tuple)) else 1
        if count > limit:
            break
    return count


def as_load(target: ast.expr) -> ast.expr:
    if isinstance(target, ast.Name):
        return ast.Name(target.id, ast.Load())
    assert isinstance(target, ast.Subscript)
    return ast.Subscript(target.value, target.slice, ast.Load())
