"""Python idioms that TorchScript lacks, written out in those that it has, before anything is checked.

Helpers and lambdas go where they are called, comprehensions and loops over what stands in the source are written out
element by element. Nothing is evaluated but whole numbers. What comes out is screened like any other source, and what
is left out (a ``try``'s handlers, a branch that a number of the source excludes) is screened too.
"""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterator, Sequence

from . import allowlist as allow
from .aliases import Aliases
from .errors import Refused
from .inlining import Helper, with_result
from .known import Known, copied, substituted

MAX_NODES = 3_000  # of the function that comes out
MAX_CALLS = 30  # helpers that call helpers


def desugar(function: ast.FunctionDef) -> list[ast.stmt]:
    """Rewrites the function's body in place. Returns the statements that it left out, for the screen.

    Raises Refused (stage screen) for what cannot be written out.
    """
    work = _Desugar(function)
    function.body = work.block(function.body)
    for name, helper in work.helpers.items():
        if not helper.used:
            raise Refused("screen", f"the helper {name} is never called; leave it out", helper.line)
    for part in [function, *work.left_out]:
        ast.fix_missing_locations(part)
    return work.left_out


class _Desugar(Aliases, ast.NodeTransformer):
    def __init__(self, function: ast.FunctionDef) -> None:
        taken = {n.id for n in ast.walk(function) if isinstance(n, ast.Name)} | {a.arg for a in _arguments(function)}
        self.names = (f"h{i}" for i in itertools.count(1) if f"h{i}" not in taken)
        _name_underscores(function, self.names)
        self.known = Known(function)
        self.helpers: dict[str, Helper] = {}
        self.left_out: list[ast.stmt] = []
        self.before: list[ast.stmt] = []  # what goes before the statement that is rewritten
        self.made, self.depth = 0, 0

    def refuse(self, node: ast.AST, reason: str) -> None:
        raise Refused("screen", reason, getattr(node, "lineno", None))

    # Statements

    def block(self, statements: Sequence[ast.stmt]) -> list[ast.stmt]:
        return [out for s in statements for out in self.statement(s)] or [ast.Pass()]

    def statement(self, s: ast.stmt) -> list[ast.stmt]:
        outer, self.before = self.before, []
        try:
            after = self._rewritten(s)
            return [*self.before, *after]
        finally:
            self.before = outer

    def _rewritten(self, s: ast.stmt) -> list[ast.stmt]:
        self.count(s, 1)
        if isinstance(s, ast.FunctionDef):
            return self._define(s.name, Helper.of(s), s)
        if isinstance(s, ast.Assign):
            return self._assign(s)
        if isinstance(s, ast.Try):
            return self._try(s)
        if isinstance(s, ast.If):
            s.test = self.visit(s.test)
            s.body, s.orelse = self.block(s.body), self.block(s.orelse) if s.orelse else []
            return [s]
        if isinstance(s, ast.For):
            return self._loop(s)
        return [self.generic_visit(s)]  # type: ignore[list-item]

    def count(self, node: ast.AST, n: int) -> None:
        self.made += n
        if self.made > MAX_NODES:
            self.refuse(node, "written out element by element the function is too long; work on whole tensors")

    def _define(self, name: str, helper: Helper, s: ast.stmt) -> list[ast.stmt]:
        if name in self.helpers or self.known.times(name) > 1:
            self.refuse(s, f"{name} has two meanings; give each helper a name of its own")
        if name.startswith("_"):
            self.refuse(s, f"names that begin with an underscore are not allowed: {name}")
        if name in allow.BUILTINS | {"torch", "F", "self", "sum", "zip", "enumerate", "reversed"}:
            self.refuse(s, f"{name} must not be given another meaning; use a new name")
        self.helpers[name] = helper
        return []

    def _assign(self, s: ast.Assign) -> list[ast.stmt]:
        if len(s.targets) == 1 and isinstance(s.targets[0], ast.Name) and isinstance(s.value, ast.Lambda):
            return self._define(s.targets[0].id, Helper.of_lambda(s.value), s)
        s.value = self.visit(s.value)
        if len(s.targets) == 1:
            target = s.targets[0]
            if isinstance(target, ast.Tuple) and isinstance(s.value, (ast.Tuple, ast.List)):
                return self._unpack(s, target, s.value)
            s.targets = [self.visit(target)]
            if isinstance(target, ast.Name) and isinstance(s.value, ast.List):
                self.known.learn(target.id, s.value)
            return [s]
        if any(not isinstance(t, ast.Name) for t in s.targets):
            self.refuse(s, "assign to one thing at a time")
        first = s.value if isinstance(s.value, ast.Constant) else self.kept(s.value)
        return [self._at(ast.Assign([t], copied(first)), s) for t in s.targets]

    def _unpack(self, s: ast.Assign, target: ast.Tuple, value: ast.Tuple | ast.List) -> list[ast.stmt]:
        """``a, b = 2, 3``, so that each is known to stand for its number."""
        if all(isinstance(v, ast.Constant) for v in value.elts) and len(value.elts) == len(target.elts):
            pairs = zip(target.elts, value.elts, strict=True)
            return [self._at(ast.Assign([t], v), s) for t, v in pairs]
        return [s]

    def _try(self, s: ast.Try) -> list[ast.stmt]:
        """What raises is refused later, so handlers never run."""
        for handler in s.handlers:
            kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
            if handler.name or any(k is not None and not isinstance(k, ast.Name) for k in kinds):
                self.refuse(handler, "an except clause may only name kinds of exceptions")
            self.left_out += handler.body
        return self.block([*s.body, *s.orelse, *s.finalbody])

    def _loop(self, s: ast.For) -> list[ast.stmt]:
        elements = None if s.orelse else self.known.elements(s.iter, always=_needs_numbers(s, self.known))
        if elements is None or _leaves(s.body):
            s.iter = self.visit(s.iter)
            s.body = self.block(s.body)
            return [s]
        out: list[ast.stmt] = []
        for element in elements:
            body, bindings = self.known.bound(s.target, element, s.body)
            self.count(s, sum(1 for b in body for _ in ast.walk(b)))
            out += [self._at(b, s) for b in bindings] + self.block(body)
        return out or [self._at(ast.Pass(), s)]

    # Expressions

    def kept(self, value: ast.expr) -> ast.expr:
        """A value under a name, so that it can be used twice."""
        if isinstance(value, (ast.Name, ast.Constant)):
            return value
        name = next(self.names)
        self.before.append(self._at(ast.Assign([ast.Name(name, ast.Store())], value), value))
        return ast.copy_location(ast.Name(name, ast.Load()), value)

    @staticmethod
    def _at(s: ast.stmt, where: ast.AST) -> ast.stmt:
        return ast.copy_location(s, where)

    def visit_NamedExpr(self, n: ast.NamedExpr) -> ast.expr:
        value = self.visit(n.value)
        self.before.append(self._at(ast.Assign([n.target], value), n))
        return ast.copy_location(ast.Name(n.target.id, ast.Load()), n)

    def visit_ListComp(self, n: ast.ListComp) -> ast.expr:
        return ast.copy_location(ast.List(self._written_out(n), ast.Load()), n)

    def _written_out(self, n: ast.ListComp | ast.GeneratorExp) -> list[ast.expr]:
        rows = [n.elt]
        for g in reversed(n.generators):
            if g.ifs or g.is_async:
                self.refuse(n, "a comprehension may have no condition; write the elements out")
            rows = [ast.copy_location(_Rest(rows, g), n)]
        parts = self._expanded(rows)
        return [self.visit(p) for p in parts]

    def _expanded(self, rows: list[ast.expr]) -> list[ast.expr]:
        out: list[ast.expr] = []
        for row in rows:
            if not isinstance(row, _Rest):
                out.append(row)
                continue
            elements = self.known.elements(row.generator.iter, always=True)
            if elements is None:
                self.refuse(row, "a comprehension must run over range() or a list that stands in the source")
            for element in elements or []:
                replaced = self.known.replacing(row.generator.target, element)
                if replaced is None:
                    self.refuse(row, "a comprehension must unpack what stands in the source")
                self.count(row, sum(1 for r in row.rows for _ in ast.walk(r)))
                out += self._expanded([_replaced(r, replaced or {}) for r in row.rows])
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
        self.count(n, sum(1 for s in statements for _ in ast.walk(s)))
        for s in statements:
            self.before += self.statement(s)
        self.depth -= 1
        return ast.copy_location(ast.Name(result, ast.Load()), n)

    def visit_IfExp(self, n: ast.IfExp) -> ast.expr:
        chosen = self.known.truth(n.test)
        if chosen is None:
            return self.generic_visit(n)  # type: ignore[return-value]
        taken, left = (n.body, n.orelse) if chosen else (n.orelse, n.body)
        self.left_out.append(self._at(ast.Expr(left), n))
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
        hidden = {n.id for n in ast.walk(inner.target) if isinstance(n, ast.Name)}
        kept = {k: v for k, v in values.items() if k not in hidden}
        return ast.copy_location(_Rest([_replaced(r, kept) for r in node.rows], inner), node)
    return substituted(node, values)


def _name_underscores(function: ast.FunctionDef, names: Iterator[str]) -> None:
    """``_`` under plain names; one each where it is never read, since TorchScript gives a name one type only."""
    found = [n for n in ast.walk(function) if isinstance(n, ast.Name) and n.id == "_"]
    read = any(isinstance(n.ctx, ast.Load) for n in found)
    name = next(names) if found else ""
    for n in found:
        n.id = name if read else next(names)


def _arguments(function: ast.FunctionDef) -> list[ast.arg]:
    return [n for n in ast.walk(function) if isinstance(n, ast.arg)]


def _leaves(statements: Sequence[ast.stmt]) -> bool:
    """Whether ``break`` or ``continue`` of this loop stands in its body."""
    for s in statements:
        if isinstance(s, (ast.Break, ast.Continue)):
            return True
        if isinstance(s, ast.If) and (_leaves(s.body) or _leaves(s.orelse)):
            return True
        if isinstance(s, ast.Try) and _leaves(s.body):
            return True
    return False


def _needs_numbers(s: ast.For, known: Known) -> bool:
    """Whether something inside depends on this loop's variable in a way that only its number can settle."""
    variables = {n.id for n in ast.walk(s.target) if isinstance(n, ast.Name)}
    for n in (n for b in s.body for n in ast.walk(b)):
        iters = [n.iter] if isinstance(n, (ast.For, ast.comprehension)) else []
        for it in iters:
            if variables & {m.id for m in ast.walk(it) if isinstance(m, ast.Name)}:
                return True
    return False
