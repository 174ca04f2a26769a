"""Bounds of operations that move numbers: views, parts, tensors joined or assigned into, numbers picked by an index.

What only moves numbers is done by torch itself, to the bounds as to the shape. Legend: N rows.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from .intervals import OPERATIONS, N, Node, Operation, Unfollowed, Value, settle, small

T = torch.Tensor


def axis(node: Node, dim: int) -> int:
    """A dimension, counted from 0, that is not the states'."""
    d = node.meta.dim()
    if not -d <= dim < d:
        raise Unfollowed(f"there is no dimension {dim}")
    if node.meta.shape[dim] == N:
        raise Unfollowed("an operation along the states' dimension")
    return dim % d


def decode(index: tuple[Any, ...]) -> tuple[Any, ...]:
    """An index from its hashable form: slices are written ("slice", start, stop, step), known indices ("at", ...)."""
    return tuple(
        slice(*i[1:]) if isinstance(i, tuple) and i[0] == "slice" else torch.tensor(i[1]) if isinstance(i, tuple) else i
        for i in index
    )


def _sizes(t: T, sizes: tuple[Any, ...]) -> tuple[Any, ...]:
    return sizes if t.is_meta else small(sizes)


MOVES: dict[str, Callable[..., T]] = {
    "index": lambda t, *i: t[_at(t, decode(i))],
    "unsqueeze": torch.unsqueeze,
    "squeeze": torch.squeeze,
    "transpose": torch.transpose,
    "permute": lambda t, *d: t.permute(d),
    "reshape": lambda t, *s: t.reshape(_sizes(t, s)),
    "expand": lambda t, *s: t.expand(_sizes(t, s)),
    "repeat": lambda t, *s: t.repeat(_sizes(t, s)),
    "flip": lambda t, *d: t.flip(d),
    "roll": lambda t, shifts, dims: t.roll(shifts, dims),
}


def _at(t: T, index: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(i.to(t.device) if isinstance(i, torch.Tensor) else i for i in index)


def _move(f: Callable[..., T]) -> Operation:
    def rule(v: list[Value], extra: tuple[Any, ...], dtype: torch.dtype) -> Value:
        a = v[0]
        column = None if a.column is None else f(a.column, *extra)
        return Value(f(a.low, *extra), f(a.high, *extra), f(a.whole.expand(a.low.shape), *extra), column)

    return Operation(rule, lambda metas, extra: f(metas[0], *extra))


for _name, _f in MOVES.items():
    OPERATIONS[_name] = _move(_f)


def _joined(f: Callable[..., T]) -> Operation:
    def rule(v: list[Value], extra: tuple[Any, ...], dtype: torch.dtype) -> Value:
        none = [torch.zeros_like(x.low, dtype=torch.int64) for x in v]
        columns = [n if x.column is None else x.column for x, n in zip(v, none, strict=True)]
        column = None if all(x.column is None for x in v) else f(columns, *extra)
        whole = f([x.whole.expand(x.low.shape) for x in v], *extra)
        return Value(f([x.low for x in v], *extra), f([x.high for x in v], *extra), whole, column)

    return Operation(rule, lambda metas, extra: f(metas, *extra))


OPERATIONS["cat"], OPERATIONS["stack"] = _joined(torch.cat), _joined(torch.stack)


def _put(t: T, new: T, extra: tuple[Any, ...]) -> T:
    result = t.clone()
    result[decode(extra)] = new
    return result


def _written(v: list[Value], extra: tuple[Any, ...], dtype: torch.dtype) -> Value:
    a, b = v
    b = settle(b.low, b.high, b.whole, dtype)
    low, high = _put(a.low, b.low, extra), _put(a.high, b.high, extra)
    return Value(low, high, _put(a.whole.expand(a.low.shape), b.whole, extra))


def _write(metas: list[Any], extra: tuple[Any, ...]) -> T:
    base, new = metas
    if any(isinstance(i, tuple) and i[0] == "at" and len(set(map(str, i[1]))) < len(i[1]) for i in extra):
        raise Unfollowed("an assignment twice to one place")
    part = base[decode(extra)]
    if N in base.shape and N not in part.shape:
        raise Unfollowed("some states only are assigned to")
    if isinstance(new, torch.Tensor):
        torch.broadcast_to(new, part.shape)  # torch also drops leading dimensions of size 1; not followed
    return base


OPERATIONS["write"] = Operation(_written, _write)


def _any_of(v: list[Value], extra: tuple[Any, ...], dtype: torch.dtype) -> Value:
    """Numbers picked along a dimension by an index that is not known. extra: the dimension; v[1]: the index."""
    a, index, dim = v[0], v[1], extra[0]
    if bool((index.low == index.high).all()):
        at = index.low.long()
        return Value(a.low.gather(dim, at), a.high.gather(dim, at), a.whole.expand(a.low.shape).gather(dim, at))
    low, high = a.low.amin(dim, keepdim=True), a.high.amax(dim, keepdim=True)
    whole = a.whole.expand(a.low.shape).all(dim, keepdim=True)
    shape = index.low.shape
    for d, size in enumerate(shape):
        if d != dim and size > low.shape[d]:
            raise Unfollowed("gather with an index of another size")
    cut = tuple(slice(None) if d == dim else slice(0, size) for d, size in enumerate(shape))
    return Value(low[cut].expand(shape), high[cut].expand(shape), whole[cut].expand(shape))


OPERATIONS["gather"] = Operation(_any_of, lambda m, e: torch.gather(m[0], e[0], m[1]))


def _hot(v: list[Value], extra: tuple[Any, ...], dtype: torch.dtype) -> Value:
    a, classes = v[0], torch.arange(extra[0]).double()
    low, high = a.low.unsqueeze(-1), a.high.unsqueeze(-1)
    may, must = (low <= classes) & (high >= classes), (low == classes) & (high == classes)
    return Value(must.double(), may.double(), torch.ones_like(may))


OPERATIONS["one_hot"] = Operation(_hot, lambda m, e: torch.zeros(*m[0].shape, e[0], dtype=torch.int64, device="meta"))
