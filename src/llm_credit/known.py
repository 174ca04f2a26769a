"""What a source says of its own names: numbers and lists that stand in it."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from typing import Any

from .trees import copied, stored_in, substituted

_NUMBERS: dict[type, Callable[[int, int], int]] = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul}
_TRUTHS: dict[type, Callable[[Any, Any], bool]] = {
    ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt, ast.GtE: operator.ge, ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}  # fmt: skip
CHANGING = ("append", "extend", "insert", "pop", "reverse", "sort", "remove", "clear")  # a list
MAX_ELEMENTS = 10_000
MAX_NUMBER = 10**12


class Known:
    """Names of one function that are assigned once, to a number or to a list that nothing changes later."""

    def __init__(self, function: ast.FunctionDef) -> None:
        self.values: dict[str, list[ast.expr | None]] = {}
        self.changed: set[str] = set()
        for node in ast.walk(function):
            self._note(node)

    def _note(self, node: ast.AST) -> None:
        if isinstance(node, ast.Assign):
            for target in node.targets:
                pairs = [(target, node.value)]
                if (
                    isinstance(target, ast.Tuple)
                    and isinstance(node.value, (ast.Tuple, ast.List))
                    and len(target.elts) == len(node.value.elts)
                ):
                    pairs = list(zip(target.elts, node.value.elts, strict=True))
                for t, v in pairs:
                    self._bind(t, v)
        elif isinstance(node, (ast.AnnAssign, ast.NamedExpr)):
            self._bind(node.target, node.value)
        elif isinstance(node, (ast.AugAssign, ast.For, ast.comprehension)):
            self._bind(node.target, None)
        elif isinstance(node, ast.FunctionDef):
            self.values.setdefault(node.name, []).append(None)
        elif isinstance(node, ast.arg):
            self.values.setdefault(node.arg, []).append(None)
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.attr in CHANGING:
            self.changed.add(node.value.id)

    def _bind(self, target: ast.expr, value: ast.expr | None) -> None:
        if isinstance(target, ast.Name):
            self.values.setdefault(target.id, []).append(value)
        elif isinstance(target, ast.Subscript):
            if isinstance(target.value, ast.Name):
                self.changed.add(target.value.id)
        else:
            for part in ast.walk(target):
                if isinstance(part, ast.Name):
                    self.values.setdefault(part.id, []).append(None)

    def learn(self, name: str, value: ast.List) -> None:
        """A comprehension that was written out: a name that is assigned once stands for this list."""
        if isinstance(self._only(name), ast.ListComp):
            self.values[name] = [value]

    def times(self, name: str) -> int:
        """How often a name is given a meaning."""
        return len(self.values.get(name, []))

    def _only(self, name: str) -> ast.expr | None:
        values = self.values.get(name, [])
        return values[0] if len(values) == 1 else None

    def number(self, n: ast.expr | None) -> int | None:
        """The whole number that an expression stands for, None where the source does not fix it."""
        value: int | None = None
        if isinstance(n, ast.Constant):
            value = n.value if isinstance(n.value, int) and not isinstance(n.value, bool) else None
        elif isinstance(n, ast.Name):
            only = self._only(n.id)
            value = self.number(only) if isinstance(only, (ast.Constant, ast.UnaryOp, ast.BinOp)) else None
        elif isinstance(n, ast.UnaryOp) and isinstance(n.op, ast.USub):
            inner = self.number(n.operand)
            value = None if inner is None else -inner
        elif isinstance(n, ast.BinOp):
            left, right = self.number(n.left), self.number(n.right)
            if left is not None and right is not None:
                if type(n.op) in _NUMBERS:
                    value = _NUMBERS[type(n.op)](left, right)
                elif isinstance(n.op, ast.FloorDiv) and right > 0:
                    value = left // right
        elif isinstance(n, ast.Call):
            value = self.length(n)
        return value if value is None or abs(value) < MAX_NUMBER else None

    def length(self, n: ast.Call) -> int | None:
        """``len`` of a list that stands in the source."""
        if not isinstance(n.func, ast.Name) or n.func.id != "len" or self.times("len") or len(n.args) != 1:
            return None
        listed = self._listed(n.args[0])
        return None if listed is None else len(listed.elts)

    def _listed(self, n: ast.expr) -> ast.List | ast.Tuple | None:
        if isinstance(n, ast.Name):
            only = None if n.id in self.changed else self._only(n.id)
            return only if isinstance(only, (ast.List, ast.Tuple)) else None
        if isinstance(n, ast.Subscript) and isinstance(n.value, ast.Name):
            outer, k = self._listed(n.value), self.number(n.slice)
            inner = outer.elts[k] if outer is not None and k is not None and 0 <= k < len(outer.elts) else None
            return inner if isinstance(inner, (ast.List, ast.Tuple)) else None
        return n if isinstance(n, (ast.List, ast.Tuple)) else None

    def truth(self, n: ast.expr) -> bool | None:
        """Whether a condition on numbers of the source holds, None where the source does not say."""
        if isinstance(n, ast.Constant):
            return n.value if isinstance(n.value, bool) else None
        if isinstance(n, ast.UnaryOp) and isinstance(n.op, ast.Not):
            inner = self.truth(n.operand)
            return None if inner is None else not inner
        if isinstance(n, ast.Compare) and len(n.ops) == 1 and type(n.ops[0]) in _TRUTHS:
            left, right = self.number(n.left), self.number(n.comparators[0])
            return None if left is None or right is None else _TRUTHS[type(n.ops[0])](left, right)
        return None

    def plain(self, n: ast.expr, depth: int = 0) -> bool:
        """Whether an expression can only be a plain number: it may then be written twice."""
        if depth > 20:
            return False
        if isinstance(n, ast.Constant):
            return isinstance(n.value, (int, float))
        if isinstance(n, ast.Name):
            only = self._only(n.id)
            return only is not None and self.plain(only, depth + 1)
        if isinstance(n, ast.Call):
            f = n.func
            named = isinstance(f, ast.Name) and f.id == "len"
            return named or (isinstance(f, ast.Attribute) and (f.attr == "dim" or (f.attr == "size" and bool(n.args))))
        if isinstance(n, ast.Subscript):
            return isinstance(n.value, ast.Attribute) and n.value.attr == "shape"
        if isinstance(n, ast.BinOp):
            return self.plain(n.left, depth + 1) and self.plain(n.right, depth + 1)
        return isinstance(n, ast.UnaryOp) and self.plain(n.operand, depth + 1)

    def elements(self, n: ast.expr, always: bool) -> list[ast.expr] | None:
        """What a loop over ``n`` gives, None where the source does not say.

        always: numbers of a ``range()`` too, over which TorchScript can loop itself.
        """
        if isinstance(n, (ast.Name, ast.Subscript)) and (listed := self._listed(n)) is not None:
            return [e if isinstance(e, ast.Constant) else _item(n, k) for k, e in enumerate(listed.elts)]
        if isinstance(n, (ast.List, ast.Tuple)):
            return None if any(isinstance(e, ast.Starred) for e in n.elts) else list(n.elts)
        if not isinstance(n, ast.Call) or not isinstance(n.func, ast.Name) or self.times(n.func.id):
            return None
        return self._called(n, n.func.id, always)

    def _called(self, n: ast.Call, name: str, always: bool) -> list[ast.expr] | None:
        if name == "range" and not n.keywords:
            numbers = [self.number(a) for a in n.args]
            if not always or not 1 <= len(numbers) <= 3 or None in numbers or (len(numbers) == 3 and not numbers[2]):
                return None
            found = range(*[i for i in numbers if i is not None])
            return [ast.copy_location(ast.Constant(i), n) for i in found] if len(found) <= MAX_ELEMENTS else None
        if name in ("enumerate", "zip", "reversed") and not n.keywords and n.args:
            parts = [self.elements(a, True) for a in n.args]
            if any(p is None for p in parts):
                return None
            lists = [p for p in parts if p is not None]
            if name == "reversed" and len(lists) == 1:
                return lists[0][::-1]
            if name == "enumerate" and len(lists) == 1:
                lists = [[ast.copy_location(ast.Constant(k), n) for k in range(len(lists[0]))], lists[0]]
            elif name != "zip":
                return None
            return [ast.copy_location(ast.Tuple(list(e), ast.Load()), n) for e in zip(*lists, strict=False)]
        return None

    def replacing(self, target: ast.expr, element: ast.expr) -> dict[str, ast.expr] | None:
        """What each name of a loop's target stands for; None where they do not fit."""
        if isinstance(target, ast.Name):
            return {target.id: element}
        if isinstance(target, (ast.Tuple, ast.List)) and isinstance(element, (ast.Tuple, ast.List)):
            if len(target.elts) != len(element.elts):
                return None
            found: dict[str, ast.expr] = {}
            for t, e in zip(target.elts, element.elts, strict=True):
                inner = self.replacing(t, e)
                if inner is None:
                    return None
                found |= inner
            return found
        return None

    def bound(self, target: ast.expr, element: ast.expr, body: list[ast.stmt]) -> tuple[list[ast.stmt], list[ast.stmt]]:
        """A copy of a loop's body for one element, and the assignments that go before it.

        Numbers are put in place of names, so that sizes and inner loops know them; the names get them as well.
        """
        replaced = self.replacing(target, element)
        if replaced is None:
            return [copied(s) for s in body], [ast.Assign([copied(target)], copied(element))]
        stored = stored_in(body)
        values: dict[str, ast.expr] = {
            k: v for k, v in replaced.items() if isinstance(v, ast.Constant) and k not in stored
        }
        bindings: list[ast.stmt] = [ast.Assign([ast.Name(k, ast.Store())], copied(v)) for k, v in replaced.items()]
        return [substituted(s, values) for s in body], bindings


def _item(n: ast.expr, k: int) -> ast.expr:
    found = ast.Subscript(copied(n), ast.Constant(k), ast.Load())
    return ast.copy_location(found, n)
