"""What a function does with its names, seen from its text: how often each gets a meaning, which lists have one name."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable

from .trees import stored_in, walk

# That a list stands here gives it no second name: these read it, or make a new one
_READERS = {"len", "sum", "zip", "enumerate", "reversed", "min", "max"}
_ITERATING = {"sum", "zip", "enumerate", "reversed"}
_NEW = (ast.List, ast.Tuple, ast.ListComp, ast.Call, ast.BinOp, ast.UnaryOp, ast.Compare, ast.Constant)


class Uses:
    """The names of a function, those inside its helpers among them.

    shared: names whose value may have a second name. iterated: names that something runs over. unclear: whether
    something is changed that may be a list inside another.
    """

    def __init__(self, function: ast.FunctionDef) -> None:
        self.counts: Counter[str] = Counter()
        self.shared: set[str] = set()
        self.iterated: set[str] = set()
        self.values: dict[str, list[ast.expr | None]] = {}
        for node in walk(function):
            self._note(node)
            for child in ast.iter_child_nodes(node):
                self._look(node, child)
        self.unclear = any(not self._is_new(c) for c in _changed_in([function]))

    def _note(self, node: ast.AST) -> None:
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            self.counts[node.id] += 1
        elif isinstance(node, (ast.FunctionDef, ast.arg)):
            name = node.name if isinstance(node, ast.FunctionDef) else node.arg
            self.counts[name] += 1
            self.values.setdefault(name, []).append(None)
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        for target in targets:
            if isinstance(target, ast.Name):
                value = node.value if isinstance(node, (ast.Assign, ast.AnnAssign)) else None
                if isinstance(node, ast.AugAssign):
                    value = ast.BinOp(node.target, node.op, node.value)
                self.values.setdefault(target.id, []).append(value)
            elif isinstance(target, (ast.Tuple, ast.List)):
                for name in stored_in([target]):
                    self.values.setdefault(name, []).append(None)

    def _is_new(self, changed: ast.expr) -> bool:
        """Whether what is changed is only ever something made for its name."""
        values = self.values.get(changed.id, [None]) if isinstance(changed, ast.Name) else [None]
        return all(isinstance(v, _NEW) for v in values)

    def _look(self, parent: ast.AST, child: ast.AST) -> None:
        if isinstance(child, ast.Name) and isinstance(child.ctx, ast.Load) and not _is_harmless(parent, child):
            self.shared.add(child.id)
        called = isinstance(parent, ast.Call) and isinstance(parent.func, ast.Name) and parent.func.id in _ITERATING
        if called or (isinstance(parent, (ast.For, ast.comprehension)) and child is parent.iter):
            inner = child
            while isinstance(inner, ast.Subscript):
                inner = inner.value
            if isinstance(inner, ast.Name):
                self.iterated.add(inner.id)


def _is_harmless(parent: ast.AST, name: ast.Name) -> bool:
    """Whether a name that is read here gives its value no second name (for lists)."""
    if isinstance(parent, (ast.Subscript, ast.Slice, ast.BinOp, ast.Compare)):
        return True
    if isinstance(parent, ast.Call):
        f = parent.func
        if isinstance(f, ast.Name):
            return f is name or f.id in _READERS
        return isinstance(f, ast.Attribute) and f.attr != "append"
    if isinstance(parent, ast.Attribute):
        return True
    return isinstance(parent, (ast.For, ast.comprehension)) and name is parent.iter


def _changed_in(nodes: Iterable[ast.AST]) -> list[ast.expr]:
    """What trees change in place: what is appended to, written into, or added to by ``+=``."""
    found: list[ast.expr] = []
    for n in walk(*nodes):
        written = isinstance(n, ast.Subscript) and isinstance(n.ctx, ast.Store)
        if written or (isinstance(n, ast.Attribute) and n.attr == "append"):
            found.append(n.value)  # type: ignore[attr-defined]
        elif isinstance(n, ast.AugAssign) and isinstance(n.target, ast.Name):
            found.append(n.target)
    return found


def changed_by(nodes: Iterable[ast.AST]) -> set[str]:
    """The names that trees give a new meaning, or whose value they change."""
    nodes = list(nodes)
    return stored_in(nodes) | {c.id for c in _changed_in(nodes) if isinstance(c, ast.Name)}


def has_effect(body: list[ast.stmt], own: set[str]) -> bool:
    """Whether statements change something in place that is not one of the names ``own``."""
    return any(not isinstance(c, ast.Name) or c.id not in own for c in _changed_in(body))


def grown_under_two_names(function: ast.FunctionDef) -> ast.AugAssign | None:
    """A list that grows by ``+=`` and may have a second name: Python changes it under both.

    Asked of a function without helpers and comprehensions.
    """
    uses = Uses(function)
    lists = _lists(function, uses)
    for n in ast.walk(function):
        if isinstance(n, ast.AugAssign) and isinstance(n.target, ast.Name) and n.target.id in lists:
            values = [v for v in uses.values.get(n.target.id, []) if v is not None]
            if n.target.id in uses.shared or any(not isinstance(v, (ast.List, ast.BinOp)) for v in values):
                return n
    return None


def _lists(function: ast.FunctionDef, uses: Uses) -> set[str]:
    """Names that may stand for a list, among them those that take one from another name or out of another list."""
    nested = any(
        isinstance(e, (ast.List, ast.Name)) for n in ast.walk(function) if isinstance(n, ast.List) for e in n.elts
    )
    found: set[str] = set()

    def is_list(v: ast.expr | None) -> bool:
        if isinstance(v, ast.Name):
            return v.id in found
        if isinstance(v, ast.BinOp):
            return is_list(v.left) or is_list(v.right)
        if isinstance(v, ast.IfExp):
            return is_list(v.body) or is_list(v.orelse)
        if isinstance(v, ast.Subscript):
            return is_list(v.value) and (nested or isinstance(v.slice, ast.Slice))
        return isinstance(v, ast.List)

    for n in ast.walk(function):
        if isinstance(n, ast.AugAssign) and isinstance(n.target, ast.Name) and isinstance(n.value, ast.List):
            found.add(n.target.id)
    while True:
        more = {name for name, values in uses.values.items() if name not in found and any(map(is_list, values))}
        if not more:
            return found
        found |= more
