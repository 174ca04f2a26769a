"""The meaning of a screened tree, node by node, in Python's own semantics and without ``exec``.

What the compiled function is compared with, and what is run first: on tensors of the meta device it costs no memory.
Here are the statements; expressions.py has what an expression is worth.

Legend: N rows.
"""

from __future__ import annotations

import ast
from typing import Any

import torch

from . import operations
from .errors import Refused
from .expressions import Expressions, Observer
from .operations import Break, Continue, Return, plain, tensors_in
from .screen import Screened


class Interpreter(Expressions):
    """Evaluates one screened function.

    rows: N, where it is a number that no other size has (0: not looked at). observe: sees every tensor.
    everything: also goes into branches that are not taken, since TorchScript computes ahead what is constant in them.
    Raises Refused (stage probe) for what goes beyond the limits; errors of the function itself come as Python raises
    them, with ``line`` telling where.
    """

    def __init__(
        self, screened: Screened, rows: int = 0, observe: Observer | None = None, everything: bool = False
    ) -> None:
        super().__init__(rows, observe)
        self.function, self.everything = screened.function, everything
        self.taken = True  # False in a branch that is only gone through

    def __call__(self, *arguments: torch.Tensor) -> Any:
        self.names = {p.arg: a for p, a in zip(self.function.args.args, arguments, strict=True)}
        try:
            self._block(self.function.body)
        except Return as result:
            return result.value
        return self._refuse("the function ends without a return")

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
        elif isinstance(s, ast.Assert):
            self._require(s)
        elif isinstance(s, ast.Break):
            raise Break
        elif isinstance(s, ast.Continue):
            raise Continue

    def _require(self, s: ast.Assert) -> None:
        """Plain numbers that do not depend on N, so that what holds once holds always: compiled code leaves it out."""
        if self.taken and not self._truth(self._value(s.test)):
            self._refuse("what is asserted here does not hold")

    def _choose(self, s: ast.If) -> None:
        taken, left = (s.body, s.orelse) if self._truth(self._value(s.test)) else (s.orelse, s.body)
        if self.everything:
            self._leave(left)
        self._block(taken)

    def _leave(self, statements: list[ast.stmt]) -> None:
        """Goes through what is not taken, and forgets it."""
        names, taken, self.taken = self.names, self.taken, False
        self.names = {k: list(v) if isinstance(v, list) else v for k, v in names.items()}
        try:
            self._block(statements)
        except Refused:
            raise
        except Exception:  # what is not reached may fail
            pass
        self.names, self.taken = names, taken

    def _loop(self, s: ast.For) -> None:
        assert isinstance(s.iter, ast.Call)
        ends = [self._value(a) for a in s.iter.args]
        if operations.has_rows(ends):
            self._refuse(operations.ROWS_AS_SIZE)
        for i in range(*ends):
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
            self._put(target, base, self._index(target.slice), value)

    def _put(self, target: ast.Subscript, base: Any, index: Any, value: Any) -> None:
        base[plain(index)] = value if isinstance(base, list) else plain(value)
        if isinstance(base, torch.Tensor):
            self._seen(target, [base, *tensors_in(value)], base)

    def _augment(self, s: ast.AugAssign) -> None:
        """Python's meaning: in place for tensors. A function for which that matters is refused (memory.py)."""
        old = self._value(ast.copy_location(operations.as_load(s.target), s))
        value = self._value(s.value)
        operation = operations.IN_PLACE if isinstance(old, torch.Tensor) else operations.BINARY
        self._assign(s.target, self._combine(s.op, old, value, operation, s.value))
