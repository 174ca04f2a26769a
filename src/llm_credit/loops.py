"""Loops: those that are written out element by element, and those that TorchScript runs."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from .idioms import Idioms
from .trees import copied, names_in, size_of, stored_in, substituted
from .uses import changed_by


class Loops(Idioms):
    """Rewrites ``for``."""

    def block(self, statements: Sequence[ast.stmt]) -> list[ast.stmt]:
        """The statements that stand for a block's."""
        raise NotImplementedError

    def changed_in(self, nodes: Sequence[ast.AST]) -> set[str]:
        """Names that statements change, by helpers too."""
        changed = changed_by(nodes)
        if any(isinstance(n, ast.Name) and n.id in self.helpers for node in nodes for n in ast.walk(node)):
            for helper in self.helpers.values():
                changed |= helper.changed
        return changed

    def loop(self, s: ast.For) -> list[ast.stmt]:
        changed = self.changed_in([s.target, *s.body])
        always = _needs_numbers(s) or bool(changed & self.known.iterated & set(self.known.lists))
        elements = None
        if not s.orelse and not leaves(s.body) and not names_in(s.iter) & changed & set(self.known.lists):
            elements = self.elements.of(s.iter, always)
        if elements is None:
            return self._kept_loop(s, changed)
        self.ran(s.target, bool(elements))
        found = [self.elements.replacing(s.target, e) for e in elements]
        ready = [
            {name: self._early(e, changed) for name, e in (one or {"": element}).items()}
            for one, element in zip(found, elements, strict=True)
        ]
        out: list[ast.stmt] = []
        for values in ready:
            body, bindings = self._bound(s, values)
            self.count(s, size_of(body))
            for b in bindings:
                out += self.statement(ast.copy_location(b, s))
            out += self.block(body)
        return out or [ast.copy_location(ast.Pass(), s)]

    def _early(self, e: ast.expr, changed: set[str]) -> ast.expr:
        """An element as Python has it before the loop begins, whatever the loop changes."""
        e = self.steady(e)
        if not names_in(e) & changed:
            return e
        if isinstance(e, (ast.Tuple, ast.List)):
            return ast.copy_location(type(e)([self._early(part, changed) for part in e.elts], ast.Load()), e)
        return self.named(e)

    def _bound(self, s: ast.For, values: dict[str, ast.expr]) -> tuple[list[ast.stmt], list[ast.stmt]]:
        """A copy of a loop's body for one element, and the assignments that go before it.

        Numbers and places in lists are put in place of names, so that sizes and inner loops know them; the names get
        them as well.
        """
        if "" in values:
            return [copied(b) for b in s.body], [ast.Assign([copied(s.target)], copied(values[""]))]
        stored = stored_in(s.body)
        known = {
            k: v for k, v in values.items()
            if k not in stored and (isinstance(v, (ast.Constant, ast.UnaryOp)) or self.known.listed(v) is not None)
            and not isinstance(v, (ast.List, ast.Tuple))
        }  # fmt: skip
        bindings: list[ast.stmt] = [ast.Assign([ast.Name(k, ast.Store())], copied(v)) for k, v in values.items()]
        return [substituted(b, known) for b in s.body], bindings

    def _kept_loop(self, s: ast.For, changed: set[str]) -> list[ast.stmt]:
        """A loop that TorchScript runs: only the numbers of its ``range()`` are put in place."""
        is_range = isinstance(s.iter, ast.Call) and isinstance(s.iter.func, ast.Name) and s.iter.func.id == "range"
        if is_range and isinstance(s.iter, ast.Call) and not s.iter.keywords:
            s.iter.args = [self.elements.settled(a) or self.visit(a) for a in s.iter.args]
        else:
            s.iter = self.visit(s.iter)
        before, helpers = self.known.state(), dict(self.helpers)
        self.known.back_to(before, changed)
        if is_range and isinstance(s.target, ast.Name):
            self.known.plains.add(s.target.id)
        s.body = self.block(s.body)
        self.known.back_to(before, changed)
        self.helpers = helpers
        return [s]


def leaves(statements: Sequence[ast.stmt]) -> bool:
    """Whether ``break`` or ``continue`` of this loop stands in its body."""
    return any(
        isinstance(s, (ast.Break, ast.Continue)) or any(leaves(b) for b in blocks_of(s, ast.For)) for s in statements
    )


def blocks_of(s: ast.stmt, loops: type) -> list[list[ast.stmt]]:
    """The blocks of a statement in which ``break`` means the same as outside it."""
    if isinstance(s, ast.FunctionDef):
        return []
    blocks = [getattr(s, "body", []), getattr(s, "orelse", []), getattr(s, "finalbody", [])]
    blocks += [h.body for h in getattr(s, "handlers", [])]
    return blocks[1:] if isinstance(s, loops) else blocks


def _needs_numbers(s: ast.For) -> bool:
    """Whether something inside depends on this loop's variable in a way that only its number can settle."""
    variables = names_in(s.target)
    inner = [n for b in s.body for n in ast.walk(b) if isinstance(n, (ast.For, ast.comprehension))]
    return any(variables & names_in(n.iter, *getattr(n, "ifs", [])) for n in inner)
