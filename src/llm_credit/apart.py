"""Each state of the batch stands alone: decided on shapes, while the interpreter runs on tensors that hold no data.

``rows`` is the number of states there, a prime that no other size has. A dimension of ``m rows`` numbers holds, one
state after the other, ``m`` of each: everything that could make one in another order is refused. So whatever works
element by element keeps states apart, and only what works along a dimension, takes parts of one, or gives a tensor
another shape has to be looked at (apart_calls.py has the calls). Nothing here depends on values: what is refused would
mix states in some batch.

Legend: N rows.
"""

from __future__ import annotations

import ast
from types import ModuleType
from typing import Any

import torch

from .apart_calls import AFTER, BEFORE, product
from .emit import SIGNS
from .interpreter import Interpreter
from .memory import MAY_COPY, Change, Memory
from .operations import ROWS_AS_SIZE, TAKING_SIZES, Rows, as_load, has_rows, tensors_in
from .screen import Screened


class Apart(Interpreter):
    """The rehearsal's interpreter. Raises Refused (stage probe) for an operation that may mix states."""

    def __init__(self, screened: Screened, rows: int, observe: Any) -> None:
        super().__init__(screened, rows, observe, everything=True)
        self.memory = Memory()

    def __call__(self, *arguments: torch.Tensor) -> Any:
        self.memory = Memory(arguments)
        return super().__call__(*arguments)

    def at(self, t: torch.Tensor) -> int | None:
        """Which dimension is the states', None where there is none."""
        found = [d for d, size in enumerate(t.shape) if size and size % self.rows == 0]
        if len(found) > 1:
            self._refuse("a tensor with a number for each pair of states mixes states; keep one dimension of states")
        return found[0] if found else None

    def refuse(self, reason: str) -> None:
        self._refuse(reason)

    def refuse_along(self, what: str) -> None:
        self._refuse(f"{what} along the states' dimension mixes states; each state must stand alone (dim=1, not dim=0)")

    def _seen(self, n: ast.expr, given: list[Any], value: Any) -> Any:
        for result in tensors_in(value):
            if self.at(result) is None and any(self.at(t) is not None for t in tensors_in(given)):
                self._refuse(
                    "a value that is not one per state any more (a sum over dim=0, state[0]) mixes states; use dim=1"
                )
        return super()._seen(n, given, value)

    def _name(self, n: ast.Name) -> Any:
        value = super()._name(n)
        self._check_unchanged(value, n.id)
        return value

    def _check_unchanged(self, value: Any, text: str) -> None:
        for t in tensors_in(value):
            if (change := self.memory.changed(t)) is not None:
                self._refuse(
                    f"{text} shares its memory with {change.target}, which line {change.line} changes in place by "
                    f"{change.sign}=, under every name that it has; write {change.instead} there, or use .clone()"
                )

    def _leave(self, statements: list[ast.stmt]) -> None:
        memory = self.memory
        self.memory = memory.copy()
        super()._leave(statements)
        self.memory = memory

    def _augment(self, s: ast.AugAssign) -> None:
        """In place as in Python; then the target is a tensor of its own, as in the compiled function."""
        old = self._value(ast.copy_location(as_load(s.target), s))
        super()._augment(s)
        if not isinstance(old, torch.Tensor) or self._is_part(s.target):
            return
        change = Change(ast.unparse(s.target), SIGNS[type(s.op)], s.lineno)
        if self.memory.is_input(old):
            self._refuse(
                f"{change.target} is the input or a part of it, which {change.sign}= changes in place; "
                f"write {change.instead}"
            )
        self._assign(s.target, old.clone())
        self.memory.change(old, change)

    def _is_part(self, target: ast.expr) -> bool:
        """Whether numbers are changed inside a tensor: the compiled function does so in place, too."""
        return isinstance(target, ast.Subscript) and isinstance(self._value(target.value), torch.Tensor)

    def _combine(self, op: ast.AST, left: Any, right: Any, table: Any, n: ast.expr) -> Any:
        if isinstance(op, ast.MatMult):
            product(self, [left, right], {}, "@")
        return super()._combine(op, left, right, table, n)

    def _picked(self, n: ast.Subscript, base: Any, index: Any) -> Any:
        if not any(t.dtype == torch.bool for t in tensors_in(index)):  # a mask has a reason of its own
            self._check_index(base, index)
        value = super()._picked(n, base, index)
        if isinstance(base, list):
            self._check_unchanged(value, ast.unparse(n))
        return value

    def _put(self, target: ast.Subscript, base: Any, index: Any, value: Any) -> None:
        self._check_index(base, index)
        if isinstance(base, torch.Tensor):
            if has_rows(value):
                self._refuse(ROWS_AS_SIZE)
            picked = tensors_in(index)
            masks = [t for t in picked if t.dtype == torch.bool]
            if masks:
                self._check_masked(index, value)
            elif any(self.at(t) is not None for t in picked):
                self._refuse("an assignment to places that depend on the state may mix states; use torch.where")
        super()._put(target, base, index, value)

    def _check_masked(self, index: Any, value: Any) -> None:
        """One mask and one number: which of several goes where would depend on how many places the mask has."""
        parts = index if isinstance(index, tuple) else (index,)
        others = [p for p in parts if not (p is None or p is Ellipsis or isinstance(p, (int, slice)))]
        if len(others) != 1 or any(t.dim() for t in tensors_in(value)):
            self._refuse("an assignment by a mask of more than one number may mix states; use torch.where")

    def _check_index(self, base: Any, index: Any) -> None:
        """All states, in their order, must stay."""
        if not isinstance(base, torch.Tensor):
            if has_rows(index):
                self._refuse(ROWS_AS_SIZE)
            return
        parts = index if isinstance(index, tuple) else (index,)
        states, d = self.at(base), 0
        for p in parts:
            if isinstance(p, bool):
                self._refuse("True or False as an index is not one for each state; use torch.where")
            width = base.dim() - sum(map(_width, parts)) if p is Ellipsis else _width(p)
            if _is_mask(p) and p.shape != base.shape[d : d + width]:
                self._refuse("a mask of another shape than what it selects from may mix states; use torch.where")
            if d == states and width and p is not Ellipsis and not _is_mask(p) and not self._all(p, base.shape[d]):
                self.refuse_along("an index or a slice")
            if d != states and has_rows(p):
                self._refuse(ROWS_AS_SIZE)
            d += width

    def _all(self, part: Any, size: int) -> bool:
        if not isinstance(part, slice) or part.start not in (None, 0) or part.step not in (None, 1):
            return False
        return part.stop is None or (isinstance(part.stop, Rows) and part.stop == size)

    def _applied(self, n: ast.Call, home: Any, name: str, arguments: list[Any], named: dict[str, Any]) -> Any:
        given = arguments if isinstance(home, ModuleType) else [home, *arguments]
        if has_rows(given) or has_rows(list(named.values())):
            filled = name == "full" and (has_rows(given[1:]) or has_rows(named.get("fill_value")))
            if name not in TAKING_SIZES or filled:
                self._refuse(ROWS_AS_SIZE)
        if name in BEFORE and given:
            BEFORE[name](self, given, named, name)
        if function := getattr(n, "given_to", ""):
            self._check_given(function, home, arguments)
        value = super()._applied(n, home, name, arguments, named)
        if name in AFTER:
            AFTER[name](self, given, named, value)
        if name in MAY_COPY:
            self.memory.may_share(given[0], value)
        return value

    def _check_given(self, function: str, given: torch.Tensor, arguments: list[Any]) -> None:
        """What a function asks for, and what it is written out in would not."""
        if not given.dtype.is_floating_point:
            self._refuse(f"{function} takes tensors of float32; use .float()")
        if arguments and isinstance(arguments[-1], list) and arguments[-1] != [given.shape[-1]]:
            self._refuse(f"{function} of points with {arguments[-1][0]} and {given.shape[-1]} coordinates")


def _is_mask(part: Any) -> bool:
    return isinstance(part, torch.Tensor) and part.dtype == torch.bool


def _width(part: Any) -> int:
    """How many dimensions a part of an index takes."""
    if part is None or part is Ellipsis:
        return 0
    return part.dim() if _is_mask(part) else 1
