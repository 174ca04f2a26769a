"""Expressions of Python that TorchScript lacks, written out in those that it has.

Comprehensions and ``sum`` element by element, helpers where they are called, a choice between two values where the
source decides it, chained comparisons one by one. Beside them the other names of aliases.py.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NoReturn

from .aliases import Aliases
from .errors import Refused
from .inlining import Helper, with_result
from .known import Known
from .trees import copied, names_in, size_of, substituted

MAX_NODES = 3_000  # of the function that comes out
MAX_CALLS = 30  # helpers that call helpers


class Idioms(Aliases, ast.NodeTransformer):
    """Rewrites expressions. ``before`` gets what must go before the statement that an expression stands in."""

    def __init__(self, known: Known, names: Iterator[str]) -> None:
        self.known, self.names = known, names
        self.helpers: dict[str, Helper] = {}
        self.left_out: list[ast.stmt] = []
        self.before: list[ast.stmt] = []
        self.made, self.depth = 0, 0

    def statement(self, s: ast.stmt) -> list[ast.stmt]:
        """The statements that stand for one."""
        raise NotImplementedError

    def refuse(self, node: ast.AST, reason: str) -> NoReturn:
        raise Refused("screen", reason, getattr(node, "lineno", None))

    def count(self, node: ast.AST, n: int) -> None:
        self.made += n
        if self.made > MAX_NODES:
            self.refuse(node, "written out element by element the function is too long; work on whole tensors")

    def kept(self, value: ast.expr) -> ast.expr:
        """A value under a name, so that it can be used twice."""
        if isinstance(value, (ast.Name, ast.Constant)):
            return value
        name = next(self.names)
        self.before.append(ast.copy_location(ast.Assign([ast.Name(name, ast.Store())], value), value))
        return ast.copy_location(ast.Name(name, ast.Load()), value)

    def visit_NamedExpr(self, n: ast.NamedExpr) -> ast.expr:
        value = self.visit(n.value)
        self.before.append(ast.copy_location(ast.Assign([n.target], value), n))
        return ast.copy_location(ast.Name(n.target.id, ast.Load()), n)

    def visit_ListComp(self, n: ast.ListComp) -> ast.expr:
        return ast.copy_location(ast.List(self._written_out(n), ast.Load()), n)

    def _written_out(self, n: ast.ListComp | ast.GeneratorExp) -> list[ast.expr]:
        rows = [n.elt]
        for g in reversed(n.generators):
            if g.ifs or g.is_async:
                self.refuse(n, "a comprehension may have no condition; write the elements out")
            rows = [ast.copy_location(_Rest(rows, g), n)]
        return [self.visit(p) for p in self._expanded(rows)]

    def _expanded(self, rows: list[ast.expr]) -> list[ast.expr]:
        out: list[ast.expr] = []
        for row in rows:
            if not isinstance(row, _Rest):
                out.append(row)
                continue
            elements = self.known.elements(row.generator.iter, always=True)
            if elements is None:
                self.refuse(row, "a comprehension must run over range() or a list that stands in the source")
            for element in elements:
                replaced = self.known.replacing(row.generator.target, element)
                if replaced is None:
                    self.refuse(row, "a comprehension must unpack what stands in the source")
                self.count(row, size_of(row.rows))
                out += self._expanded([_replaced(r, replaced) for r in row.rows])
        return out

    def visit_Call(self, n: ast.Call) -> ast.expr:
        if isinstance(n.func, ast.Name):
            if n.func.id in self.helpers:
                return self._inlined(self.helpers[n.func.id], n)
            if n.func.id == "sum" and self.known.times("sum") == 0:
                return self._sum(n)
            if n.func.id == "len" and (length := self.known.length(n)) is not None:
                return ast.copy_location(ast.Constant(length), n)
        return super().visit_Call(n)

    def _sum(self, n: ast.Call) -> ast.expr:
        """Python's ``sum`` begins with 0."""
        if not 1 <= len(n.args) <= 2 or n.keywords:
            self.refuse(n, "sum() takes a list that stands in the source")
        given, total = n.args[0], n.args[1] if len(n.args) == 2 else ast.Constant(0)
        if isinstance(given, (ast.ListComp, ast.GeneratorExp)):
            parts = self._written_out(given)
        elif isinstance(given, (ast.List, ast.Tuple)):
            parts = [self.visit(e) for e in given.elts]
        else:
            parts = self.known.elements(given, always=True) or []
            if not parts:
                self.refuse(n, "sum() takes a list that stands in the source; use torch.stack(parts).sum(dim=0)")
        for k, part in enumerate(parts):
            total = ast.copy_location(ast.BinOp(total, ast.Add(), part), n)
            total = self.kept(total) if k + 1 < len(parts) else total
        return total

    def _inlined(self, helper: Helper, n: ast.Call) -> ast.expr:
        self.depth += 1
        if self.depth > MAX_CALLS:
            self.refuse(n, "a helper must not call itself")
        helper.used = True
        bindings, body = helper.body_for(n, self.names)
        result = next(self.names)
        statements = [*bindings, *with_result(body, result, n)]
        self.count(n, size_of(statements))
        for s in statements:
            self.before += self.statement(s)
        self.depth -= 1
        return ast.copy_location(ast.Name(result, ast.Load()), n)

    def visit_IfExp(self, n: ast.IfExp) -> ast.expr:
        chosen = self.known.truth(n.test)
        if chosen is None:
            return self.generic_visit(n)  # type: ignore[return-value]
        taken, left = (n.body, n.orelse) if chosen else (n.orelse, n.body)
        self.left_out.append(ast.copy_location(ast.Expr(left), n))
        result: ast.expr = self.visit(taken)
        return result

    def visit_Compare(self, n: ast.Compare) -> ast.expr:
        if len(n.ops) == 1 or not all(self.known.plain(e) for e in [n.left, *n.comparators]):
            return self.generic_visit(n)  # type: ignore[return-value]
        sides = [n.left, *n.comparators]
        pairs = [ast.Compare(copied(a), [op], [copied(b)])
                 for a, op, b in zip(sides, n.ops, sides[1:], strict=False)]  # fmt: skip
        return ast.copy_location(ast.BoolOp(ast.And(), list(pairs)), n)

    def visit_Subscript(self, n: ast.Subscript) -> ast.expr:
        """A slice of a list that stands in the source; TorchScript has no negative steps."""
        n = self.generic_visit(n)  # type: ignore[assignment]
        if isinstance(n.value, (ast.List, ast.Tuple)) and isinstance(n.slice, ast.Slice):
            ends = [None if e is None else self.known.number(e) for e in (n.slice.lower, n.slice.upper, n.slice.step)]
            asked = [e is not None for e in (n.slice.lower, n.slice.upper, n.slice.step)]
            if all((e is not None) == a for e, a in zip(ends, asked, strict=True)) and ends[2] != 0:
                return ast.copy_location(type(n.value)(n.value.elts[slice(*ends)], ast.Load()), n)
        return n


class _Rest(ast.expr):
    """A comprehension's inner part that waits for its variable."""

    _fields = ("rows",)

    def __init__(self, rows: list[ast.expr], generator: ast.comprehension) -> None:
        super().__init__()
        self.rows, self.generator = rows, generator


def _replaced(node: ast.expr, values: dict[str, ast.expr]) -> ast.expr:
    if isinstance(node, _Rest):
        inner = copied(node.generator)
        inner.iter = substituted(inner.iter, values)
        hidden = names_in(inner.target)
        kept = {k: v for k, v in values.items() if k not in hidden}
        return ast.copy_location(_Rest([_replaced(r, kept) for r in node.rows], inner), node)
    return substituted(node, values)
