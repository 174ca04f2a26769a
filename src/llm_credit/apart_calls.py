"""Which calls may mix states: those that work along a dimension, pick by an index, or give another shape.

Each has a check before it runs or after. apart.py has the rule that they follow. Legend: N rows, A agents, K any other.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import torch

from .operations import Rows, plain, tensors_in

if TYPE_CHECKING:
    from .apart import Apart

Before = Callable[["Apart", list[Any], dict[str, Any], str], None]
After = Callable[["Apart", list[Any], dict[str, Any], Any], None]


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


def _without_dimension(w: Apart, x: Any, dims: Any, name: str) -> None:
    """roll and repeat_interleave then work on all numbers, one after the other."""
    if (dims is None or _flat(dims) == []) and isinstance(x, torch.Tensor) and w.at(x) is not None:
        w.refuse(f"{name} without a dimension mixes states; name it (dim=1)")


def _roll(w: Apart, given: list[Any], named: dict[str, Any], name: str) -> None:
    dims = _argument(given, named, 2, "dims")
    _without_dimension(w, given[0], dims, name)
    if _is(w, given[0], dims):
        w.refuse_along(name)


def _interleave(w: Apart, given: list[Any], named: dict[str, Any], name: str) -> None:
    """Each state may be repeated where it stands, all equally often."""
    dim = _argument(given, named, 2, "dim")
    _without_dimension(w, given[0], dim, name)
    if _is(w, given[0], dim) and not isinstance(_argument(given, named, 1, "repeats"), int):
        w.refuse_along(name)


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
            w.refuse(f"{name} with an index or a source that is not one for each state may mix states")


def product(w: Apart, given: list[Any], named: dict[str, Any], name: str) -> None:
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
        w.refuse("an einsum with two letters for the states mixes states; give them the same letter")
    kept = set(out) if arrow else {c for c in left if left.count(c) == 1}
    if letters - kept:
        w.refuse_along("the sum of einsum")


def _reshaped(w: Apart, given: list[Any], named: dict[str, Any], value: Any) -> None:
    """Each state's numbers must stay together: as many numbers stand before the states' dimension as before."""
    before, after = (w.at(t) if isinstance(t, torch.Tensor) else None for t in (given[0], value))
    if before is None or after is None:
        return
    if math.prod(given[0].shape[:before]) != math.prod(value.shape[:after]):
        w.refuse("a reshape that does not keep each state's numbers together mixes states; keep dim 0 for the states")


def _joined(w: Apart, given: list[Any], named: dict[str, Any], value: Any) -> None:
    if _is(w, value, plain(_argument(given, named, 1, "dim", 0))):
        w.refuse_along("cat")


_FIRST = (
    "sum", "mean", "max", "min", "amax", "amin", "prod", "std", "var", "argmax", "argmin", "any", "all", "cumsum",
    "logsumexp", "narrow", "select", "index_select",
)  # fmt: skip
BEFORE: dict[str, Before] = {
    **dict.fromkeys(_FIRST, _along(1)),
    **dict.fromkeys(("softmax", "log_softmax"), _softmax),
    **dict.fromkeys(("sort", "argsort"), _along(1, default=-1)),
    **dict.fromkeys(("chunk", "split"), _along(2, default=0)),
    **dict.fromkeys(("gather", "scatter"), _picking),
    **dict.fromkeys(("repeat", "tile"), _repeat),
    **dict.fromkeys(("matmul", "bmm"), product),
    "topk": _along(2, default=-1),
    "unbind": _along(1, default=0),
    "flip": _flip,
    "roll": _roll,
    "repeat_interleave": _interleave,
    "einsum": _einsum,
}
AFTER: dict[str, After] = {
    **dict.fromkeys(("view", "reshape", "flatten", "unflatten"), _reshaped),
    "cat": _joined,
}
