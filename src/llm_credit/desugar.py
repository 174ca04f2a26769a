"""Python that TorchScript lacks, written out in what it has, before anything is checked: the statements.

Helpers and lambdas go where they are called, comprehensions and loops over what stands in the source are written out
element by element (idioms.py has the expressions). Nothing is evaluated but whole numbers. What comes out is screened
like any other source, and what is left out (a ``try``'s handlers, a value that a number of the source excludes) is
screened too.
"""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterator, Sequence

from . import allowlist as allow
from .errors import Refused
from .idioms import Idioms
from .inlining import Helper
from .known import Known
from .trees import copied, names_in, size_of


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


class _Desugar(Idioms):
    """Rewrites statements, each into those that stand for it."""

    def __init__(self, function: ast.FunctionDef) -> None:
        taken = names_in(function) | {n.arg for n in ast.walk(function) if isinstance(n, ast.arg)}
        names = (f"h{i}" for i in itertools.count(1) if f"h{i}" not in taken)
        _name_underscores(function, names)
        super().__init__(Known(function), names)

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
        return [ast.copy_location(ast.Assign([t], copied(first)), s) for t in s.targets]

    def _unpack(self, s: ast.Assign, target: ast.Tuple, value: ast.Tuple | ast.List) -> list[ast.stmt]:
        """``a, b = 2, 3``, so that each is known to stand for its number."""
        if all(isinstance(v, ast.Constant) for v in value.elts) and len(value.elts) == len(target.elts):
            pairs = zip(target.elts, value.elts, strict=True)
            return [ast.copy_location(ast.Assign([t], v), s) for t, v in pairs]
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
        elements = None if s.orelse else self.known.elements(s.iter, always=_needs_numbers(s))
        if elements is None or _leaves(s.body):
            s.iter = self.visit(s.iter)
            s.body = self.block(s.body)
            return [s]
        out: list[ast.stmt] = []
        for element in elements:
            body, bindings = self.known.bound(s.target, element, s.body)
            self.count(s, size_of(body))
            out += [ast.copy_location(b, s) for b in bindings] + self.block(body)
        return out or [ast.copy_location(ast.Pass(), s)]


def _name_underscores(function: ast.FunctionDef, names: Iterator[str]) -> None:
    """``_`` under plain names; one each where it is never read, since TorchScript gives a name one type only."""
    found = [n for n in ast.walk(function) if isinstance(n, ast.Name) and n.id == "_"]
    read = any(isinstance(n.ctx, ast.Load) for n in found)
    name = next(names) if found else ""
    for n in found:
        n.id = name if read else next(names)


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


def _needs_numbers(s: ast.For) -> bool:
    """Whether something inside depends on this loop's variable in a way that only its number can settle."""
    variables = names_in(s.target)
    inner = (n.iter for b in s.body for n in ast.walk(b) if isinstance(n, (ast.For, ast.comprehension)))
    return any(variables & names_in(it) for it in inner)
