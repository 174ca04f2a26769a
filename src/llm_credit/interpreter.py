"""The meaning of a screened tree, node by node, in Python's own semantics and without ``exec``.

What the compiled function is compared with, and what is run first: on tensors of the meta device it costs no memory.

Legend: N rows.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

import torch

from . import allowlist as allow
from . import operations
from .errors import Refused
from .operations import Break, Continue, Return, Rows, has_rows, plain, tensors_in
from .screen import Screened

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


class Interpreter:
    """Evaluates one screened function.

    rows: N, where it is a number that no other size has (0: not looked at). observe: sees every tensor.
    everything: also goes into branches that are not taken, since TorchScript computes ahead what is constant in them.
    Raises Refused (stage probe) for what goes beyond the limits; errors of the function itself come as Python raises
    them, with ``line`` telling where.
    """

    def __init__(
        self, screened: Screened, rows: int = 0, observe: Observer | None = None, everything: bool = False
    ) -> None:
        self.function, self.rows, self.observe, self.everything = screened.function, rows, observe, everything
        self.line, self.steps = 0, 0
        self.names: dict[str, Any] = {}

    def __call__(self, *arguments: torch.Tensor) -> Any:
        self.names = {p.arg: a for p, a in zip(self.function.args.args, arguments, strict=True)}
        try:
            self._block(self.function.body)
        except Return as result:
            return result.value
        return self._refuse("the function ends without a return")

    def _refuse(self, reason: str) -> Any:
        raise Refused("probe", reason, self.line or None)

    def _block(self, statements: list[ast.stmt]) -> None:
        for statement in statements:
            self._statement(statement)

    def _statement(self, s: ast.stmt) -> None:
        self.line = s.lineno
        if isinstance(s, ast.Return):
            raise Return(self._value(s.value) if s.value is not None else None)
        if isinstance(s, ast.Assign):
            self._assign(s.targets[0], self._value(s.value))
        elif isinstance(s, ast.AnnAssign) and s.value is not None:
            self._assign(s.target, self._value(s.value))
        elif isinstance(s, ast.AugAssign):
            self._augment(s)
        elif isinstance(s, ast.If):
            self._choose(s)
        elif isinstance(s, ast.For):
            self._loop(s)
        elif isinstance(s, ast.Expr):
            self._value(s.value)
        elif isinstance(s, ast.Break):
            raise Break
        elif isinstance(s, ast.Continue):
            raise Continue

    def _choose(self, s: ast.If) -> None:
        taken, left = (s.body, s.orelse) if self._truth(self._value(s.test)) else (s.orelse, s.body)
        if self.everything:
            names = self.names
            self.names = {k: list(v) if isinstance(v, list) else v for k, v in names.items()}
            try:
                self._block(left)
            except Refused:
                raise
            except Exception:  # what is not reached may fail
                pass
            self.names = names
        self._block(taken)

    def _loop(self, s: ast.For) -> None:
        assert isinstance(s.iter, ast.Call)
        for i in range(*[self._value(a) for a in s.iter.args]):
            self._assign(s.target, i)
            try:
                self._block(s.body)
            except Break:
                break
            except Continue:
                continue

    def _assign(self, target: ast.expr, value: Any) -> None:
        if isinstance(target, ast.Name):
            self.names[target.id] = value
        elif isinstance(target, (ast.Tuple, ast.List)):
            parts = list(value)
            if len(parts) != len(target.elts):
                raise ValueError(f"{len(parts)} values for {len(target.elts)} names")
            for t, v in zip(target.elts, parts, strict=True):
                self._assign(t, v)
        elif isinstance(target, ast.Subscript):
            base = self._value(target.value)
            base[self._index(target.slice)] = value if isinstance(base, list) else plain(value)
            if isinstance(base, torch.Tensor):
                self._seen(target, [base, *tensors_in(value)], base)

    def _augment(self, s: ast.AugAssign) -> None:
        """Python's meaning: in place for tensors. A function for which that matters is refused by the comparison."""
        old = self._value(ast.copy_location(operations.as_load(s.target), s))
        value = self._value(s.value)
        operation = operations.IN_PLACE if isinstance(old, torch.Tensor) else operations.BINARY
        self._assign(s.target, self._combine(s.op, old, value, operation, s.value))

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
        if operations.elements(found, MAX_LIST) > MAX_LIST:
            self._refuse(f"a list may have at most {MAX_LIST} elements")
        return found

    def _binary(self, n: ast.BinOp) -> Any:
        return self._combine(n.op, self._value(n.left), self._value(n.right), operations.BINARY, n)

    def _unary(self, n: ast.UnaryOp) -> Any:
        value = self._value(n.operand)
        if isinstance(n.op, ast.Not):
            return not self._truth(value)
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
        if isinstance(base, torch.Tensor) and any(t.dtype == torch.bool for t in tensors_in(index)):
            self._refuse("a selection by a mask has a size that depends on values; use torch.where")
        return self._seen(n, [base, *tensors_in(index)], base[index])

    def _index(self, n: ast.expr) -> Any:
        if isinstance(n, ast.Tuple):
            return tuple(self._index(e) for e in n.elts)
        if isinstance(n, ast.Slice):
            return slice(*[None if x is None else plain(self._value(x)) for x in (n.lower, n.upper, n.step)])
        return plain(self._value(n))

    def _call(self, n: ast.Call) -> Any:
        f = n.func
        arguments = [self._value(a) for a in n.args]
        named = {str(k.arg): self._value(k.value) for k in n.keywords}
        if isinstance(f, ast.Name):
            self.line = n.lineno
            return self._builtin(f.id, arguments)
        assert isinstance(f, ast.Attribute)
        given = [*arguments, *named.values()]
        call: Callable[..., Any]
        if isinstance(f.value, ast.Name) and f.value.id in ("torch", "F") and f.value.id not in self.names:
            home, allowed = (torch, allow.TORCH) if f.value.id == "torch" else (torch.nn.functional, allow.FUNCTIONAL)
        else:
            home, allowed = self._value(f.value), allow.METHODS
            given.insert(0, home)
        self.line = n.lineno
        if f.attr not in allowed:
            self._refuse(f"{f.attr} is not allowed")
        if isinstance(home, list):
            return self._append(home, arguments)
        if f.attr == "tensor" and has_rows(given):
            self._refuse("the number of states may only be used as a size")
        call = getattr(home, f.attr)
        value = call(*[plain(a) for a in arguments], **{k: plain(v) for k, v in named.items()})
        if isinstance(value, int):
            return self._size(value)
        if isinstance(value, torch.Size):
            return [self._size(d) for d in value]
        return self._seen(n, given if f.attr not in allow.FACTORIES | {"new_zeros", "new_ones"} else [], value)

    def _append(self, target: list[Any], arguments: list[Any]) -> None:
        target.append(*arguments)
        nested = any(isinstance(a, list) for a in arguments) and operations.elements(target, MAX_LIST) > MAX_LIST
        if nested or len(target) > MAX_LIST:
            self._refuse(f"a list may have at most {MAX_LIST} elements")

    def _builtin(self, name: str, arguments: list[Any]) -> Any:
        if name == "len" and isinstance(arguments[0], torch.Tensor):
            return self._size(len(arguments[0]))
        if has_rows(arguments) and name not in ("len", "int"):
            self._refuse("the number of states may only be used as a size")
        return operations.BUILTINS[name](*arguments)

    def _combine(
        self, op: ast.AST, left: Any, right: Any, table: dict[type, Callable[[Any, Any], Any]], n: ast.expr
    ) -> Any:
        kinds = (type(left), type(right))
        if Rows in kinds:
            sizes = (ast.Add, ast.Sub, ast.Mult, ast.FloorDiv)
            if (
                not isinstance(op, sizes)
                or not isinstance(left, int)
                or not isinstance(right, int)
                or kinds == (Rows, Rows)
            ):
                self._refuse("the number of states may only be used as a size, not in conditions or values")
            return Rows(operations.BINARY[type(op)](int(left), int(right)))
        if isinstance(left, list) or isinstance(right, list):
            sides = [operations.elements(x, MAX_LIST) if isinstance(x, list) else x for x in (left, right)]
            if all(isinstance(x, int) for x in sides):
                length = sides[0] * sides[1] if isinstance(op, ast.Mult) else sides[0] + sides[1]
                if length > MAX_LIST:
                    self._refuse(f"a list may have at most {MAX_LIST} elements")
        if isinstance(op, ast.Pow) and kinds == (int, int):
            self._refuse("powers of whole numbers are not allowed; write the number")
        value = table[type(op)](left, right)
        if isinstance(value, int) and abs(value) > MAX_WHOLE:
            self._refuse("a whole number grows too large")
        return self._seen(n, [left, right], value)

    def _truth(self, value: Any) -> bool:
        if isinstance(value, Rows):
            self._refuse("the number of states may only be used as a size, not in conditions or values")
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
