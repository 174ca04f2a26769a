"""Expressions of Python that TorchScript lacks, written out in those that it has.

Comprehensions and ``sum`` element by element, helpers where they are called, a choice between two values where the
source decides it, chained comparisons one by one. Beside them the other names of aliases.py.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NoReturn

from .aliases import Aliases
from .elements import Elements
from .errors import Refused
from .inlining import Helper, Results
from .known import Known
from .trees import copied, names_in, size_of, size_with, substituted

MAX_NODES = 3_000  # of the function that comes out
MAX_CALLS = 30  # helpers that call helpers


class Idioms(Aliases, ast.NodeTransformer):
    """Rewrites expressions. ``before`` gets what must go before the statement that an expression stands in.

    Nothing that is moved there has an effect but walruses, whose order is checked, and helpers that are called as a
    whole statement (``whole``: the value of the statement that is rewritten).
    """

    def __init__(self, known: Known, names: Iterator[str]) -> None:
        self.known, self.names = known, names
        self.elements = Elements(known)
        self.helpers: dict[str, Helper] = {}
        self.left_out: list[ast.stmt] = []
        self.before: list[ast.stmt] = []
        self.whole: ast.expr | None = None
        self.made, self.depth = 0, 0
        self.loops: dict[tuple[int, int], bool] = {}  # loops that are written out, by place: whether one ran

    def statement(self, s: ast.stmt) -> list[ast.stmt]:
        """The statements that stand for one."""
        raise NotImplementedError

    def refuse(self, node: ast.AST, reason: str) -> NoReturn:
        raise Refused("screen", reason, getattr(node, "lineno", None))

    def count(self, node: ast.AST, n: int) -> None:
        self.made += n
        if self.made > MAX_NODES:
            self.refuse(node, "written out element by element the function is too long; work on whole tensors")

    def ran(self, variable: ast.expr, ever: bool) -> None:
        """Notes of a loop, by its variable, whether it runs over anything."""
        place = (variable.lineno, variable.col_offset)
        self.loops[place] = ever or self.loops.get(place, False)

    def refuse_idle(self) -> None:
        """Refuses a loop that never runs: nothing would have looked at what stands in it."""
        for (line, _), ever in self.loops.items():
            if not ever:
                raise Refused("screen", "this loop runs over nothing; leave it out", line)

    def kept(self, value: ast.expr) -> ast.expr:
        """A value under a name, so that it can be used twice, or later."""
        if isinstance(value, (ast.Name, ast.Constant)):
            return value
        return self.named(value)

    def named(self, value: ast.expr) -> ast.expr:
        """A value under a new name."""
        target = ast.copy_location(ast.Name(next(self.names), ast.Store()), value)
        self.before.append(ast.copy_location(ast.Assign([target], value), value))
        self.known.assign(target, value)
        return ast.copy_location(ast.Name(target.id, ast.Load()), value)

    def visit_NamedExpr(self, n: ast.NamedExpr) -> ast.expr:
        value = self.visit(n.value)
        self.before.append(ast.copy_location(ast.Assign([n.target], value), n))
        self.known.assign(n.target, value)
        return ast.copy_location(ast.Name(n.target.id, ast.Load()), n)

    def visit_ListComp(self, n: ast.ListComp) -> ast.expr:
        return ast.copy_location(ast.List(self._written_out(n), ast.Load()), n)

    def _written_out(self, n: ast.ListComp | ast.GeneratorExp) -> list[ast.expr]:
        rows = [n.elt]
        for g in reversed(n.generators):
            if g.is_async:
                self.refuse(n, "a comprehension must not be async")
            rows = [ast.copy_location(_Rest(rows, g), n)]
        return [self.visit(p) for p in self._expanded(rows)]

    def _expanded(self, rows: list[ast.expr]) -> list[ast.expr]:
        out: list[ast.expr] = []
        for row in rows:
            if not isinstance(row, _Rest):
                out.append(row)
                continue
            elements = self.elements.of(row.generator.iter, always=True)
            if elements is None:
                self.refuse(row, "a comprehension must run over range() or a list that stands in the source")
            self.ran(row.generator.target, False)
            for element in elements:
                replaced = self.elements.replacing(row.generator.target, element)
                if replaced is None:
                    self.refuse(row, "a comprehension must unpack what stands in the source")
                replaced = {name: self.steady(e) for name, e in replaced.items()}
                if not self._is_taken(row.generator, replaced):
                    continue
                self.ran(row.generator.target, True)
                self.count(row, sum(_size_with(r, replaced) for r in row.rows))
                out += self._expanded([_replaced(r, replaced) for r in row.rows])
        return out

    def _is_taken(self, generator: ast.comprehension, values: dict[str, ast.expr]) -> bool:
        """Whether an element passes a comprehension's conditions, which numbers of the source must settle."""
        for condition in generator.ifs:
            self.count(condition, size_with(condition, values))
            holds = self.known.truth(substituted(condition, values))
            if holds is None:
                self.refuse(condition, "a comprehension's condition must be settled by whole numbers of the source")
            if not holds:
                return False
        return True

    def steady(self, e: ast.expr) -> ast.expr:
        """An element that may be written several times and later: what must be computed gets a name first."""
        if (settled := self.elements.settled(e)) is not None:
            return settled
        if isinstance(e, (ast.Tuple, ast.List)):
            return ast.copy_location(type(e)([self.steady(part) for part in e.elts], ast.Load()), e)
        if isinstance(e, ast.Name):
            self.left_out.append(ast.copy_location(ast.Expr(e), e))  # it must be known, wherever it goes
            return e
        if isinstance(e, ast.Subscript) and names_in(e) <= set(self.known.lists):
            return e
        self.count(e, 1)
        return self.kept(self.visit(e))

    def visit_Call(self, n: ast.Call) -> ast.expr:
        if isinstance(n.func, ast.Name):
            if n.func.id in self.helpers:
                return self._inlined(self.helpers[n.func.id], n)
            if n.func.id == "sum" and not self.known.uses.counts["sum"]:
                return self._sum(n)
            if n.func.id == "len" and (length := self.known.length(n)) is not None:
                return ast.copy_location(ast.Constant(length), n)
        return super().visit_Call(n)

    def _sum(self, n: ast.Call) -> ast.expr:
        """Python's ``sum`` begins with 0."""
        if not 1 <= len(n.args) <= 2 or n.keywords:
            self.refuse(n, "sum() takes a list that stands in the source")
        given = n.args[0]
        if isinstance(given, (ast.ListComp, ast.GeneratorExp)):
            parts = self._written_out(given)
        elif isinstance(given, (ast.List, ast.Tuple)):
            parts = [self.visit(e) for e in given.elts]
        else:
            parts = [self.visit(e) for e in self.elements.of(given, always=True) or []]
            if not parts:
                self.refuse(n, "sum() takes a list that stands in the source; use torch.stack(parts).sum(dim=0)")
        total = self.visit(n.args[1]) if len(n.args) == 2 else ast.copy_location(ast.Constant(0), n)
        for k, part in enumerate(parts):
            self.count(n, 2)
            total = ast.copy_location(ast.BinOp(total, ast.Add(), part), n)
            total = self.kept(total) if k + 1 < len(parts) else total
        return total

    def _inlined(self, helper: Helper, n: ast.Call) -> ast.expr:
        self.depth += 1
        if self.depth > MAX_CALLS:
            self.refuse(n, "a helper must not call itself")
        if n is not self.whole and self._has_effect(helper):
            self.refuse(
                n, "a helper that changes a list or tensor of others must be called on a line of its own: a = f(x)"
            )
        helper.used = True
        bindings, body, renamed = helper.body_for(n, self.names)
        self.known.rename(renamed)
        result = next(self.names)
        statements = [*bindings, *Results(result, n).of(body)]
        self.count(n, size_of(statements))
        for s in statements:
            self.before += self.statement(s)
        self.depth -= 1
        return ast.copy_location(ast.Name(result, ast.Load()), n)

    def _has_effect(self, helper: Helper) -> bool:
        """Whether a call may change what is not the helper's own, by those that it calls too."""
        reached, waiting = {id(helper)}, [helper]
        while waiting:
            one = waiting.pop()
            if one.effect:
                return True
            called = [self.helpers[name] for name in one.calls if name in self.helpers]
            waiting += [h for h in called if id(h) not in reached]
            reached |= {id(h) for h in called}
        return False

    def visit_BinOp(self, n: ast.BinOp) -> ast.expr:
        """A divisor of ``//`` and ``%`` as the number that it is; the screen asks for one."""
        n = self.generic_visit(n)  # type: ignore[assignment]
        if isinstance(n.op, (ast.FloorDiv, ast.Mod)) and (number := self.known.number(n.right)) is not None:
            n.right = ast.copy_location(ast.Constant(number), n.right)
        return n

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
        self.count(n, 2 * size_of(sides))
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


def _size_with(node: ast.expr, values: dict[str, ast.expr]) -> int:
    if isinstance(node, _Rest):
        return size_with(node.generator, values) + sum(_size_with(r, values) for r in node.rows)
    return size_with(node, values)


def _replaced(node: ast.expr, values: dict[str, ast.expr]) -> ast.expr:
    if isinstance(node, _Rest):
        inner = copied(node.generator)
        inner.iter, inner.ifs = substituted(inner.iter, values), substituted(inner.ifs, values)
        return ast.copy_location(_Rest([_replaced(r, values) for r in node.rows], inner), node)
    return substituted(node, values)
