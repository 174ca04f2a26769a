"""Python that TorchScript lacks, written out in what it has, before anything is checked: the statements.

Helpers and lambdas go where they are called, comprehensions and loops over what stands in the source are written out
element by element (loops.py, idioms.py). Nothing is evaluated but whole numbers. What comes out is screened
like any other source, and what is left out (a ``try``'s handlers, a value that a number of the source excludes) is
screened too.
"""

from __future__ import annotations

import ast
import builtins
import itertools
from collections.abc import Sequence

from . import allowlist as allow
from .errors import Refused
from .inlining import Helper
from .known import Known
from .loops import Loops, blocks_of, leaves
from .order import check_order
from .scoping import name_apart
from .trees import copied, depth_of, names_in
from .uses import Uses, changed_by, grown_under_two_names

MAX_DEPTH = 120  # of the tree that comes out
EXCEPTIONS = {name for name, kind in vars(builtins).items() if isinstance(kind, type) and issubclass(kind, Exception)}


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
    work.refuse_idle()
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


class _Desugar(Loops):
    """Rewrites statements, each into those that stand for it."""

    def __init__(self, function: ast.FunctionDef) -> None:
        taken = names_in(function) | {n.arg for n in ast.walk(function) if isinstance(n, ast.arg)}
        names = (f"h{i}" for i in itertools.count(1) if f"h{i}" not in taken)
        name_apart(function, names, taken)
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
        if isinstance(s, ast.Assert):
            return self._assert(s)
        if isinstance(s, ast.If):
            return self._branch(s)
        if isinstance(s, ast.For):
            return self.loop(s)
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

    def _assert(self, s: ast.Assert) -> list[ast.stmt]:
        """It is looked at before the function first runs, and is the same ever after. Nobody reads its text."""
        s.test = self.visit(s.test)
        self._leave_text(s.msg)
        s.msg = None
        return [s]

    def _leave_text(self, message: ast.expr | None) -> None:
        """What a message computes goes to the screen."""
        parts = message.values if isinstance(message, ast.JoinedStr) else [] if message is None else [message]
        for part in parts:
            inner = part.value if isinstance(part, ast.FormattedValue) else part
            if isinstance(part, ast.FormattedValue):
                self._leave_text(part.format_spec)
            if not isinstance(inner, ast.Constant):
                self.left_out.append(ast.copy_location(ast.Expr(inner), inner))

    def _asserted(self, s: ast.If) -> ast.Assert | None:
        """``if c: raise ValueError(...)`` as what it asserts; None for any other branch."""
        raised = s.body[0]
        if len(s.body) > 1 or s.orelse or not isinstance(raised, ast.Raise) or raised.cause is not None:
            return None
        kind = raised.exc.func if isinstance(raised.exc, ast.Call) else raised.exc
        if not isinstance(kind, ast.Name) or kind.id not in EXCEPTIONS or self.known.uses.counts[kind.id]:
            return None
        if isinstance(raised.exc, ast.Call):
            if raised.exc.keywords:
                return None
            for message in raised.exc.args:
                self._leave_text(message)
        return ast.copy_location(ast.Assert(ast.copy_location(ast.UnaryOp(ast.Not(), s.test), s.test)), s)

    def _branch(self, s: ast.If) -> list[ast.stmt]:
        if (asserted := self._asserted(s)) is not None:
            return self._assert(asserted)
        s.test = self.visit(s.test)
        changed, helpers, before = self.changed_in([*s.body, *s.orelse]), dict(self.helpers), self.known.state()
        s.body = self.block(s.body)
        self.known.back_to(before, [])
        s.orelse = self.block(s.orelse) if s.orelse else []
        self.known.back_to(before, changed)
        self.helpers = helpers  # what is defined in a branch may not be there
        return [s]


def _leaving(statements: Sequence[ast.stmt]) -> ast.stmt | None:
    """A return, break or continue in statements, those in their inner loops too."""
    for s in statements:
        if isinstance(s, (ast.Return, ast.Break, ast.Continue)):
            return s
        for block in blocks_of(s, type(None)):
            if (found := _leaving(block)) is not None:
                return found
    return None
