"""Python that TorchScript lacks, written out in what it has, before anything is checked: the statements.

Helpers and lambdas go where they are called, comprehensions and loops over what stands in the source are written out
element by element (idioms.py has the expressions). Nothing is evaluated but whole numbers. What comes out is screened
like any other source, and what is left out (a ``try``'s handlers, a value that a number of the source excludes) is
screened too.
"""

from __future__ import annotations

import ast
import itertools
from collections.abc import Sequence

from . import allowlist as allow
from .errors import Refused
from .idioms import Idioms
from .inlining import Helper
from .known import Known
from .order import check_order
from .scoping import name_apart
from .trees import copied, depth_of, names_in, size_of, stored_in, substituted
from .uses import Uses, changed_by, grown_under_two_names

MAX_DEPTH = 120  # of the tree that comes out


def desugar(function: ast.FunctionDef) -> list[ast.stmt]:
    """Rewrites the function's body in place. Returns the statements that it left out, for the screen.

    Raises Refused (stage screen) for what cannot be written out.
    """
    for s in ast.walk(function):
        if isinstance(s, ast.stmt):
            check_order(s)
        if isinstance(s, ast.FunctionDef) and leaves(s.body):
            raise Refused("screen", "break and continue may only stand in a loop", s.lineno)
    work = _Desugar(function)
    function.body = work.block(function.body)
    for name, helper in work.defined.items():
        if not helper.used:
            raise Refused("screen", f"the helper {name} is never called; leave it out", helper.line)
    if depth_of(function, MAX_DEPTH) > MAX_DEPTH:
        raise Refused("screen", f"written out, the function is nested more than {MAX_DEPTH} levels deep")
    for part in [function, *work.left_out]:
        ast.fix_missing_locations(part)
    if (grown := grown_under_two_names(function)) is not None:
        work.refuse(grown, "+= on a list that has a second name would change both; use append, or a = a + b")
    return work.left_out


class _Desugar(Idioms):
    """Rewrites statements, each into those that stand for it."""

    def __init__(self, function: ast.FunctionDef) -> None:
        taken = names_in(function) | {n.arg for n in ast.walk(function) if isinstance(n, ast.arg)}
        names = (f"h{i}" for i in itertools.count(1) if f"h{i}" not in taken)
        name_apart(function, names)
        super().__init__(Known(Uses(function)), names)
        self.defined: dict[str, Helper] = {}

    def block(self, statements: Sequence[ast.stmt]) -> list[ast.stmt]:
        return [out for s in statements for out in self.statement(s)] or [ast.Pass()]

    def statement(self, s: ast.stmt) -> list[ast.stmt]:
        outer, self.before = self.before, []
        whole, self.whole = self.whole, None
        if isinstance(s, (ast.Assign, ast.AnnAssign, ast.Expr, ast.Return)):
            self.whole = s.value
        try:
            after = self._rewritten(s)
            return [*self.before, *after]
        finally:
            self.before, self.whole = outer, whole

    def _rewritten(self, s: ast.stmt) -> list[ast.stmt]:
        self.count(s, 1)
        if isinstance(s, ast.FunctionDef):
            return self._define(s.name, Helper.of(s), s)
        if isinstance(s, ast.Assign):
            return self._assign(s)
        if isinstance(s, ast.AnnAssign):
            return self._declare(s)
        if isinstance(s, ast.Try):
            return self._try(s)
        if isinstance(s, ast.If):
            return self._branch(s)
        if isinstance(s, ast.For):
            return self._loop(s)
        changed = changed_by([s])
        s = self.generic_visit(s)  # type: ignore[assignment]
        self._follow(s, changed)
        return [s]

    def _follow(self, s: ast.stmt, changed: set[str]) -> None:
        """What an ``append`` says of its list; of other statements only that something changes."""
        call = s.value if isinstance(s, ast.Expr) else None
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "append":
            listed = call.func.value
            if isinstance(listed, ast.Name) and len(call.args) == 1 and not call.keywords:
                self.known.append(listed.id, call.args[0])
                changed = changed - {listed.id}
        for name in changed:
            self.known.forget(name)

    def _changed(self, nodes: Sequence[ast.AST]) -> set[str]:
        """Names that statements change, by helpers too."""
        changed = changed_by(nodes)
        if any(isinstance(n, ast.Name) and n.id in self.helpers for node in nodes for n in ast.walk(node)):
            for helper in self.helpers.values():
                changed |= helper.changed
        return changed

    def _define(self, name: str, helper: Helper, s: ast.stmt) -> list[ast.stmt]:
        if self.known.uses.counts[name] > 1 or (name in self.helpers and not helper.same(self.helpers[name])):
            self.refuse(s, f"{name} has two meanings; give each helper a name of its own")
        if name.startswith("_"):
            self.refuse(s, f"names that begin with an underscore are not allowed: {name}")
        if name in allow.BUILTINS | {"torch", "F", "self", "sum", "zip", "enumerate", "reversed"}:
            self.refuse(s, f"{name} must not be given another meaning; use a new name")
        self.helpers[name] = self.defined[name] = self.defined.get(name, helper)
        return []

    def _assign(self, s: ast.Assign) -> list[ast.stmt]:
        if len(s.targets) == 1 and isinstance(s.targets[0], ast.Name) and isinstance(s.value, ast.Lambda):
            return self._define(s.targets[0].id, Helper.of_lambda(s.value), s)
        changed = changed_by([s.value])
        s.value = self.visit(s.value)
        for name in changed:  # ``a = b.append(c)``
            self.known.forget(name)
        if len(s.targets) == 1:
            target = s.targets[0]
            if isinstance(target, ast.Tuple) and isinstance(s.value, (ast.Tuple, ast.List)):
                self.known.assign(target, s.value)
                return self._unpack(s, target, s.value)
            s.targets = [self.visit(target)]
            self.known.assign(s.targets[0], s.value)
            return [s]
        if any(not isinstance(t, ast.Name) for t in s.targets):
            self.refuse(s, "assign to one thing at a time")
        first = s.value if isinstance(s.value, ast.Constant) else self.kept(s.value)
        out = [ast.copy_location(ast.Assign([t], copied(first)), s) for t in s.targets]
        self.count(s, 2 * len(out))
        for one in out:
            self.known.assign(one.targets[0], one.value)
        return list(out)

    def _declare(self, s: ast.AnnAssign) -> list[ast.stmt]:
        """Python does not look at what a local variable is declared to be."""
        if s.value is not None:
            s.value = self.visit(s.value)
        s.target = self.visit(s.target)
        self.known.assign(s.target, s.value)
        return [s]

    def _unpack(self, s: ast.Assign, target: ast.Tuple, value: ast.Tuple | ast.List) -> list[ast.stmt]:
        """``a, b = 2, 3``, so that each is known to stand for its number."""
        if all(isinstance(v, ast.Constant) for v in value.elts) and len(value.elts) == len(target.elts):
            pairs = zip(target.elts, value.elts, strict=True)
            return [ast.copy_location(ast.Assign([t], v), s) for t, v in pairs]
        s.targets = [self.visit(target)]
        return [s]

    def _try(self, s: ast.Try) -> list[ast.stmt]:
        """What raises is refused later, so handlers never run."""
        for handler in s.handlers:
            kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
            if handler.name or any(k is not None and not isinstance(k, ast.Name) for k in kinds):
                self.refuse(handler, "an except clause may only name kinds of exceptions")
            self.left_out += handler.body
        if s.finalbody and (left := _leaving([*s.body, *s.orelse, *s.finalbody])) is not None:
            self.refuse(left, "return, break and continue may not stand in a try that has a finally")
        return self.block([*s.body, *s.orelse, *s.finalbody])

    def _branch(self, s: ast.If) -> list[ast.stmt]:
        s.test = self.visit(s.test)
        changed, helpers, before = self._changed([*s.body, *s.orelse]), dict(self.helpers), self.known.state()
        s.body = self.block(s.body)
        self.known.back_to(before, [])
        s.orelse = self.block(s.orelse) if s.orelse else []
        self.known.back_to(before, changed)
        self.helpers = helpers  # what is defined in a branch may not be there
        return [s]

    def _loop(self, s: ast.For) -> list[ast.stmt]:
        changed = self._changed([s.target, *s.body])
        always = _needs_numbers(s) or bool(changed & self.known.iterated & set(self.known.lists))
        elements = None
        if not s.orelse and not leaves(s.body) and not names_in(s.iter) & changed & set(self.known.lists):
            elements = self.elements.of(s.iter, always)
        if elements is None:
            return self._kept_loop(s, changed)
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
        isinstance(s, (ast.Break, ast.Continue)) or any(leaves(b) for b in _blocks(s, ast.For)) for s in statements
    )


def _blocks(s: ast.stmt, loops: type) -> list[list[ast.stmt]]:
    """The blocks of a statement in which ``break`` means the same as outside it."""
    if isinstance(s, ast.FunctionDef):
        return []
    blocks = [getattr(s, "body", []), getattr(s, "orelse", []), getattr(s, "finalbody", [])]
    blocks += [h.body for h in getattr(s, "handlers", [])]
    return blocks[1:] if isinstance(s, loops) else blocks


def _leaving(statements: Sequence[ast.stmt]) -> ast.stmt | None:
    """A return, break or continue in statements, those in their inner loops too."""
    for s in statements:
        if isinstance(s, (ast.Return, ast.Break, ast.Continue)):
            return s
        for block in _blocks(s, type(None)):
            if (found := _leaving(block)) is not None:
                return found
    return None


def _needs_numbers(s: ast.For) -> bool:
    """Whether something inside depends on this loop's variable in a way that only its number can settle."""
    variables = names_in(s.target)
    inner = (n.iter for b in s.body for n in ast.walk(b) if isinstance(n, (ast.For, ast.comprehension)))
    return any(variables & names_in(it) for it in inner)
