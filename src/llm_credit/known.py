"""What the source settles as the rewriting goes through it, line by line: whole numbers, and what stands in lists."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from .trees import constant_of
from .uses import Uses

_NUMBERS: dict[type, Callable[[int, int], int]] = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul}
_TRUTHS: dict[type, Callable[[Any, Any], bool]] = {
    ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt, ast.GtE: operator.ge, ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}  # fmt: skip
MAX_NUMBER = 10**12


@dataclass(frozen=True)
class Listed:
    """A list or tuple whose length is known. items: plain constants, lists inside it, None for anything else."""

    items: tuple[ast.expr | Listed | None, ...]
    fixed: bool  # a tuple


_Fact = tuple[int | None, bool, Listed | None]  # the number, whether it is a plain one, the list


class Known:
    """Facts that hold at the line that the rewriting has come to.

    A name's fact is replaced where the name is assigned, and dropped where the source does not say which way it went
    (after a branch or a loop that stays one). Facts of lists are kept only for lists that have one name.
    """

    def __init__(self, uses: Uses) -> None:
        self.uses = uses
        self.numbers: dict[str, int] = {}
        self.plains: set[str] = set()
        self.lists: dict[str, Listed] = {}
        self.owned = {name for name in uses.counts if name not in uses.shared}
        self.iterated = set(uses.iterated)

    def rename(self, names: dict[str, str]) -> None:
        """Names of a helper that stand for others where it is written out."""
        self.owned |= {new for old, new in names.items() if old in self.owned}
        self.iterated |= {new for old, new in names.items() if old in self.iterated}

    def state(self) -> tuple[dict[str, int], set[str], dict[str, Listed]]:
        return dict(self.numbers), set(self.plains), dict(self.lists)

    def back_to(self, state: tuple[dict[str, int], set[str], dict[str, Listed]], forget: Iterable[str]) -> None:
        """The facts of an earlier line, but for names that may have changed since."""
        self.numbers, self.plains, self.lists = dict(state[0]), set(state[1]), dict(state[2])
        for name in forget:
            self.forget(name)

    def forget(self, name: str) -> None:
        self.numbers.pop(name, None)
        self.plains.discard(name)
        self.lists.pop(name, None)

    def assign(self, target: ast.expr, value: ast.expr | None) -> None:
        """What an assignment says of its target."""
        if isinstance(target, ast.Name):
            self._set(target.id, self._fact(target.id, value))
        elif isinstance(target, ast.Subscript):
            base = target.value
            while isinstance(base, ast.Subscript):
                base = base.value
            if isinstance(base, ast.Name):
                self.forget(base.id)
        elif isinstance(target, (ast.Tuple, ast.List)):
            values = value.elts if isinstance(value, (ast.Tuple, ast.List)) else []
            pairs = zip(
                target.elts, values if len(values) == len(target.elts) else [None] * len(target.elts), strict=True
            )
            found = [(t.id, self._fact(t.id, v)) for t, v in pairs if isinstance(t, ast.Name)]
            for part in ast.walk(target):
                if isinstance(part, ast.Name):
                    self.forget(part.id)
            for name, fact in found:
                self._set(name, fact)

    def _fact(self, name: str, value: ast.expr | None) -> _Fact:
        listed = None
        if isinstance(value, ast.Tuple) or (isinstance(value, ast.List) and name in self.owned):
            listed = self.listed(value)
        return self.number(value), value is not None and self.plain(value), listed

    def _set(self, name: str, fact: _Fact) -> None:
        number, plain, listed = fact
        self.forget(name)
        if number is not None:
            self.numbers[name] = number
        if plain or number is not None:
            self.plains.add(name)
        if listed is not None:
            self.lists[name] = listed

    def append(self, name: str, value: ast.expr) -> None:
        """One more element of a list."""
        if (listed := self.lists.get(name)) is not None:
            self.lists[name] = Listed((*listed.items, self._item(value)), fixed=False)

    def _item(self, e: ast.expr) -> ast.expr | Listed | None:
        if (constant := constant_of(e)) is not None:
            return constant
        if (number := self.number(e)) is not None:
            return ast.copy_location(ast.Constant(number), e)
        return self.listed(e) if isinstance(e, (ast.List, ast.Tuple)) else None

    def listed(self, n: ast.expr) -> Listed | None:
        """What is known of a list or tuple; None where not even its length is."""
        if isinstance(n, ast.Name):
            return self.lists.get(n.id)
        if isinstance(n, ast.Subscript):
            found = self._at(n)
            if isinstance(found, Listed) and (found.fixed or not self.uses.unclear):
                return found
        if isinstance(n, (ast.List, ast.Tuple)) and not any(isinstance(e, ast.Starred) for e in n.elts):
            return Listed(tuple(self._item(e) for e in n.elts), isinstance(n, ast.Tuple))
        return None

    def _at(self, n: ast.Subscript) -> ast.expr | Listed | None:
        if isinstance(n.slice, (ast.Slice, ast.Tuple)) or not isinstance(n.value, (ast.Name, ast.Subscript)):
            return None
        outer, k = self.listed(n.value), self.number(n.slice)
        if outer is None or k is None or not -len(outer.items) <= k < len(outer.items):
            return None
        return outer.items[k]

    def number(self, n: ast.expr | None) -> int | None:
        """The whole number that an expression stands for, None where the source does not fix it."""
        value: int | None = None
        if isinstance(n, ast.Constant):
            value = n.value if isinstance(n.value, int) and not isinstance(n.value, bool) else None
        elif isinstance(n, ast.Name):
            value = self.numbers.get(n.id)
        elif isinstance(n, ast.UnaryOp) and isinstance(n.op, (ast.USub, ast.UAdd)):
            inner = self.number(n.operand)
            value = -inner if inner is not None and isinstance(n.op, ast.USub) else inner
        elif isinstance(n, ast.BinOp) and type(n.op) in {*_NUMBERS, ast.FloorDiv}:
            left = self.number(n.left)
            right = None if left is None else self.number(n.right)
            if left is not None and right is not None:
                if type(n.op) in _NUMBERS:
                    value = _NUMBERS[type(n.op)](left, right)
                elif right > 0:
                    value = left // right
        elif isinstance(n, ast.Call):
            value = self.length(n)
        elif isinstance(n, ast.Subscript):
            item = self._at(n)
            value = self.number(item) if isinstance(item, ast.expr) else None
        return value if value is None or abs(value) < MAX_NUMBER else None

    def length(self, n: ast.Call) -> int | None:
        """``len`` of a list that stands in the source."""
        if not isinstance(n.func, ast.Name) or n.func.id != "len" or self.uses.counts["len"]:
            return None
        if len(n.args) != 1 or n.keywords:
            return None
        listed = self.listed(n.args[0])
        return None if listed is None else len(listed.items)

    def truth(self, n: ast.expr) -> bool | None:
        """Whether a condition on numbers of the source holds, None where the source does not say."""
        if isinstance(n, ast.Constant):
            return n.value if isinstance(n.value, bool) else None
        if isinstance(n, ast.UnaryOp) and isinstance(n.op, ast.Not):
            inner = self.truth(n.operand)
            return None if inner is None else not inner
        if isinstance(n, ast.BoolOp):
            parts = [self.truth(v) for v in n.values]
            joined = all if isinstance(n.op, ast.And) else any
            return None if None in parts else joined(bool(p) for p in parts)
        if isinstance(n, ast.Compare) and all(type(op) in _TRUTHS for op in n.ops):
            numbers = [self.number(e) for e in (n.left, *n.comparators)]
            known = [i for i in numbers if i is not None]
            if len(known) < len(numbers):
                return None
            return all(_TRUTHS[type(op)](a, b) for op, a, b in zip(n.ops, known, known[1:], strict=False))
        return None

    def plain(self, n: ast.expr) -> bool:
        """Whether an expression can only be a plain number: it may then be written twice."""
        if isinstance(n, ast.Constant):
            return isinstance(n.value, (int, float))
        if isinstance(n, ast.Name):
            return n.id in self.plains
        if isinstance(n, ast.Call):
            f = n.func
            named = isinstance(f, ast.Name) and f.id == "len"
            return named or (isinstance(f, ast.Attribute) and (f.attr == "dim" or (f.attr == "size" and bool(n.args))))
        if isinstance(n, ast.Subscript):
            return isinstance(n.value, ast.Attribute) and n.value.attr == "shape"
        if isinstance(n, ast.BinOp):
            return self.plain(n.left) and self.plain(n.right)
        return isinstance(n, ast.UnaryOp) and self.plain(n.operand)
