"""Each state of the batch stands alone: decided on shapes, while the interpreter runs on tensors that hold no data.

``rows`` is the number of states there, a prime that no other size has. A dimension of ``m rows`` numbers holds, one
state after the other, ``m`` of each: everything that could make one in another order is refused. So whatever works
element by element keeps states apart, and only what works along a dimension, takes parts of one, or gives a tensor
another shape has to be looked at. Nothing here depends on values: what is refused would mix states in some batch.

Legend: N rows, A agents, K any other size.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Callable
from types import ModuleType
from typing import Any

import torch

from .interpreter import Interpreter
from .operations import ROWS_AS_SIZE, TAKING_SIZES, Rows, has_rows, plain, tensors_in
from .screen import Screened


class Apart(Interpreter):
    """The rehearsal's interpreter. Raises Refused (stage probe) for an operation that may mix states."""

    def __init__(self, screened: Screened, rows: int, observe: Any) -> None:
        super().__init__(screened, rows, observe, everything=True)

    def at(self, t: torch.Tensor) -> int | None:
        """Which dimension is the states', None where there is none."""
        found = [d for d, size in enumerate(t.shape) if size and size % self.rows == 0]
        if len(found) > 1:
            self._refuse("a tensor with a number for each pair of states mixes states; keep one dimension of states")
        return found[0] if found else None

    def refuse_along(self, what: str) -> None:
        self._refuse(f"{what} along the states' dimension mixes states; each state must stand alone (dim=1, not dim=0)")

    def _seen(self, n: ast.expr, given: list[Any], value: Any) -> Any:
        for result in tensors_in(value):
            if self.at(result) is None and any(self.at(t) is not None for t in tensors_in(given)):
                self._refuse(
                    "a value that is not one per state any more (a sum over dim=0, state[0]) mixes states; use dim=1"
                )
        return super()._seen(n, given, value)

    def _combine(self, op: ast.AST, left: Any, right: Any, table: Any, n: ast.expr) -> Any:
        if isinstance(op, ast.MatMult):
            _product(self, [left, right], {}, "@")
        return super()._combine(op, left, right, table, n)

    def _picked(self, n: ast.Subscript, base: Any, index: Any) -> Any:
        if not any(t.dtype == torch.bool for t in tensors_in(index)):  # a mask has a reason of its own
            self._check_index(base, index)
        return super()._picked(n, base, index)

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
        others = [p for p in _flat(index) if not (p is None or p is Ellipsis or isinstance(p, (int, slice)))]
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
                self._refuse("a selection by True or False is not allowed; use torch.where")
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
        value = super()._applied(n, home, name, arguments, named)
        if name in AFTER:
            AFTER[name](self, given, named, value)
        return value


Before = Callable[[Apart, list[Any], dict[str, Any], str], None]
After = Callable[[Apart, list[Any], dict[str, Any], Any], None]


def _is_mask(part: Any) -> bool:
    return isinstance(part, torch.Tensor) and part.dtype == torch.bool


def _width(part: Any) -> int:
    """How many dimensions a part of an index takes."""
    if part is None or part is Ellipsis:
        return 0
    return part.dim() if _is_mask(part) else 1


def _argument(given: list[Any], named: dict[str, Any], position: int, keyword: str, default: Any = None) -> Any:
    return given[position] if len(given) > position else named.get(keyword, default)


def _flat(value: Any) -> list[Any]:
    return [x for v in value for x in _flat(v)] if isinstance(value, (list, tuple)) else [value]


def _is(w: Apart, x: Any, dims: Any) -> bool:
    """Whether one of the dimensions is the states'. What is no dimension is torch's to refuse."""
    if not isinstance(x, torch.Tensor):
        return False
    states, count = w.at(x), x.dim()
    return states is not None and any(
        isinstance(d, int) and not isinstance(d, bool) and -count <= d < count and d % count == states
        for d in _flat(dims)
    )


def _along(position: int, keyword: str = "dim", default: Any = None) -> Before:
    """A call that works along dimensions. Without any it goes over all, and what it gives then has no states."""

    def check(w: Apart, given: list[Any], named: dict[str, Any], name: str) -> None:
        if _is(w, given[0], _argument(given, named, position, keyword, default)):
            w.refuse_along(name)

    return check


def _softmax(w: Apart, given: list[Any], named: dict[str, Any], name: str) -> None:
    """F.softmax without a dimension takes the first of 1 or 3 dimensions, else the second."""
    x = given[0]
    implicit = (0 if x.dim() in (0, 1, 3) else 1) if isinstance(x, torch.Tensor) else None
    if _is(w, x, _argument(given, named, 1, "dim", implicit)):
        w.refuse_along(name)


def _flip(w: Apart, given: list[Any], named: dict[str, Any], name: str) -> None:
    if _is(w, given[0], [given[1:], named.get("dims")]):
        w.refuse_along(name)


def _flattening(position: int, keyword: str) -> Before:
    """roll, repeat_interleave: without a dimension they work on the numbers one after the other."""
    along = _along(position, keyword)

    def check(w: Apart, given: list[Any], named: dict[str, Any], name: str) -> None:
        x = given[0]
        dims = _argument(given, named, position, keyword)
        if (dims is None or _flat(dims) == []) and isinstance(x, torch.Tensor) and w.at(x) is not None:
            w._refuse(f"{name} without a dimension mixes states; name it (dim=1)")
        along(w, given, named, name)

    return check


def _repeat(w: Apart, given: list[Any], named: dict[str, Any], name: str) -> None:
    """Once along the states' dimension. [K, A] repeated for each state holds K of each, one state after the other."""
    x = given[0]
    states = w.at(x) if isinstance(x, torch.Tensor) else None
    if states is None:
        return
    sizes = _flat([given[1:], *[named[k] for k in ("dims", "sizes", "repeats") if k in named]])
    back = x.dim() - states  # sizes are counted from the last dimension
    if back <= len(sizes) and (isinstance(sizes[-back], Rows) or sizes[-back] != 1):
        w.refuse_along(name)


def _picking(w: Apart, given: list[Any], named: dict[str, Any], name: str) -> None:
    """gather, scatter: an index, and a source, that have each state where the tensor has it."""
    x, index = given[0], _argument(given, named, 2, "index")
    source = _argument(given, named, 3, "src")
    if _is(w, x, _argument(given, named, 1, "dim")):
        w.refuse_along(name)
    states = w.at(x) if isinstance(x, torch.Tensor) else None
    for t in (index, source):
        if states is None or not isinstance(t, torch.Tensor):
            continue
        if t.dim() != x.dim() or t.shape[states] != x.shape[states]:
            w._refuse(f"{name} with an index or a source that is not one for each state may mix states")


def _product(w: Apart, given: list[Any], named: dict[str, Any], name: str) -> None:
    """What a matrix product sums over must not be the states."""
    a, b = _argument(given, named, 0, "input"), _argument(given, named, 1, "other")
    if _is(w, a, -1) or (isinstance(b, torch.Tensor) and _is(w, b, -2 if b.dim() > 1 else 0)):
        w.refuse_along(f"the sum of {name}")


def _einsum(w: Apart, given: list[Any], named: dict[str, Any], name: str) -> None:
    """One letter for the states, in every operand that has them and in the result."""
    left, arrow, out = str(given[0]).replace(" ", "").partition("->")
    names, tensors = left.split(","), tensors_in(given[1:])
    letters = {n[d] for n, t in zip(names, tensors, strict=False) if (d := w.at(t)) is not None and d < len(n)}
    if len(letters) > 1:
        w._refuse("an einsum with two letters for the states mixes states; give them the same letter")
    kept = set(out) if arrow else {c for c in left if left.count(c) == 1}
    if letters - kept:
        w.refuse_along("the sum of einsum")


def _reshaped(w: Apart, given: list[Any], named: dict[str, Any], value: Any) -> None:
    """Each state's numbers must stay together: as many numbers stand before the states' dimension as before."""
    before, after = (w.at(t) if isinstance(t, torch.Tensor) else None for t in (given[0], value))
    if before is None or after is None:
        return
    if math.prod(given[0].shape[:before]) != math.prod(value.shape[:after]):
        w._refuse("a reshape that does not keep each state's numbers together mixes states; keep dim 0 for the states")


def _joined(w: Apart, given: list[Any], named: dict[str, Any], value: Any) -> None:
    if _is(w, value, plain(_argument(given, named, 1, "dim", 0))):
        w.refuse_along("cat")


_FIRST = """sum mean max min amax amin prod std var argmax argmin any all cumsum logsumexp narrow select
index_select""".split()
BEFORE: dict[str, Before] = {
    **dict.fromkeys(_FIRST, _along(1)),
    **dict.fromkeys(("softmax", "log_softmax"), _softmax),
    **dict.fromkeys(("sort", "argsort"), _along(1, default=-1)),
    **dict.fromkeys(("chunk", "split"), _along(2, default=0)),
    **dict.fromkeys(("gather", "scatter"), _picking),
    **dict.fromkeys(("repeat", "tile"), _repeat),
    **dict.fromkeys(("matmul", "bmm"), _product),
    "topk": _along(2, default=-1),
    "unbind": _along(1, default=0),
    "flip": _flip,
    "roll": _flattening(2, "dims"),
    "repeat_interleave": _flattening(2, "dim"),
    "einsum": _einsum,
}
AFTER: dict[str, After] = {
    **dict.fromkeys(("view", "reshape", "flatten", "unflatten"), _reshaped),
    "cat": _joined,
}
