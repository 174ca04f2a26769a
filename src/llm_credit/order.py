"""In which order Python looks at the parts of a statement: what is moved before it must not come too early."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from .errors import Refused

_SOMETIMES = "a walrus may not stand where it may not run or runs more than once; assign on a line of its own"
_EARLIER = "a walrus changes a name that the same line reads before; assign on a line of its own"


def check_order(s: ast.stmt) -> None:
    """Refuses a walrus whose value would be seen too early, and an ``append`` inside an expression."""
    whole = s.value if isinstance(s, (ast.Expr, ast.Assign)) else None
    read: set[str] = set()
    for part in _own(s):
        for n, sometimes in _ordered(part, False):
            if isinstance(n, ast.Name):
                read.add(n.id)
            elif isinstance(n, ast.Call):
                if isinstance(n.func, ast.Attribute) and n.func.attr == "append" and n is not whole:
                    raise Refused("screen", ".append() must stand on a line of its own", n.lineno)
            elif isinstance(n, ast.NamedExpr):
                if sometimes:
                    raise Refused("screen", _SOMETIMES, n.lineno)
                if n.target.id in read:
                    raise Refused("screen", _EARLIER, n.lineno)
                read.add(n.target.id)


def _own(s: ast.stmt) -> list[ast.expr]:
    """A statement's own expressions, as Python takes them: a block's statements are not among them."""
    if isinstance(s, ast.Assign):
        return [s.value, *s.targets]
    if isinstance(s, ast.AnnAssign):
        return [e for e in (s.value, s.target) if e is not None]
    if isinstance(s, ast.AugAssign):
        return [s.target, s.value]
    if isinstance(s, (ast.Expr, ast.Return)):
        return [] if s.value is None else [s.value]
    if isinstance(s, (ast.If, ast.Assert)):
        return [s.test]
    return [s.iter, s.target] if isinstance(s, ast.For) else []


def _ordered(n: ast.AST, sometimes: bool) -> Iterator[tuple[ast.AST, bool]]:
    """Names, calls and walruses in Python's order, each with whether it may run not at all or several times."""
    if isinstance(n, ast.IfExp):
        parts = [(n.test, sometimes), (n.body, True), (n.orelse, True)]
    elif isinstance(n, ast.BoolOp):
        parts = [(v, sometimes or k > 0) for k, v in enumerate(n.values)]
    elif isinstance(n, ast.Compare):
        parts = [(v, sometimes or k > 1) for k, v in enumerate([n.left, *n.comparators])]
    elif isinstance(n, (ast.ListComp, ast.GeneratorExp, ast.Lambda)):
        parts = [(c, True) for c in ast.iter_child_nodes(n)]  # type: ignore[misc]
    else:
        parts = [(c, sometimes) for c in ast.iter_child_nodes(n) if c is not getattr(n, "target", None)]  # type: ignore[misc]
    for child, rarely in parts:
        yield from _ordered(child, rarely)
    if isinstance(n, (ast.Name, ast.Call, ast.NamedExpr)):
        yield n, sometimes
