"""What the expressions of a screened tree are worth, in Python's own semantics and without ``exec``.

Legend: N rows.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from types import ModuleType
from typing import Any, NoReturn

import torch

from . import allowlist as allow
from . import operations
from .errors import Refused
from .operations import ROWS_AS_SIZE, Rows, has_rows, plain, tensors_in

MAX_LIST = 10_000
MAX_WHOLE = 2**53
MAX_STEPS = 400_000

# Called with the line, the operation's tensors, and the tensor that it gave
Observer = Callable[[int, list[torch.Tensor], torch.Tensor, ast.expr], None]

_METHODS: dict[type, str] = {
    ast.Constant: "_constant",
    ast.Name: "_name",
    ast.Tuple: "_tuple",
    ast.List: "_list",
    ast.BinOp: "_binary",
    ast.UnaryOp: "_unary",
    ast.BoolOp: "_and_or",
    ast.Compare: "_comparison",
    ast.IfExp: "_choice",
    ast.Attribute: "_attribute",
    ast.Subscript: "_subscript",
    ast.Call: "_call",
}


class Expressions:
    """Evaluates expressions. ``names``: what each name stands for; ``line``: where the evaluation is.

    rows: N, where it is a number that no other size has (0: not looked at). observe: sees every tensor.
    """

    def __init__(self, rows: int, observe: Observer | None) -> None:
        self.rows, self.observe = rows, observe
        self.line, self.steps = 0, 0
        self.names: dict[str, Any] = {}

    def _refuse(self, reason: str) -> NoReturn:
        raise Refused("probe", reason, self.line or None)

    def _value(self, n: ast.expr) -> Any:
        self.steps += 1
        if self.steps > MAX_STEPS:
            self._refuse(f"one call takes more than {MAX_STEPS} steps; loop less, work on whole tensors")
        self.line = n.lineno
        value: Any = getattr(self, _METHODS[type(n)])(n)
        return value

    def _constant(self, n: ast.Constant) -> Any:
        return n.value

    def _name(self, n: ast.Name) -> Any:
        if n.id not in self.names:
            raise NameError(f"{n.id} is used before it has a value")
        return self.names[n.id]

    def _tuple(self, n: ast.Tuple) -> Any:
        return tuple(self._value(e) for e in n.elts)

    def _list(self, n: ast.List) -> Any:
        found = [self._value(e) for e in n.elts]
        self._check_length(operations.elements(found, MAX_LIST))
        return found

    def _binary(self, n: ast.BinOp) -> Any:
        return self._combine(n.op, self._value(n.left), self._value(n.right), operations.BINARY, n)

    def _unary(self, n: ast.UnaryOp) -> Any:
        value = self._value(n.operand)
        if isinstance(n.op, ast.Not):
            return not self._truth(value)
        if isinstance(value, Rows):
            self._refuse(f"{ROWS_AS_SIZE}, not in conditions or values")
        return self._signed(n, value)

    def _signed(self, n: ast.UnaryOp, value: Any) -> Any:
        return self._seen(n, [value], operations.UNARY[type(n.op)](plain(value)))

    def _and_or(self, n: ast.BoolOp) -> Any:
        value: Any = None
        for part in n.values:
            value = self._value(part)
            truth = self._truth(value)
            if not isinstance(value, bool):  # Python gives one of the values, TorchScript a truth value
                self._refuse("and, or take truth values only")
            if truth != isinstance(n.op, ast.And):
                return value
        return value

    def _comparison(self, n: ast.Compare) -> Any:
        if len(n.ops) > 1:
            self._refuse("chained comparisons are not allowed; write (a < b) & (b < c)")
        left, right = self._value(n.left), self._value(n.comparators[0])
        return self._combine(n.ops[0], left, right, operations.BINARY, n)

    def _choice(self, n: ast.IfExp) -> Any:
        return self._value(n.body if self._truth(self._value(n.test)) else n.orelse)

    def _attribute(self, n: ast.Attribute) -> Any:
        if isinstance(n.value, ast.Name) and n.value.id == "torch" and n.attr in allow.DTYPES:
            return getattr(torch, n.attr)
        if n.attr not in allow.ATTRIBUTES:
            self._refuse(f".{n.attr} is not allowed")
        value = self._value(n.value)
        return [self._size(d) for d in value.shape] if n.attr == "shape" else getattr(value, n.attr)

    def _subscript(self, n: ast.Subscript) -> Any:
        base = self._value(n.value)
        index = self._index(n.slice)
        self.line = n.lineno
        return self._picked(n, base, index)

    def _picked(self, n: ast.Subscript, base: Any, index: Any) -> Any:
        if isinstance(base, torch.Tensor) and any(t.dtype == torch.bool for t in tensors_in(index)):
            self._refuse("a selection by a mask has a size that depends on values; use torch.where")
        return self._seen(n, [base, *tensors_in(index)], base[plain(index)])

    def _index(self, n: ast.expr) -> Any:
        if isinstance(n, ast.Tuple):
            return tuple(self._index(e) for e in n.elts)
        if isinstance(n, ast.Slice):
            return slice(*[None if x is None else self._value(x) for x in (n.lower, n.upper, n.step)])
        return self._value(n)

    def _call(self, n: ast.Call) -> Any:
        f = n.func
        arguments = [self._value(a) for a in n.args]
        named = {str(k.arg): self._value(k.value) for k in n.keywords}
        if isinstance(f, ast.Name):
            self.line = n.lineno
            return self._builtin(f.id, arguments)
        assert isinstance(f, ast.Attribute)
        home: Any
        if isinstance(f.value, ast.Name) and f.value.id in ("torch", "F") and f.value.id not in self.names:
            home, allowed = (torch, allow.TORCH) if f.value.id == "torch" else (torch.nn.functional, allow.FUNCTIONAL)
        else:
            home, allowed = self._value(f.value), allow.METHODS
        self.line = n.lineno
        if f.attr not in allowed:
            self._refuse(f"{f.attr} is not allowed")
        if isinstance(home, list):
            if f.attr != "append":
                self._refuse(f"a list has no {f.attr}() here; only append")
            return self._append(home, arguments)
        return self._applied(n, home, f.attr, arguments, named)

    def _applied(self, n: ast.Call, home: Any, name: str, arguments: list[Any], named: dict[str, Any]) -> Any:
        """A function of torch or F, or a method. home: that module, or the method's object."""
        given = [*arguments, *named.values()]
        if not isinstance(home, ModuleType):
            given.insert(0, home)
        value = getattr(home, name)(*[plain(a) for a in arguments], **{k: plain(v) for k, v in named.items()})
        if isinstance(value, int):
            return self._size(value)
        if isinstance(value, torch.Size):
            return [self._size(d) for d in value]
        return self._seen(n, given if name not in allow.FACTORIES | {"new_zeros", "new_ones"} else [], value)

    def _check_length(self, count: int) -> None:
        if count > MAX_LIST:
            self._refuse(f"a list may have at most {MAX_LIST} elements")

    def _append(self, target: list[Any], arguments: list[Any]) -> None:
        target.append(*arguments)
        self._check_length(len(target))
        if any(isinstance(a, list) for a in arguments):
            self._check_length(operations.elements(target, MAX_LIST))

    def _builtin(self, name: str, arguments: list[Any]) -> Any:
        if name == "len" and isinstance(arguments[0], torch.Tensor):
            return self._size(len(arguments[0]))
        if name == "int" and isinstance(arguments[0], Rows):
            return arguments[0]
        if has_rows(arguments) and name != "len":
            self._refuse(ROWS_AS_SIZE)
        return operations.BUILTINS[name](*arguments)

    def _combine(
        self, op: ast.AST, left: Any, right: Any, table: dict[type, Callable[[Any, Any], Any]], n: ast.expr
    ) -> Any:
        if isinstance(left, Rows) or isinstance(right, Rows):
            return self._multiple(op, left, right)
        if isinstance(op, operations.COMPARING) and has_rows([left, right]):
            self._refuse(f"{ROWS_AS_SIZE}, not in conditions or values")
        if isinstance(left, list) or isinstance(right, list):
            sides = [operations.elements(x, MAX_LIST) if isinstance(x, list) else x for x in (left, right)]
            if all(isinstance(x, int) for x in sides):
                self._check_length(sides[0] * sides[1] if isinstance(op, ast.Mult) else sides[0] + sides[1])
        if isinstance(op, ast.Pow) and (type(left), type(right)) == (int, int):
            self._refuse("powers of whole numbers are not allowed; write the number")
        value = table[type(op)](left, right)
        if isinstance(value, int) and abs(value) > MAX_WHOLE:
            self._refuse("a whole number grows too large")
        return self._seen(n, [left, right], value)

    def _multiple(self, op: ast.AST, left: Any, right: Any) -> Rows:
        """A size made from N: a multiple of it, and nothing between."""
        if isinstance(op, ast.Mult) and isinstance(left, int) and isinstance(right, int):
            factors = sorted((left, right), key=lambda x: isinstance(x, Rows))
            if not isinstance(factors[0], Rows) and factors[0] > 0:
                return Rows(int(left) * int(right))
        if isinstance(op, ast.FloorDiv) and type(right) is int and right > 0 and int(left) // self.rows % right == 0:
            return Rows(int(left) // right)
        return self._refuse(f"{ROWS_AS_SIZE}, or a multiple of it as one, not in conditions or values")

    def _truth(self, value: Any) -> bool:
        if isinstance(value, Rows):
            self._refuse(f"{ROWS_AS_SIZE}, not in conditions or values")
        if isinstance(value, torch.Tensor):
            self._refuse("a tensor must not decide which line runs; use torch.where")
        return bool(value)

    def _size(self, d: int) -> int:
        return Rows(d) if self.rows and d and d % self.rows == 0 else d

    def _seen(self, n: ast.expr, given: list[Any], value: Any) -> Any:
        if self.observe is not None:
            tensors = tensors_in(given)
            for result in tensors_in(value):
                self.observe(self.line, tensors, result, n)
        return value
