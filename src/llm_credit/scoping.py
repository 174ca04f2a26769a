"""Names of their own for what Python keeps apart by its scopes, before anything is moved."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterator

from .trees import Rename, names_in, stored_in


def name_apart(function: ast.FunctionDef, names: Iterator[str], taken: set[str]) -> None:
    """Gives every ``_`` a plain name, and what stands for two things two names.

    These are the variables of comprehensions, and parameters that are given a new value (``state = state.float()``).
    """
    _name_underscores(function, names)
    for parameter in [a.arg for a in function.args.args if a.arg in stored_in(function.body)]:
        new = next(n for n in (f"{parameter}_{i}" for i in itertools.count(2)) if n not in taken)
        _name_reassigned(function, parameter, new)
    _Comprehensions(names).visit(function)


def _name_reassigned(function: ast.FunctionDef, parameter: str, new: str) -> None:
    """Calls a parameter otherwise from where it is given a value, so that the argument keeps its name."""
    k = next(k for k, s in enumerate(function.body) if parameter in stored_in([s]))
    s, before, rest = function.body[k], function.body[: k + 1], function.body[k + 1 :]
    target = s.targets[0] if isinstance(s, ast.Assign) and len(s.targets) == 1 else None
    again = isinstance(s, ast.Assign) and parameter in stored_in([s.value])
    if isinstance(target, ast.Name) and not again and not _is_seen_later(before, parameter):
        target.id = new  # what it is given is made of the argument
    else:
        first: ast.stmt = ast.Assign([ast.Name(new, ast.Store())], ast.Name(parameter, ast.Load()))
        before, rest = [ast.fix_missing_locations(ast.copy_location(first, function))], function.body
    renamed = _Everywhere({parameter: new})
    function.body = [*before, *(renamed.visit(r) for r in rest)]


def _is_seen_later(statements: list[ast.stmt], name: str) -> bool:
    """Whether helpers among statements read a name, which is looked up when they are called."""
    helpers = (n for s in statements for n in ast.walk(s) if isinstance(n, (ast.FunctionDef, ast.Lambda)))
    return any(name in names_in(h) for h in helpers)


class _Everywhere(Rename, ast.NodeTransformer):
    """Gives a name another in every scope, helpers' parameters of that name and calls of them among these."""

    def visit_Lambda(self, n: ast.Lambda) -> ast.Lambda:
        self.generic_visit(n)
        return n

    def visit_arg(self, n: ast.arg) -> ast.arg:
        n.arg = self.names.get(n.arg, n.arg)
        return n

    def visit_Call(self, n: ast.Call) -> ast.Call:
        self.generic_visit(n)
        for k in n.keywords if isinstance(n.func, ast.Name) else []:
            k.arg = self.names.get(k.arg or "", k.arg)
        return n


def _name_underscores(function: ast.FunctionDef, names: Iterator[str]) -> None:
    """``_`` under plain names; one each where it is never read, since TorchScript gives a name one type only."""
    found = [n for n in ast.walk(function) if isinstance(n, ast.Name) and n.id == "_"]
    parameters = [a for a in ast.walk(function) if isinstance(a, ast.arg) and a.arg == "_"]
    read = any(isinstance(n.ctx, ast.Load) for n in found)
    name = next(names) if found or parameters else ""
    for n in found:
        n.id = name if read else next(names)
    for a in parameters:
        a.arg = name if read else next(names)


class _Comprehensions(Rename, ast.NodeTransformer):
    def __init__(self, new: Iterator[str]) -> None:
        super().__init__({})
        self.new = new

    def _comprehension(self, n: ast.ListComp | ast.GeneratorExp) -> ast.expr:
        outer = self.names
        n.generators[0].iter = self.visit(n.generators[0].iter)  # the only part that sees the names outside
        self.names = outer | {name: next(self.new) for name in sorted(stored_in(g.target for g in n.generators))}
        for k, g in enumerate(n.generators):
            g.target = self.visit(g.target)
            g.iter = self.visit(g.iter) if k else g.iter
            g.ifs = [self.visit(i) for i in g.ifs]
        n.elt = self.visit(n.elt)
        self.names = outer
        return n

    def visit_ListComp(self, n: ast.ListComp) -> ast.expr:
        return self._comprehension(n)

    def visit_GeneratorExp(self, n: ast.GeneratorExp) -> ast.expr:
        return self._comprehension(n)
