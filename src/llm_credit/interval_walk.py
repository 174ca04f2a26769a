"""The walk through a function that gives each of its values a node: the interpreter, on bounds.

A value may depend on the utilities too (the paper's form): then it is a sum ``c_1 q_1 + ... + c_A q_A + d``, with a
node for each coefficient, and only what is linear in the utilities can be followed.

Legend: N rows, A agents.
"""

from __future__ import annotations

import ast
import itertools
from typing import Any

import torch

from . import allowlist as allow
from .interpreter import Interpreter
from .intervals import MOVING, Graph, N, Node, Unfollowed, small
from .operations import Rows, as_load, has_rows
from .screen import Screened

BINARY: dict[type, str] = {
    ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.Div: "div", ast.FloorDiv: "floordiv", ast.Mod: "mod",
    ast.Pow: "pow", ast.MatMult: "matmul", ast.BitAnd: "and", ast.BitOr: "or", ast.BitXor: "xor", ast.Eq: "eq",
    ast.NotEq: "ne", ast.Lt: "lt", ast.LtE: "le", ast.Gt: "gt", ast.GtE: "ge",
}  # fmt: skip
EACH = MOVING | {"neg", "cast", "coarse", "share", "gather"}  # what is done to a sum is done to each of its terms
VIEWS = MOVING | {"cast"}


class Tensor:
    """A tensor of the function: its node, its coefficients of the utilities, and the memory that it may lie in."""

    def __init__(self, node: Node, stores: frozenset[int], coefficients: tuple[Node, ...] | None = None) -> None:
        self.node, self.stores, self.coefficients = node, stores, coefficients

    @property
    def shape(self) -> torch.Size:
        return self.node.meta.shape

    @property
    def dtype(self) -> torch.dtype:
        return self.node.meta.dtype

    @property
    def device(self) -> torch.device:
        return self.node.meta.device

    def __len__(self) -> int:
        return self.shape[0]


class Pair(tuple[Tensor, Tensor]):
    """What ``x.max(dim=1)`` gives."""

    @property
    def values(self) -> Tensor:
        return self[0]

    @property
    def indices(self) -> Tensor:
        return self[1]


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
        coefficients = None
        if any(isinstance(x, Tensor) and x.coefficients for x in operands):
            coefficients = self._linear(name, operands, nodes, extra, node)
        if name not in VIEWS:
            return self.fresh(node, coefficients)
        stores: frozenset[int] = frozenset().union(*(x.stores for x in operands if isinstance(x, Tensor)))
        return Tensor(node, stores, coefficients)

    def _linear(
        self, name: str, operands: tuple[Any, ...], nodes: list[Any], extra: tuple[Any, ...], result: Node
    ) -> tuple[Node, ...]:
        """The coefficients of a result, as many as there are utilities."""
        carrying = [isinstance(x, Tensor) and x.coefficients is not None for x in operands]
        count = next(len(x.coefficients) for x in operands if isinstance(x, Tensor) and x.coefficients)
        linear = (
            name in EACH | {"sum"}
            or (name in ("add", "sub", "cat", "stack", "write"))
            or (name == "mul" and sum(carrying) == 1)
            or (name == "div" and not carrying[1])
            or (name == "where" and not carrying[0])
        )
        if not linear or result.meta.dtype != torch.float32:
            raise Unfollowed(f"agents_q is used in a way that is not linear: {name}")
        found = []
        for j in range(count):
            terms = [x.coefficients[j] if c else None for x, c in zip(operands, carrying, strict=True)]
            c = self._coefficient(name, terms, nodes, extra)
            if c.meta.shape != result.meta.shape:
                c = self.graph.apply("expand", c, extra=tuple(result.meta.shape))
            found.append(c)
        return tuple(found)

    def _coefficient(self, name: str, terms: list[Any], nodes: list[Any], extra: tuple[Any, ...]) -> Node:
        """One coefficient of a result. terms: the operands' coefficients, None where they have none."""
        apply, given = self.graph.apply, [t for t in terms if t is not None]
        if name == "sum":
            return apply(name, given[0], extra=(extra[0], not _is_zero(nodes[0])))
        if name in ("add", "sub"):
            if name == "sub" and terms[1] is not None:
                given[-1] = apply("neg", given[-1])
            if len(given) == 1:
                return given[0]
            return apply("mix", *given, extra=(not all(map(_is_zero, nodes)),))
        if name in ("cat", "stack", "write"):
            return apply(name, *[t if t is not None else self._zero(n) for t, n in zip(terms, nodes, strict=True)],
                         extra=extra)  # fmt: skip
        if name == "where":
            return apply(name, nodes[0], *[0.0 if t is None else t for t in terms[1:]])
        return apply(name, *[n if t is None else t for t, n in zip(terms, nodes, strict=True)], extra=extra)

    def _zero(self, like: Any) -> Any:
        if not isinstance(like, Node):
            return 0.0
        return self.graph.constant(torch.zeros(small(like.meta.shape)), tuple(like.meta.shape))

    # What the interpreter asks for

    def _combine(self, op: ast.AST, left: Any, right: Any, table: Any, n: ast.expr) -> Any:
        if not isinstance(left, Tensor) and not isinstance(right, Tensor):
            return super()._combine(op, left, right, table, n)
        return self._named(BINARY[type(op)], [left, right], {})

    def _unary(self, n: ast.UnaryOp) -> Any:
        value = self._value(n.operand)
        if isinstance(n.op, ast.Not):
            return not self._truth(value)
        if not isinstance(value, Tensor):
            return -value if isinstance(n.op, ast.USub) else +value if isinstance(n.op, ast.UAdd) else ~value
        if isinstance(n.op, ast.UAdd):
            return value
        if isinstance(n.op, ast.Invert) and value.dtype != torch.bool:
            raise Unfollowed("~ of whole numbers cannot be followed")
        return self.op("not" if isinstance(n.op, ast.Invert) else "neg", value)

    def _truth(self, value: Any) -> bool:
        if isinstance(value, Tensor):
            raise Unfollowed("a tensor must not decide which line runs")
        return super()._truth(value)

    def _subscript(self, n: ast.Subscript) -> Any:
        base = self._value(n.value)
        index = self._index(n.slice)
        self.line = n.lineno
        return self.op("index", base, extra=self.encoded(index)) if isinstance(base, Tensor) else base[index]

    def encoded(self, index: Any) -> tuple[Any, ...]:
        """An index in the form that :func:`interval_shapes.decode` reads."""
        parts: list[Any] = []
        for i in index if isinstance(index, tuple) else (index,):
            if isinstance(i, Tensor):
                i = self._known(i)
            if isinstance(i, list):
                i = ("at", i)
            if isinstance(i, slice):
                i = ("slice", i.start, i.stop, i.step)
            parts.append(i)
        return tuple(parts)

    def _known(self, x: Tensor) -> list[Any]:
        v = self.node(x).value
        if x.dtype != torch.int64 or N in x.shape or not bool((v.low == v.high).all()):
            raise Unfollowed("an index that depends on the state cannot be followed here")
        known: list[Any] = v.low.long().tolist()
        return known

    def _assign(self, target: ast.expr, value: Any) -> None:
        if not isinstance(target, ast.Subscript):
            super()._assign(target, value)
            return
        base = self._value(target.value)
        index = self._index(target.slice)
        if not isinstance(base, Tensor):
            base[index] = value
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
        if isinstance(s.target, ast.Subscript):
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

    def _call(self, n: ast.Call) -> Any:
        f = n.func
        arguments = [self._value(a) for a in n.args]
        named = {str(k.arg): self._value(k.value) for k in n.keywords}
        self.line = n.lineno
        if isinstance(f, ast.Name):
            return self._builtin(f.id, arguments)
        assert isinstance(f, ast.Attribute)
        if isinstance(f.value, ast.Name) and f.value.id in ("torch", "F") and f.value.id not in self.names:
            allowed = allow.TORCH if f.value.id == "torch" else allow.FUNCTIONAL
        else:
            allowed = allow.METHODS
            home = self._value(f.value)
            if isinstance(home, list):
                return self._append(home, arguments)
            arguments.insert(0, home)
        self.line = n.lineno
        if f.attr not in allowed:
            raise Unfollowed(f"{f.attr} cannot be followed")
        return self._named(f.attr, arguments, named)

    def _named(self, name: str, arguments: list[Any], named: dict[str, Any]) -> Any:
        from .interval_calls import call

        rows = has_rows(arguments) or has_rows(list(named.values()))
        if rows and name not in (
            "zeros",
            "ones",
            "full",
            "new_zeros",
            "new_ones",
            "view",
            "reshape",
            "expand",
            "repeat",
        ):
            raise Unfollowed("the number of states may only be used as a size")
        return call(self, name, arguments, named)


def _is_zero(node: Any) -> bool:
    if not isinstance(node, Node):
        return bool(node == 0)
    return bool((node.value.low == 0).all()) and bool((node.value.high == 0).all())
