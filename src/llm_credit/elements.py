"""What loops and comprehensions run over, element by element, where the source says it."""

from __future__ import annotations

import ast
from typing import NoReturn

from .errors import Refused
from .known import Known, Listed
from .trees import constant_of, copied

MAX_ELEMENTS = 10_000  # of all loops that are written out; what comes out is held shorter still


class Elements:
    """The elements of loops, and how many were made so far: a limit that holds before they are made."""

    def __init__(self, known: Known) -> None:
        self.known, self.made = known, 0

    def of(self, n: ast.expr, always: bool) -> list[ast.expr] | None:
        """What a loop over ``n`` gives, None where the source does not say.

        always: numbers of a ``range()`` too, over which TorchScript can loop itself. Raises Refused where it is long.
        """
        if isinstance(n, (ast.Name, ast.Subscript)) and (listed := self.known.listed(n)) is not None:
            self._spend(n, len(listed.items))
            return self.parts(n, listed)
        if isinstance(n, (ast.List, ast.Tuple)):
            return None if any(isinstance(e, ast.Starred) for e in n.elts) else list(n.elts)
        if not isinstance(n, ast.Call) or not isinstance(n.func, ast.Name) or self.known.uses.counts[n.func.id]:
            return None
        if n.func.id == "range":
            return self._range(n) if always else None
        return self._combined(n, n.func.id) if n.func.id in ("enumerate", "zip", "reversed") and n.args else None

    @staticmethod
    def parts(n: ast.expr, listed: Listed) -> list[ast.expr]:
        """The elements of a known list, by their places where they are no constants."""
        return [
            copied(e) if isinstance(e, ast.expr)
            else ast.copy_location(ast.Subscript(copied(n), ast.Constant(k), ast.Load()), n)
            for k, e in enumerate(listed.items)
        ]  # fmt: skip

    def _spend(self, n: ast.expr, count: int) -> None:
        self.made += count
        if self.made > MAX_ELEMENTS:
            self._refuse(n, f"loops that are written out take over {MAX_ELEMENTS} elements; work on whole tensors")

    @staticmethod
    def _refuse(n: ast.expr, reason: str) -> NoReturn:
        raise Refused("screen", reason, n.lineno)

    def _range(self, n: ast.Call) -> list[ast.expr] | None:
        numbers = [self.known.number(a) for a in n.args]
        if n.keywords or not 1 <= len(numbers) <= 3 or None in numbers or (len(numbers) == 3 and not numbers[2]):
            return None
        found = range(*[i for i in numbers if i is not None])
        self._spend(n, len(found))
        return [ast.copy_location(ast.Constant(i), n) for i in found]

    def _combined(self, n: ast.Call, name: str) -> list[ast.expr] | None:
        first = 0
        given = list(n.args)
        if name == "enumerate":
            starts = given[1:] + [k.value for k in n.keywords if k.arg == "start"]
            number = self.known.number(starts[0]) if len(starts) == 1 else 0
            if number is None or len(starts) > 1 or any(k.arg != "start" for k in n.keywords):
                return None
            first, given = number, given[:1]
        elif n.keywords or (name == "reversed" and len(given) != 1):
            return None
        lists: list[list[ast.expr]] = []
        for a in given:
            part = self.of(a, True)
            if part is None:
                return None
            lists.append(part)
        if name == "reversed":
            return lists[0][::-1]
        if name == "enumerate":
            lists.insert(0, [ast.copy_location(ast.Constant(first + k), n) for k in range(len(lists[0]))])
        count = min(map(len, lists))
        self._spend(n, count * len(lists))
        return [
            ast.copy_location(ast.Tuple(list(e), ast.Load()), n) for e in zip(*[p[:count] for p in lists], strict=True)
        ]

    def replacing(self, target: ast.expr, element: ast.expr) -> dict[str, ast.expr] | None:
        """What each name of a loop's target stands for; None where they do not fit."""
        if isinstance(target, ast.Name):
            return {target.id: element}
        if not isinstance(target, (ast.Tuple, ast.List)):
            return None
        if isinstance(element, (ast.Tuple, ast.List)):
            inside = list(element.elts)
        elif isinstance(element, ast.Subscript) and (listed := self.known.listed(element)) is not None:
            inside = self.parts(element, listed)
        else:
            return None
        if len(target.elts) != len(inside):
            return None
        found: dict[str, ast.expr] = {}
        for t, e in zip(target.elts, inside, strict=True):
            inner = self.replacing(t, e)
            if inner is None:
                return None
            found |= inner
        return found

    def settled(self, e: ast.expr) -> ast.expr | None:
        """An element that means the same wherever it is written: a number of the source."""
        if (constant := constant_of(e)) is not None:
            return constant
        number = self.known.number(e)
        return None if number is None else ast.copy_location(ast.Constant(number), e)
