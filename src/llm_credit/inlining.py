"""Helpers that a function defines for itself: how one is put where it is called."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from .errors import Refused
from .fresh import Fresh
from .trees import Rename, constant_of, copied, is_text, size_of, stored_in
from .uses import Uses, changed_by, has_effect

MAX_COPIED = 3_000  # nodes that are written twice since a helper may return before them
MAX_RETURNS = 30  # branches inside branches that these make


class Helper:
    """A function or lambda inside the function. ``used`` says whether it was called.

    own: names that it assigns. changed: those, and what it changes in place. effect: whether it changes something in
    place that is not its own. Helpers that it calls are not looked at.
    """

    def __init__(self, arguments: ast.arguments, body: list[ast.stmt], line: int) -> None:
        self.arguments, self.body, self.line, self.used = arguments, body, line, False
        a = arguments
        if a.vararg or a.kwarg or a.kwonlyargs or a.posonlyargs:
            raise Refused("screen", "a helper takes plain parameters only", line)
        if any(constant_of(d) is None for d in a.defaults):
            raise Refused("screen", "a helper's defaults must be plain numbers", line)
        self.own, self.changed = stored_in(body), changed_by(body)
        inside = ast.FunctionDef("", a, body, [])
        self.calls = {n.func.id for n in ast.walk(inside) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)}
        self.effect = has_effect(body, self._unshared(inside))

    def _unshared(self, inside: ast.FunctionDef) -> set[str]:
        """Names whose memory is the helper's own; a parameter is one from where it is given a new value."""
        values = Uses(inside).values
        for p in self.arguments.args:
            for s in self.body:
                new = isinstance(s, ast.Assign) and len(s.targets) == 1 and isinstance(s.targets[0], ast.Name)
                if new and s.targets[0].id == p.arg:  # type: ignore[attr-defined]
                    values[p.arg].remove(None)
                    break
                if p.arg in changed_by([s]):
                    break
        fresh = Fresh(values)
        return {name for name in self.own if fresh.name(name)}

    @classmethod
    def of(cls, function: ast.FunctionDef) -> Helper:
        if function.decorator_list:
            raise Refused("screen", "decorators are not allowed", function.lineno)
        inner = [n for s in function.body for n in ast.walk(s)]
        if any(isinstance(n, (ast.Yield, ast.YieldFrom, ast.Nonlocal, ast.Global, ast.FunctionDef)) for n in inner):
            raise Refused("screen", "a helper may hold assignments, if, for and return only", function.lineno)
        return cls(function.args, [s for s in function.body if not is_text(s)], function.lineno)

    @classmethod
    def of_lambda(cls, function: ast.Lambda) -> Helper:
        body: ast.stmt = ast.copy_location(ast.Return(function.body), function)
        return cls(function.args, [body], function.lineno)

    def same(self, other: Helper) -> bool:
        """Whether two say the same: a loop that is written out defines its helpers again and again."""
        return (ast.dump(self.arguments), *map(ast.dump, self.body)) == (
            ast.dump(other.arguments),
            *map(ast.dump, other.body),
        )

    def body_for(self, call: ast.Call, names: Iterator[str]) -> tuple[list[ast.stmt], list[ast.stmt], dict[str, str]]:
        """The assignments of the arguments, a copy of the body in which the helper's own names are new, and these."""
        given = self._given(call)
        renamed = {name: next(names) for name in [*given, *sorted(self.own - set(given))]}
        bindings: list[ast.stmt] = []
        for name, value in given.items():
            target = ast.Name(renamed[name], ast.Store())
            bindings.append(ast.copy_location(ast.Assign([target], value), call))
        return bindings, [Rename(renamed).visit(copied(s)) for s in self.body], renamed

    def _given(self, call: ast.Call) -> dict[str, ast.expr]:
        """Every parameter with its value, in the order in which Python takes them."""
        names = [a.arg for a in self.arguments.args]
        keywords = {k.arg or "": k.value for k in call.keywords}
        starred = any(isinstance(a, ast.Starred) for a in call.args) or "" in keywords
        if starred or len(call.args) > len(names) or not set(keywords) <= set(names[len(call.args) :]):
            raise Refused("screen", f"the helper takes {', '.join(names) or 'nothing'}", call.lineno)
        found: dict[str, ast.expr] = dict(zip(names, call.args, strict=False)) | keywords
        first_default = len(names) - len(self.arguments.defaults)
        for i, name in enumerate(names):
            if name not in found:
                if i < first_default:
                    raise Refused("screen", f"the helper is called without {name}", call.lineno)
                found[name] = copied(self.arguments.defaults[i - first_default])
        return found


class Results:
    """Bodies whose returns assign to a name instead. What follows a branch that may return goes into both."""

    def __init__(self, name: str, where: ast.AST) -> None:
        self.name, self.line = name, getattr(where, "lineno", None)
        self.made = 0

    def of(self, body: Sequence[ast.stmt], depth: int = 0) -> list[ast.stmt]:
        """Raises Refused where a body may end without a result, or where what comes out is long."""
        if depth > MAX_RETURNS:
            raise Refused("screen", f"a helper may return early {MAX_RETURNS} times; use torch.where", self.line)
        out: list[ast.stmt] = []
        for k, s in enumerate(body):
            if isinstance(s, ast.Return):
                if s.value is None:
                    break
                out.append(ast.copy_location(ast.Assign([ast.Name(self.name, ast.Store())], s.value), s))
                return out
            if isinstance(s, ast.If) and _returns(s):
                rest = list(body[k + 1 :])
                again = [] if _always(s.body) else self._copied(rest)
                yes = self.of([*s.body, *again], depth + 1)
                no = self.of([*s.orelse, *([] if _always(s.orelse) else rest)], depth + 1)
                out.append(ast.copy_location(ast.If(s.test, yes, no), s))
                return out
            if _returns(s):
                raise Refused("screen", "a helper must not return from inside a loop", s.lineno)
            out.append(s)
        raise Refused("screen", "a helper must end in return with a value", self.line)

    def _copied(self, statements: list[ast.stmt]) -> list[ast.stmt]:
        self.made += size_of(statements)
        if self.made > MAX_COPIED:
            raise Refused("screen", "a helper has too much after branches that may return", self.line)
        return [copied(s) for s in statements]


def _returns(s: ast.stmt) -> bool:
    return any(isinstance(n, ast.Return) for n in ast.walk(s))


def _always(statements: Sequence[ast.stmt]) -> bool:
    """Whether statements end in a return, whichever way they go."""
    return any(
        isinstance(s, ast.Return) or (isinstance(s, ast.If) and _always(s.body) and _always(s.orelse))
        for s in statements
    )
