"""Names of their own for what Python keeps apart by its scopes, before anything is moved."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from .trees import Rename, stored_in


def name_apart(function: ast.FunctionDef, names: Iterator[str]) -> None:
    """Gives every ``_`` a plain name, and the variables of each comprehension names that nothing else has."""
    _name_underscores(function, names)
    _Comprehensions(names).visit(function)


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
