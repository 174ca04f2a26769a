"""The walk through a function that gives each of its values a node: the interpreter, on bounds.

Legend: N rows.
"""

from __future__ import annotations

import ast
import itertools
from types import ModuleType
from typing import Any

import torch

from . import interval_reduction_calls, interval_shape_calls  # noqa: F401  (they fill the table of calls)
from .interpreter import Interpreter
from .interval_calls import call
from .interval_graph import Graph
from .interval_shapes import MOVES
from .interval_tensors import Tensor, coefficients_of
from .intervals import N, Node, Unfollowed
from .operations import ROWS_AS_SIZE, TAKING_SIZES, Rows, as_load, has_rows, plain
from .screen import Screened

BINARY: dict[type, str] = {
    ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.Div: "div", ast.FloorDiv: "floordiv", ast.Mod: "mod",
    ast.Pow: "pow", ast.MatMult: "matmul", ast.BitAnd: "and", ast.BitOr: "or", ast.BitXor: "xor", ast.Eq: "eq",
    ast.NotEq: "ne", ast.Lt: "lt", ast.LtE: "le", ast.Gt: "gt", ast.GtE: "ge",
}  # fmt: skip
VIEWS = MOVES.keys() | {"cast"}


class Walk(Interpreter):
    """Follows one screened function. Raises Unfollowed, and what the interpreter raises."""

    def __init__(self, screened: Screened) -> None:
        super().__init__(screened, N)
        self.graph = Graph()
        self.dead: set[int] = set()  # memory whose old contents some tensors may still be views of
        self._stores = itertools.count()

    def fresh(self, node: Node, coefficients: tuple[Node, ...] | None = None) -> Tensor:
        return Tensor(node, frozenset([next(self._stores)]), coefficients)

    def node(self, x: Any) -> Any:
        """The node of a tensor; plain numbers as they are."""
        if isinstance(x, Tensor):
            if x.stores & self.dead:
                raise Unfollowed("a tensor may have been changed through another name")
            return x.node
        if isinstance(x, Rows) or not isinstance(x, (bool, int, float)):
            raise Unfollowed("only tensors and plain numbers can be followed here")
        return x

    def op(self, name: str, *operands: Any, extra: tuple[Any, ...] = ()) -> Tensor:
        """One operation on tensors and plain numbers."""
        self.graph.line = self.line
        nodes = [self.node(x) for x in operands]
        node = self.graph.apply(name, *nodes, extra=extra)
        coefficients = coefficients_of(self.graph, name, operands, nodes, extra, node)
        if name not in VIEWS:
            return self.fresh(node, coefficients)
        stores: frozenset[int] = frozenset().union(*(x.stores for x in operands if isinstance(x, Tensor)))
        return Tensor(node, stores, coefficients)

    # What the interpreter asks for

    def _combine(self, op: ast.AST, left: Any, right: Any, table: Any, n: ast.expr) -> Any:
        if not isinstance(left, Tensor) and not isinstance(right, Tensor):
            return super()._combine(op, left, right, table, n)
        return self._named(BINARY[type(op)], [left, right], {})

    def _signed(self, n: ast.UnaryOp, value: Any) -> Any:
        if not isinstance(value, Tensor):
            return super()._signed(n, value)
        if isinstance(n.op, ast.UAdd):
            return value
        if isinstance(n.op, ast.Invert) and value.dtype != torch.bool:
            raise Unfollowed("~ of whole numbers cannot be followed")
        return self.op("not" if isinstance(n.op, ast.Invert) else "neg", value)

    def _truth(self, value: Any) -> bool:
        if isinstance(value, Tensor):
            raise Unfollowed("a tensor must not decide which line runs")
        return super()._truth(value)

    def _picked(self, n: ast.Subscript, base: Any, index: Any) -> Any:
        if not isinstance(base, Tensor):
            return super()._picked(n, base, index)
        return self.op("index", base, extra=self.encoded(index))

    def encoded(self, index: Any) -> tuple[Any, ...]:
        """An index in the form that :func:`interval_shapes.decode` reads."""
        parts: list[Any] = []
        for i in index if isinstance(index, tuple) else (index,):
            if isinstance(i, Tensor):
                i = self._known(i)
            if isinstance(i, list):
                i = ("at", i)
            if isinstance(i, slice):
                i = ("slice", *map(plain, (i.start, i.stop, i.step)))
            parts.append(plain(i))
        return tuple(parts)

    def _known(self, x: Tensor) -> list[Any]:
        v = self.node(x).value
        if x.dtype != torch.int64 or N in x.shape or not bool((v.low == v.high).all()):
            raise Unfollowed("an index that depends on the state cannot be followed here")
        known: list[Any] = v.low.long().tolist()
        return known

    def _put(self, target: ast.Subscript, base: Any, index: Any, value: Any) -> None:
        if not isinstance(base, Tensor):
            super()._put(target, base, index, value)
            return
        if isinstance(value, Tensor) and value.dtype != base.dtype:
            value = self.op("cast", value, extra=(base.dtype,))
        elif isinstance(value, float) and base.dtype != torch.float32:
            raise Unfollowed("a fraction is assigned into whole numbers")
        self._replace(base, self.op("write", base, value, extra=self.encoded(index)))

    def _replace(self, old: Tensor, new: Tensor) -> None:
        """An assignment in place: whoever names this tensor sees it, whoever views its memory is not followed."""
        self.dead |= old.stores
        old.node, old.stores, old.coefficients = new.node, new.stores, new.coefficients

    def _augment(self, s: ast.AugAssign) -> None:
        old = self._value(ast.copy_location(as_load(s.target), s))
        if not isinstance(old, Tensor):
            super()._augment(s)
            return
        new = self._combine(s.op, old, self._value(s.value), None, s.value)
        if new.shape != old.shape or new.dtype != old.dtype:
            raise Unfollowed("an assignment in place that changes shape or kind")
        if isinstance(s.target, ast.Subscript) and not isinstance(self._value(s.target.value), list):
            self._assign(s.target, new)
        else:
            self._replace(old, new)

    def _builtin(self, name: str, arguments: list[Any]) -> Any:
        if name == "abs" and isinstance(arguments[0], Tensor):
            return self.op("abs", arguments[0])
        if name == "len" and isinstance(arguments[0], Tensor):
            return self._size(len(arguments[0]))
        if any(isinstance(a, Tensor) for a in arguments):
            raise Unfollowed(f"{name}() of a tensor cannot be followed")
        return super()._builtin(name, arguments)

    def _applied(self, n: ast.Call, home: Any, name: str, arguments: list[Any], named: dict[str, Any]) -> Any:
        return self._named(name, arguments if isinstance(home, ModuleType) else [home, *arguments], named)

    def _named(self, name: str, arguments: list[Any], named: dict[str, Any]) -> Any:
        if name not in TAKING_SIZES and (has_rows(arguments) or has_rows(list(named.values()))):
            raise Unfollowed(ROWS_AS_SIZE)
        return call(self, name, arguments, named)
