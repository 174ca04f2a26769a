"""Calls of the allow-list, in terms of the operations that have bounds.

Legend: N rows.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import torch

from . import interval_facts, interval_ops, interval_shapes  # noqa: F401  (they fill the table of operations)
from .interval_shapes import axis, keeps_rows
from .interval_tensors import Tensor
from .interval_walk import Walk
from .intervals import N, Unfollowed, row_axis, small
from .operations import Rows

Call = Callable[..., Any]
CALLS: dict[str, Call] = {}


def call(w: Walk, name: str, arguments: list[Any], named: dict[str, Any]) -> Any:
    """One call. Raises Unfollowed for what is not on the list."""
    if name not in CALLS:
        raise Unfollowed(f"{name} cannot be followed")
    named = {k: v for k, v in named.items() if k != "device"}  # bounds are the same everywhere
    try:
        bound = inspect.signature(CALLS[name]).bind(w, *arguments, **named)
    except TypeError:
        raise Unfollowed(f"{name} with these arguments cannot be followed") from None
    return CALLS[name](*bound.args, **bound.kwargs)


def follows(*names: str) -> Callable[[Call], Call]:
    def register(f: Call) -> Call:
        CALLS.update(dict.fromkeys(names, f))
        return f

    return register


def _same_name(name: str, operation: str, operands: int) -> None:
    if operands == 1:
        CALLS[name] = lambda w, x: w.op(operation, x)
    elif operands == 2:
        CALLS[name] = lambda w, x, other: w.op(operation, x, other)


for _n in ("abs", "neg", "exp", "log", "log1p", "expm1", "sqrt", "rsqrt", "square", "sigmoid", "tanh", "relu", "sign",
           "floor", "ceil", "round", "reciprocal", "sin", "cos", "atan", "softplus"):  # fmt: skip
    _same_name(_n, _n, 1)
for _n in ("add", "sub", "mul", "div", "maximum", "minimum", "eq", "ne", "lt", "le", "gt", "ge", "floordiv", "mod"):
    _same_name(_n, _n, 2)


@follows("pow")
def _pow(w: Walk, x: Any, exponent: Any) -> Tensor:
    return w.op("pow", x, exponent)


@follows("isnan")
def _isnan(w: Walk, x: Tensor) -> Tensor:
    return w.op("kind", x, extra=("isnan",))


@follows("isinf")
def _isinf(w: Walk, x: Tensor) -> Tensor:
    return w.op("kind", x, extra=("isinf",))


@follows("isfinite")
def _isfinite(w: Walk, x: Tensor) -> Tensor:
    return w.op("kind", x, extra=("isfinite",))


def as_bool(w: Walk, x: Tensor) -> Tensor:
    return x if x.dtype == torch.bool else w.op("cast", x, extra=(torch.bool,))


def _logic(name: str, sign: str) -> None:
    CALLS[name] = lambda w, x, other: w.op(sign, as_bool(w, x), as_bool(w, other))

    def bitwise(w: Walk, x: Any, other: Any) -> Tensor:
        if not all(isinstance(t, Tensor) and t.dtype == torch.bool for t in (x, other)):
            raise Unfollowed("&, | and ^ of whole numbers cannot be followed")
        return w.op(sign, x, other)

    CALLS[sign] = bitwise


for _n in ("and", "or", "xor"):
    _logic(f"logical_{_n}", _n)


@follows("logical_not")
def _not(w: Walk, x: Tensor) -> Tensor:
    return w.op("not", as_bool(w, x))


@follows("nan_to_num")
def _nan_to_num(w: Walk, x: Tensor, nan: Any = None, posinf: Any = None, neginf: Any = None) -> Tensor:
    return w.op("nan_to_num", x, extra=(nan, posinf, neginf))


@follows("clamp")
def _clamp(w: Walk, x: Tensor, min: Any = None, max: Any = None) -> Tensor:
    for bound, name in ((min, "maximum"), (max, "minimum")):
        if isinstance(bound, Tensor):
            x = w.op(name, x, bound)
    least, most = (None if isinstance(b, Tensor) else b for b in (min, max))
    return x if least is None and most is None else w.op("clamp", x, extra=(least, most))


@follows("clamp_min")
def _clamp_min(w: Walk, x: Tensor, min: Any) -> Tensor:
    return _clamp(w, x, min=min)


@follows("clamp_max")
def _clamp_max(w: Walk, x: Tensor, max: Any) -> Tensor:
    return _clamp(w, x, max=max)


@follows("lerp")
def _lerp(w: Walk, x: Tensor, end: Tensor, weight: Any) -> Tensor:
    return w.op("lerp", x, end, weight)


@follows("where")
def _where(w: Walk, condition: Tensor, x: Any, other: Any) -> Tensor:
    return w.op("where", condition, x, other)


@follows("masked_fill")
def _masked_fill(w: Walk, x: Tensor, mask: Tensor, value: Any) -> Tensor:
    filled = w.op("where", mask, value, x)
    if filled.dtype != x.dtype or filled.shape != x.shape:
        raise Unfollowed("masked_fill that changes shape or kind cannot be followed")
    return filled


def converted(w: Walk, x: Tensor, dtype: torch.dtype) -> Tensor:
    return x if x.dtype == dtype else w.op("cast", x, extra=(dtype,))


@follows("float")
def _float(w: Walk, x: Tensor) -> Tensor:
    return converted(w, x, torch.float32)


@follows("long")
def _long(w: Walk, x: Tensor) -> Tensor:
    return converted(w, x, torch.int64)


@follows("bool")
def _bool(w: Walk, x: Tensor) -> Tensor:
    return converted(w, x, torch.bool)


@follows("to")
def _to(w: Walk, x: Tensor, *targets: Any, dtype: Any = None) -> Tensor:
    for t in targets:
        dtype = t if isinstance(t, torch.dtype) else t.dtype if isinstance(t, Tensor) else dtype
    return x if dtype is None else converted(w, x, dtype)


@follows("clone")
def _clone(w: Walk, x: Tensor) -> Tensor:
    return w.fresh(w.node(x), x.coefficients)


@follows("contiguous")
def _contiguous(w: Walk, x: Tensor) -> Tensor:
    return x


@follows("size")
def _size(w: Walk, x: Tensor, dim: int | None = None) -> Any:
    sizes = [w._size(d) for d in x.shape]
    return sizes if dim is None else sizes[dim]


@follows("dim")
def _dim(w: Walk, x: Tensor) -> int:
    return len(x.shape)


# Tensors made from nothing


def _made(name: str) -> None:
    def make(w: Walk, *arguments: Any, dtype: Any = None, **named: Any) -> Tensor:
        if any(isinstance(a, Tensor) for a in [*_flat(list(arguments)), *named.values()]):
            raise Unfollowed(f"{name} of a tensor cannot be followed")
        if name == "full" and isinstance(arguments[-1], Rows):
            raise Unfollowed("the number of states may only be used as a size")
        build = getattr(torch, name)
        made = build(*_one_row(list(arguments)), **named, dtype=dtype)
        shape = build(*_with_rows(list(arguments)), **named, dtype=dtype, device="meta").shape
        return w.fresh(w.graph.constant(made, tuple(shape)))

    CALLS[name] = make


def _flat(value: Any) -> list[Any]:
    return [x for v in value for x in _flat(v)] if isinstance(value, (list, tuple)) else [value]


def _one_row(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return type(value)(_one_row(v) for v in value)
    return _rows(value, 1)


def _with_rows(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return type(value)(_with_rows(v) for v in value)
    return _rows(value, N)


def _rows(value: Any, rows: int) -> Any:
    if isinstance(value, Rows) and value != N:
        raise Unfollowed("a size that is computed from the number of states cannot be followed")
    return rows if isinstance(value, Rows) else value


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
    return tuple(_rows(s, N) for s in given)


def _shaped(w: Walk, x: Tensor, shape: torch.Size) -> Tensor:
    if shape == x.shape:
        return x
    if row_axis(x.node.meta) is not None:
        keeps_rows(x.node.meta, torch.empty(shape, device="meta"))
    return w.op("reshape", x, extra=tuple(shape))


@follows("view", "reshape")
def _reshape(w: Walk, x: Tensor, *sizes: Any) -> Tensor:
    return _shaped(w, x, x.node.meta.reshape(_sizes(sizes)).shape)


@follows("flatten")
def _flatten(w: Walk, x: Tensor, start_dim: int = 0, end_dim: int = -1) -> Tensor:
    return _shaped(w, x, x.node.meta.flatten(start_dim, end_dim).shape)


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


@follows("chunk")
def _chunk(w: Walk, x: Tensor, chunks: int, dim: int = 0) -> list[Tensor]:
    d, parts, start = axis(x.node, dim), [], 0
    for part in x.node.meta.chunk(chunks, d):
        stop = start + part.shape[d]
        parts.append(w.op("index", x, extra=(*[("slice", None, None, None)] * d, ("slice", start, stop, None))))
        start = stop
    return parts


@follows("split")
def _split(w: Walk, x: Tensor, sizes: Any, dim: int = 0) -> list[Tensor]:
    d, parts, start = axis(x.node, dim), [], 0
    for part in x.node.meta.split(sizes, d):
        stop = start + part.shape[d]
        parts.append(w.op("index", x, extra=(*[("slice", None, None, None)] * d, ("slice", start, stop, None))))
        start = stop
    return parts


@follows("unbind")
def _unbind(w: Walk, x: Tensor, dim: int = 0) -> list[Tensor]:
    d = axis(x.node, dim)
    return [w.op("index", x, extra=(*[("slice", None, None, None)] * d, k)) for k in range(x.shape[d])]


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
    whole = [slice(None)] * axis(x.node, dim)
    return w.op("index", x, extra=w.encoded((*whole, index)))
