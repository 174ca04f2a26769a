"""Calls of the allow-list, in terms of the operations that have bounds: the table, and what works element by element.

interval_shape_calls.py and interval_reduction_calls.py have the others.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import torch

from .interval_tensors import Tensor
from .intervals import Unfollowed

if TYPE_CHECKING:
    from .interval_walk import Walk

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


def _of_one(name: str) -> None:
    CALLS[name] = lambda w, x: w.op(name, x)


def _of_two(name: str) -> None:
    CALLS[name] = lambda w, x, other: w.op(name, x, other)


for _n in ("abs", "neg", "exp", "log", "log1p", "expm1", "sqrt", "rsqrt", "square", "sigmoid", "tanh", "relu", "sign",
           "floor", "ceil", "round", "reciprocal", "sin", "cos", "atan", "softplus"):  # fmt: skip
    _of_one(_n)
for _n in ("add", "sub", "mul", "div", "maximum", "minimum", "eq", "ne", "lt", "le", "gt", "ge", "floordiv", "mod"):
    _of_two(_n)


@follows("pow")
def _pow(w: Walk, x: Any, exponent: Any) -> Tensor:
    return w.op("pow", x, exponent)


def _test(name: str) -> None:
    CALLS[name] = lambda w, x: w.op("kind", x, extra=(name,))


for _n in ("isnan", "isinf", "isfinite"):
    _test(_n)


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
    return Tensor(x.node, x.stores, x.coefficients)  # itself or a copy: a change of one may be one of the other


@follows("size")
def _size(w: Walk, x: Tensor, dim: int | None = None) -> Any:
    sizes = [w._size(d) for d in x.shape]
    return sizes if dim is None else sizes[dim]


@follows("dim")
def _dim(w: Walk, x: Tensor) -> int:
    return len(x.shape)
