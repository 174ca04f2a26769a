"""Helpers that a function defines for itself: how one is put where it is called."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from .errors import Refused
from .trees import copied, is_text, stored_in


class Helper:
    """A function or lambda inside the function. ``used`` says whether it was called."""

    def __init__(self, arguments: ast.arguments, body: list[ast.stmt], line: int) -> None:
        self.arguments, self.body, self.line, self.used = arguments, body, line, False
        a = arguments
        if a.vararg or a.kwarg or a.kwonlyargs or a.posonlyargs:
            raise Refused("screen", "a helper takes plain parameters only", line)
        if any(not isinstance(d, ast.Constant) for d in a.defaults):
            raise Refused("screen", "a helper's defaults must be plain numbers", line)

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

    def body_for(self, call: ast.Call, names: Iterator[str]) -> tuple[list[ast.stmt], list[ast.stmt]]:
        """The assignments of the arguments, and a copy of the body in which the helper's own names are new."""
        given = self._given(call)
        own = stored_in(self.body)
        renamed = {name: next(names) for name in [*given, *sorted(own - set(given))]}
        bindings: list[ast.stmt] = []
        for name, value in given.items():
            target = ast.Name(renamed[name], ast.Store())
            bindings.append(ast.copy_location(ast.Assign([target], value), call))
        return bindings, [_Rename(renamed).visit(copied(s)) for s in self.body]

    def _given(self, call: ast.Call) -> dict[str, ast.expr]:
        """Every parameter with its value, in the parameters' order."""
        names = [a.arg for a in self.arguments.args]
        keywords = {k.arg: k.value for k in call.keywords}
        starred = any(isinstance(a, ast.Starred) for a in call.args) or None in keywords
        if starred or len(call.args) > len(names) or not set(keywords) <= set(names[len(call.args) :]):
            raise Refused("screen", f"the helper takes {', '.join(names) or 'nothing'}", call.lineno)
        found: dict[str, ast.expr] = dict(zip(names, call.args, strict=False))
        first_default = len(names) - len(self.arguments.defaults)
        for i, name in enumerate(names[len(call.args) :], len(call.args)):
            if name in keywords:
                found[name] = keywords[name]
            elif i >= first_default:
                found[name] = copied(self.arguments.defaults[i - first_default])
            else:
                raise Refused("screen", f"the helper is called without {name}", call.lineno)
        return found


class _Rename(ast.NodeTransformer):
    def __init__(self, names: dict[str, str]) -> None:
        self.names = names

    def visit_Name(self, n: ast.Name) -> ast.Name:
        return ast.copy_location(ast.Name(self.names.get(n.id, n.id), n.ctx), n)

    def visit_Lambda(self, n: ast.Lambda) -> ast.Lambda:
        outer, hidden = self.names, {a.arg for a in n.args.args}
        self.names = {k: v for k, v in outer.items() if k not in hidden}
        n.body = self.visit(n.body)
        self.names = outer
        return n


def with_result(body: Sequence[ast.stmt], name: str, where: ast.AST) -> list[ast.stmt]:
    """A body whose returns assign to ``name`` instead. Raises Refused where it may end without one."""
    out: list[ast.stmt] = []
    for k, s in enumerate(body):
        rest = list(body[k + 1 :])
        if isinstance(s, ast.Return):
            if s.value is None:
                break
            out.append(ast.copy_location(ast.Assign([ast.Name(name, ast.Store())], s.value), s))
            return out
        if isinstance(s, ast.If) and _returns(s):
            yes = with_result([*s.body, *map(copied, rest)], name, where)
            no = with_result([*s.orelse, *rest], name, where)
            out.append(ast.copy_location(ast.If(s.test, yes, no), s))
            return out
        if _returns(s):
            raise Refused("screen", "a helper must not return from inside a loop", s.lineno)
        out.append(s)
    raise Refused("screen", "a helper must end in return with a value", getattr(where, "lineno", None))


def _returns(s: ast.stmt) -> bool:
    return any(isinstance(n, ast.Return) for n in ast.walk(s))
