"""Calls that make tensors, give them another shape, take them apart or put them together, in terms of operations.

Legend: N rows.
"""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, Any

import torch

from .interval_calls import CALLS, follows
from .interval_shapes import axis
from .interval_tensors import Tensor
from .intervals import N, Unfollowed, row_axis, small
from .operations import ROWS_AS_SIZE, Rows

if TYPE_CHECKING:
    from .interval_walk import Walk


def _flat(value: Any) -> list[Any]:
    return [x for v in value for x in _flat(v)] if isinstance(value, (list, tuple)) else [value]


def _with_rows(value: Any, rows: int) -> Any:
    """Sizes with ``rows`` in place of the number of states."""
    if isinstance(value, (list, tuple)):
        return type(value)(_with_rows(v, rows) for v in value)
    if isinstance(value, Rows) and value != N:
        raise Unfollowed("a size that is computed from the number of states cannot be followed")
    return rows if isinstance(value, Rows) else value


def _made(name: str) -> None:
    def make(w: Walk, *arguments: Any, dtype: Any = None, **named: Any) -> Tensor:
        if any(isinstance(a, Tensor) for a in [*_flat(list(arguments)), *named.values()]):
            raise Unfollowed(f"{name} of a tensor cannot be followed")
        if name == "full" and isinstance(arguments[-1], Rows):
            raise Unfollowed(ROWS_AS_SIZE)
        build = getattr(torch, name)
        made = build(*_with_rows(list(arguments), 1), **named, dtype=dtype)
        shape = build(*_with_rows(list(arguments), N), **named, dtype=dtype, device="meta").shape
        return w.fresh(w.graph.constant(made, tuple(shape)))

    CALLS[name] = make


for _n in ("zeros", "ones", "full", "arange", "eye", "tensor", "linspace"):
    _made(_n)


@follows("new_zeros")
def _new_zeros(w: Walk, x: Tensor, *sizes: Any, dtype: Any = None) -> Any:
    return CALLS["zeros"](w, *sizes, dtype=dtype or x.dtype)


@follows("new_ones")
def _new_ones(w: Walk, x: Tensor, *sizes: Any, dtype: Any = None) -> Any:
    return CALLS["ones"](w, *sizes, dtype=dtype or x.dtype)


@follows("full_like")
def _full_like(w: Walk, x: Tensor, fill_value: Any, dtype: Any = None) -> Tensor:
    if not isinstance(fill_value, (bool, int, float)) or isinstance(fill_value, Rows):
        raise Unfollowed("full_like of a tensor cannot be followed")
    t = torch.full(small(x.shape), fill_value, dtype=dtype or x.dtype)
    return w.fresh(w.graph.constant(t, tuple(x.shape)))


@follows("zeros_like")
def _zeros_like(w: Walk, x: Tensor, dtype: Any = None) -> Tensor:
    return _full_like(w, x, 0, dtype)


@follows("ones_like")
def _ones_like(w: Walk, x: Tensor, dtype: Any = None) -> Tensor:
    return _full_like(w, x, 1, dtype)


@follows("one_hot")
def _one_hot(w: Walk, x: Tensor, num_classes: int = -1) -> Tensor:
    if num_classes < 1 or num_classes > 10_000:
        raise Unfollowed("one_hot without the number of classes cannot be followed")
    return w.op("one_hot", x, extra=(num_classes,))


# Shapes


def _sizes(sizes: tuple[Any, ...]) -> tuple[int, ...]:
    given = sizes[0] if len(sizes) == 1 and isinstance(sizes[0], (list, tuple)) else sizes
    return tuple(_with_rows(s, N) for s in given)


def _shaped(w: Walk, x: Tensor, shape: torch.Size) -> Tensor:
    """A view of that shape. Raises Unfollowed if it does not leave each state's numbers together."""
    if shape == x.shape:
        return x
    if row_axis(x.node.meta) is not None and not _keeps_rows(x.shape, shape):
        raise Unfollowed("a reshape mixes states")
    return w.op("reshape", x, extra=tuple(shape))


def _keeps_rows(before: torch.Size, after: torch.Size) -> bool:
    if N not in before or N not in after:
        return False
    return math.prod(before[: before.index(N)]) == math.prod(after[: after.index(N)])


@follows("view", "reshape")
def _reshape(w: Walk, x: Tensor, *sizes: Any) -> Tensor:
    return _shaped(w, x, x.node.meta.reshape(_sizes(sizes)).shape)


@follows("flatten")
def _flatten(w: Walk, x: Tensor, start_dim: int = 0, end_dim: int = -1) -> Tensor:
    return _shaped(w, x, x.node.meta.flatten(start_dim, end_dim).shape)


@follows("unflatten")
def _unflatten(w: Walk, x: Tensor, dim: int, sizes: Any) -> Tensor:
    return _shaped(w, x, x.node.meta.unflatten(axis(x.node, dim), _sizes((sizes,))).shape)


@follows("expand")
def _expand(w: Walk, x: Tensor, *sizes: Any) -> Tensor:
    return w.op("expand", x, extra=tuple(x.node.meta.expand(_sizes(sizes)).shape))


@follows("expand_as")
def _expand_as(w: Walk, x: Tensor, other: Tensor) -> Tensor:
    return w.op("expand", x, extra=tuple(other.shape))


@follows("repeat")
def _repeat(w: Walk, x: Tensor, *sizes: Any) -> Tensor:
    return w.op("repeat", x, extra=_sizes(sizes))


@follows("unsqueeze")
def _unsqueeze(w: Walk, x: Tensor, dim: int) -> Tensor:
    d = len(x.shape) + 1
    if not -d <= dim < d:
        raise Unfollowed(f"there is no dimension {dim}")
    return w.op("unsqueeze", x, extra=(dim % d,))


@follows("squeeze")
def _squeeze(w: Walk, x: Tensor, dim: int | None = None) -> Tensor:
    for d in reversed(range(len(x.shape))) if dim is None else [dim % len(x.shape)]:
        if x.shape[d] == 1:
            x = w.op("squeeze", x, extra=(d,))
    return x


@follows("transpose")
def _transpose(w: Walk, x: Tensor, dim0: int, dim1: int) -> Tensor:
    d = len(x.shape)
    return w.op("transpose", x, extra=(dim0 % d, dim1 % d))


@follows("t")
def _t(w: Walk, x: Tensor) -> Tensor:
    return w.op("transpose", x, extra=(0, 1)) if len(x.shape) == 2 else x


@follows("permute")
def _permute(w: Walk, x: Tensor, *dims: Any) -> Tensor:
    return w.op("permute", x, extra=tuple(d % len(x.shape) for d in _flat(list(dims))))


@follows("flip")
def _flip(w: Walk, x: Tensor, *dims: Any) -> Tensor:
    return w.op("flip", x, extra=tuple(axis(x.node, d) for d in _flat(list(dims))))


@follows("roll")
def _roll(w: Walk, x: Tensor, shifts: Any, dims: Any = None) -> Tensor:
    if dims is None:
        raise Unfollowed("roll without dims mixes states")
    return w.op("roll", x, extra=(tuple(_flat(shifts)), tuple(axis(x.node, d) for d in _flat(dims))))


# Parts and tensors put together


def _part(w: Walk, x: Tensor, d: int, key: Any) -> Tensor:
    """What ``key`` picks along dimension ``d``."""
    return w.op("index", x, extra=w.encoded((*[slice(None)] * d, key)))


def _parts(w: Walk, x: Tensor, d: int, sizes: list[int]) -> list[Tensor]:
    """Parts of these sizes along dimension ``d``, one after the other."""
    ends = list(itertools.accumulate(sizes))
    return [_part(w, x, d, slice(end - size, end)) for size, end in zip(sizes, ends, strict=True)]


@follows("chunk")
def _chunk(w: Walk, x: Tensor, chunks: int, dim: int = 0) -> list[Tensor]:
    d = axis(x.node, dim)
    return _parts(w, x, d, [part.shape[d] for part in x.node.meta.chunk(chunks, d)])


@follows("split")
def _split(w: Walk, x: Tensor, sizes: Any, dim: int = 0) -> list[Tensor]:
    d = axis(x.node, dim)
    return _parts(w, x, d, [part.shape[d] for part in x.node.meta.split(sizes, d)])


@follows("unbind")
def _unbind(w: Walk, x: Tensor, dim: int = 0) -> list[Tensor]:
    d = axis(x.node, dim)
    return [_part(w, x, d, k) for k in range(x.shape[d])]


@follows("cat")
def _cat(w: Walk, tensors: list[Tensor], dim: int = 0) -> Tensor:
    return w.op("cat", *tensors, extra=(dim % len(tensors[0].shape),))


@follows("stack")
def _stack(w: Walk, tensors: list[Tensor], dim: int = 0) -> Tensor:
    return w.op("stack", *tensors, extra=(dim % (len(tensors[0].shape) + 1),))


@follows("gather")
def _gather(w: Walk, x: Tensor, dim: int, index: Tensor) -> Tensor:
    return w.op("gather", x, index, extra=(axis(x.node, dim),))


@follows("index_select")
def _index_select(w: Walk, x: Tensor, dim: int, index: Tensor) -> Tensor:
    return _part(w, x, axis(x.node, dim), index)


@follows("select")
def _select(w: Walk, x: Tensor, dim: int, index: int) -> Tensor:
    return _part(w, x, axis(x.node, dim), index)


@follows("narrow")
def _narrow(w: Walk, x: Tensor, dim: int, start: int, length: int) -> Tensor:
    d = axis(x.node, dim)
    begin = start + x.shape[d] if start < 0 else start
    return _part(w, x, d, slice(begin, begin + length))
