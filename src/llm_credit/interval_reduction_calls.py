"""Calls that reduce a dimension, sort it or multiply matrices, in terms of the operations that have bounds.

Legend: N rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from .interval_calls import as_bool, follows
from .interval_shapes import axis
from .interval_tensors import Pair, Tensor
from .intervals import Unfollowed

if TYPE_CHECKING:
    from .interval_walk import Walk


def _dims(x: Tensor, dim: Any) -> list[int]:
    """The dimensions to reduce, the last first."""
    if dim is None:
        raise Unfollowed("a reduction over all dimensions mixes states; use dim=1")
    given = dim if isinstance(dim, (list, tuple)) else [dim]
    if not given:
        raise Unfollowed("a reduction over all dimensions mixes states; use dim=1")
    return sorted({axis(x.node, d) for d in given}, reverse=True)


def _reduced(w: Walk, operation: str, x: Tensor, dim: Any, keepdim: bool, *extra: Any) -> Tensor:
    dims = _dims(x, dim)
    for d in dims:
        x = w.op(operation, x, extra=(d, *extra))
    return _cut(w, x, dims, keepdim)


def _cut(w: Walk, x: Tensor, dims: list[int], keepdim: bool) -> Tensor:
    for d in [] if keepdim else dims:
        x = w.op("squeeze", x, extra=(d,))
    return x


@follows("sum")
def _sum(w: Walk, x: Tensor, dim: Any = None, keepdim: bool = False, dtype: Any = None) -> Tensor:
    if dtype is not None and dtype != x.dtype:
        x = w.op("cast", x, extra=(dtype,))
    return _reduced(w, "sum", x, dim, keepdim, False)


@follows("mean")
def _mean(w: Walk, x: Tensor, dim: Any = None, keepdim: bool = False) -> Tensor:
    if x.dtype != torch.float32:
        raise Unfollowed("mean of whole numbers")
    dims, count = _dims(x, dim), 1
    for d in dims:
        count *= x.shape[d]
    if not count:
        raise Unfollowed("a mean of nothing")
    total = w.op("share", _reduced(w, "sum", x, dim, True, False), extra=(count,))
    if x.coefficients is None:  # beside the sum's bounds: a mean lies between least and greatest, but for rounding
        total = w.op("between", total, _reduced(w, "amin", x, dim, True), _reduced(w, "amax", x, dim, True))
    return _cut(w, total, dims, keepdim)


@follows("amax")
def _amax(w: Walk, x: Tensor, dim: Any = None, keepdim: bool = False) -> Tensor:
    return _reduced(w, "amax", x, dim, keepdim)


@follows("amin")
def _amin(w: Walk, x: Tensor, dim: Any = None, keepdim: bool = False) -> Tensor:
    return _reduced(w, "amin", x, dim, keepdim)


def _extreme(w: Walk, which: str, pairwise: str, x: Tensor, dim: Any, keepdim: bool) -> Any:
    if isinstance(dim, Tensor):
        return w.op(pairwise, x, dim)
    d = axis(x.node, _one(dim))
    values = _reduced(w, which, x, d, keepdim)
    return Pair((values, _cut(w, w.op("positions", x, extra=(d, 1)), [d], keepdim)))


def _one(dim: Any) -> int:
    if isinstance(dim, bool) or not isinstance(dim, int):
        raise Unfollowed("a reduction over all dimensions mixes states; use dim=1")
    return dim


@follows("max")
def _max(w: Walk, x: Tensor, dim: Any = None, keepdim: bool = False, other: Any = None) -> Any:
    return _extreme(w, "amax", "maximum", x, dim if other is None else other, keepdim)


@follows("min")
def _min(w: Walk, x: Tensor, dim: Any = None, keepdim: bool = False, other: Any = None) -> Any:
    return _extreme(w, "amin", "minimum", x, dim if other is None else other, keepdim)


@follows("any")
def _any(w: Walk, x: Tensor, dim: Any = None, keepdim: bool = False) -> Tensor:
    return _reduced(w, "amax", as_bool(w, x), dim, keepdim)


@follows("all")
def _all(w: Walk, x: Tensor, dim: Any = None, keepdim: bool = False) -> Tensor:
    return _reduced(w, "amin", as_bool(w, x), dim, keepdim)


@follows("prod")
def _prod(w: Walk, x: Tensor, dim: Any = None, keepdim: bool = False) -> Tensor:
    return _reduced(w, "prod", x, _one(dim), keepdim)


@follows("var")
def _var(
    w: Walk, x: Tensor, dim: Any = None, unbiased: bool = True, keepdim: bool = False, correction: Any = None
) -> Tensor:
    return _reduced(w, "var", x, _one(dim), keepdim, int(unbiased) if correction is None else correction)


@follows("std")
def _std(
    w: Walk, x: Tensor, dim: Any = None, unbiased: bool = True, keepdim: bool = False, correction: Any = None
) -> Tensor:
    return w.op("sqrt", _var(w, x, dim, unbiased, keepdim, correction))


@follows("cumsum")
def _cumsum(w: Walk, x: Tensor, dim: int) -> Tensor:
    return w.op("cumsum", x, extra=(axis(x.node, dim),))


@follows("softmax")
def _softmax(w: Walk, x: Tensor, dim: int) -> Tensor:
    return w.op("softmax", x, extra=(axis(x.node, dim),))


@follows("log_softmax")
def _log_softmax(w: Walk, x: Tensor, dim: int) -> Tensor:
    return w.op("log_softmax", x, extra=(axis(x.node, dim),))


@follows("logsumexp")
def _logsumexp(w: Walk, x: Tensor, dim: Any, keepdim: bool = False) -> Tensor:
    return _reduced(w, "logsumexp", x, _one(dim), keepdim)


@follows("sort")
def _sort(w: Walk, x: Tensor, dim: int = -1, descending: bool = False) -> Pair:
    d = axis(x.node, dim)
    k = x.shape[d]
    return Pair((w.op("sort", x, extra=(d, descending, k)), w.op("positions", x, extra=(d, k))))


@follows("argsort")
def _argsort(w: Walk, x: Tensor, dim: int = -1, descending: bool = False) -> Tensor:
    return _sort(w, x, dim, descending)[1]


@follows("topk")
def _topk(w: Walk, x: Tensor, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> Pair:
    d = axis(x.node, dim)
    if not sorted or not 0 < k <= x.shape[d]:
        raise Unfollowed("topk with these arguments cannot be followed")
    return Pair((w.op("sort", x, extra=(d, largest, k)), w.op("positions", x, extra=(d, k))))


@follows("argmax", "argmin")
def _argmax(w: Walk, x: Tensor, dim: Any = None, keepdim: bool = False) -> Tensor:
    d = axis(x.node, _one(dim))
    return _cut(w, w.op("positions", x, extra=(d, 1)), [d], keepdim)


# Products of matrices: products of numbers, and sums


@follows("matmul", "bmm")
def _matmul(w: Walk, x: Tensor, other: Tensor) -> Tensor:
    a, b = (w.op("coarse", t) for t in (x, other))
    before, after = len(a.shape), len(b.shape)
    if before == 1:
        a = w.op("unsqueeze", a, extra=(0,))
    if after == 1:
        b = w.op("unsqueeze", b, extra=(1,))
    if a.shape[-1] != b.shape[-2]:
        raise Unfollowed("a matrix product of unlike sizes")
    a = w.op("unsqueeze", a, extra=(len(a.shape),))  # [.., i, k, 1]
    b = w.op("unsqueeze", b, extra=(len(b.shape) - 2,))  # [.., 1, k, j]
    product = w.op("mul", a, b)
    total = _sum(w, product, dim=len(product.shape) - 2)  # [.., i, j]
    if after == 1:
        total = w.op("squeeze", total, extra=(len(total.shape) - 1,))
    return w.op("squeeze", total, extra=(len(total.shape) - (1 if after == 1 else 2),)) if before == 1 else total


@follows("outer")
def _outer(w: Walk, x: Tensor, other: Tensor) -> Tensor:
    return w.op("mul", w.op("unsqueeze", x, extra=(1,)), w.op("unsqueeze", other, extra=(0,)))


@follows("einsum")
def _einsum(w: Walk, equation: str, *operands: Any) -> Tensor:
    tensors = list(operands[0]) if len(operands) == 1 and isinstance(operands[0], (list, tuple)) else list(operands)
    left, arrow, out = equation.replace(" ", "").partition("->")
    names = left.split(",")
    if not arrow:
        out = "".join(sorted(c for c in set(left) - {","} if left.count(c) == 1))
    if len(names) != len(tensors) or len(tensors) > 3 or any(len(set(n)) != len(n) for n in [*names, out]):
        raise Unfollowed(f"einsum {equation!r} cannot be followed")
    letters = out + "".join(sorted(set("".join(names)) - set(out)))
    sizes: dict[str, int] = {}
    for n, t in zip(names, tensors, strict=True):
        if len(n) != len(t.shape) or any(sizes.setdefault(c, s) != s for c, s in zip(n, t.shape, strict=True)):
            raise Unfollowed(f"einsum {equation!r} of unlike sizes")
    if set(out) - set(sizes):
        raise Unfollowed(f"einsum {equation!r} cannot be followed")
    total: Tensor | None = None
    for n, t in zip(names, tensors, strict=True):
        part = _lettered(w, w.op("coarse", t), n, letters)
        total = part if total is None else w.op("mul", total, part)
    assert total is not None
    summed = list(range(len(out), len(letters)))
    return _sum(w, total, dim=summed) if summed else total


def _lettered(w: Walk, t: Tensor, names: str, letters: str) -> Tensor:
    """A tensor with one dimension for every letter, in their order."""
    order = [names.index(c) for c in letters if c in names]
    t = w.op("permute", t, extra=tuple(order)) if order != sorted(order) else t
    for i, c in enumerate(letters):
        if c not in names:
            t = w.op("unsqueeze", t, extra=(i,))
    return t
