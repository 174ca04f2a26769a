"""Small questions to syntax trees, and copies of them."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import Any


def is_text(s: ast.stmt) -> bool:
    """A docstring, or another string that nobody reads."""
    return isinstance(s, ast.Expr) and isinstance(getattr(s.value, "value", None), str)


def walk(*nodes: ast.AST) -> list[ast.AST]:
    """Every node of trees, level by level; ``ast.walk`` takes twice as long."""
    found = list(nodes)
    for node in found:  # it grows
        for name in node._fields:
            value = getattr(node, name, None)
            if isinstance(value, list):
                found += [v for v in value if isinstance(v, ast.AST)]
            elif isinstance(value, ast.AST):
                found.append(value)
    return found


def names_in(*nodes: ast.AST) -> set[str]:
    """The names that occur in trees."""
    return {n.id for n in walk(*nodes) if isinstance(n, ast.Name)}


def stored_in(nodes: Iterable[ast.AST]) -> set[str]:
    """The names that trees give a meaning."""
    return {n.id for n in walk(*nodes) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}


def size_of(nodes: Iterable[ast.AST]) -> int:
    """How many nodes trees have."""
    return len(walk(*nodes))


def depth_of(node: ast.AST, limit: int) -> int:
    """How deep a tree is; it stops counting above ``limit``."""
    level: list[ast.AST] = [node]
    for depth in range(limit + 1):
        level = [child for n in level for child in ast.iter_child_nodes(n)]
        if not level:
            return depth
    return limit + 1


def size_with(node: ast.AST, values: dict[str, ast.expr]) -> int:
    """How many nodes a tree will have with names replaced by expressions."""
    sizes = {name: size_of([e]) for name, e in values.items()}
    return sum(sizes.get(n.id, 1) if isinstance(n, ast.Name) else 1 for n in walk(node))


def constant_of(e: ast.expr) -> ast.expr | None:
    """A constant, or a number with a sign; None for anything else."""
    inner = e.operand if isinstance(e, ast.UnaryOp) and isinstance(e.op, (ast.USub, ast.UAdd)) else e
    if not isinstance(inner, ast.Constant) or (inner is not e and not isinstance(inner.value, (int, float))):
        return None
    return e


def copied(node: Any) -> Any:
    """A copy of a tree; ``copy.deepcopy`` takes ten times as long."""
    return substituted(node, {})


def substituted(node: Any, values: dict[str, ast.expr]) -> Any:
    """A copy of a tree with names replaced by expressions, but for names that something inside gives a meaning."""
    if isinstance(node, list):
        return [substituted(n, values) for n in node]
    if not isinstance(node, ast.AST) or not node._fields:  # ``Load()`` and the like can stand in two trees
        return node
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in values:
        return ast.copy_location(copied(values[node.id]), node)
    if values:
        values = _visible(node, values)
    new = type(node)(**{name: substituted(value, values) for name, value in ast.iter_fields(node)})
    for name in node._attributes:
        if (place := getattr(node, name, None)) is not None:
            setattr(new, name, place)
    return new


def _visible(node: ast.AST, values: dict[str, ast.expr]) -> dict[str, ast.expr]:
    hidden: set[str] = set()
    if isinstance(node, (ast.Lambda, ast.FunctionDef)):  # what stands in it is looked up when it is called
        return {}
    if isinstance(node, (ast.ListComp, ast.GeneratorExp)):
        hidden = names_in(*(g.target for g in node.generators))
    return {k: v for k, v in values.items() if k not in hidden} if hidden else values


class Rename(ast.NodeTransformer):
    """Gives names others; a lambda's own parameters hide those outside."""

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
