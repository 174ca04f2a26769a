"""Bounds of arithmetic and of functions of one number, element by element.

A bound that is 0 stays exactly 0 wherever float32 keeps the sign: that is what a proof rests on.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch

from .intervals import (
    INF,
    OPERATIONS,
    Operation,
    Rule,
    Unfollowed,
    Value,
    has_zero,
    infinite,
    on_shapes,
    point,
    settle,
    single,
    widened,
)  # fmt: skip

SLOPPY = 2.0**-19  # relative error of exp, log and the like, generously
T = torch.Tensor
Bounds = tuple[T, T]


def _corners(f: Callable[[T, T], T], a: Value, b: Value) -> Bounds:
    ends = [torch.nan_to_num(f(x, y), 0.0, INF, -INF) for x in (a.low, a.high) for y in (b.low, b.high)]
    low, high = ends[0], ends[0]
    for e in ends[1:]:
        low, high = torch.minimum(low, e), torch.maximum(high, e)
    return low, high


def _some(t: T) -> bool:
    return bool(t.any())


def add(v: list[Value], extra: tuple[Any, ...], dtype: torch.dtype) -> Value:
    a, b = v
    clash = torch.isnan(a.high + b.low) | torch.isnan(a.low + b.high)
    return settle(a.low + b.low, a.high + b.high, a.whole & b.whole, dtype, _some(clash) and "inf - inf")


def neg(v: list[Value], extra: tuple[Any, ...], dtype: torch.dtype) -> Value:
    return Value(-v[0].high, -v[0].low, v[0].whole)


def sub(v: list[Value], extra: tuple[Any, ...], dtype: torch.dtype) -> Value:
    return add([v[0], neg([v[1]], (), dtype)], (), dtype)


def mul(v: list[Value], extra: tuple[Any, ...], dtype: torch.dtype) -> Value:
    a, b = v
    low, high = _corners(torch.mul, a, b)
    clash = (has_zero(a) & infinite(b)) | (has_zero(b) & infinite(a))
    value = settle(low, high, a.whole & b.whole, dtype, _some(clash) and "0 * inf")
    if dtype != torch.float32:
        return value
    return replace(value, low=torch.minimum(low, value.low), high=torch.maximum(high, value.high))


def square(v: list[Value], extra: tuple[Any, ...], dtype: torch.dtype) -> Value:
    return mul([absolute(v, (), dtype)] * 2, (), dtype)


def div(v: list[Value], extra: tuple[Any, ...], dtype: torch.dtype) -> Value:
    """Where the divisor may be 0 nothing is known, not even the sign: there is a -0.0."""
    a, b = v
    zero = has_zero(b)
    low, high = _corners(torch.div, a, b)
    clash = (zero & has_zero(a)) | (infinite(a) & infinite(b))
    low, high = torch.where(zero, -INF, low), torch.where(zero, INF, high)
    value = settle(low, high, torch.tensor(False), dtype, _some(clash) and "0 / 0")
    if b.low.dim() or _some(zero):
        return value
    other = _corners(torch.mul, a, replace(b, low=single(1 / b.low), high=single(1 / b.low)))  # as GPUs divide
    other = (single(other[0]), single(other[1]))
    return replace(value, low=torch.minimum(value.low, other[0]), high=torch.maximum(value.high, other[1]))


def floordiv(v: list[Value], extra: tuple[Any, ...], dtype: torch.dtype) -> Value:
    a, b = v
    slack = 0.0 if dtype == torch.int64 else 1e-6
    low, high = widened(*_corners(torch.div, a, b), slack) if slack else _corners(torch.div, a, b)
    return settle(low.floor(), high.floor(), torch.tensor(True), dtype, _some(infinite(a)) and "inf // number")


def mod(v: list[Value], extra: tuple[Any, ...], dtype: torch.dtype) -> Value:
    a, b = v
    both = a.whole & b.whole
    same = (a.low >= 0) & (a.high < b.low)
    high = torch.where(both, b.high - 1, b.high)
    low, high = torch.where(same, a.low, 0.0), torch.where(same, a.high, high)
    return settle(low, high, both, dtype, _some(infinite(a)) and "inf % number")


def power(v: list[Value], extra: tuple[Any, ...], dtype: torch.dtype) -> Value:
    """x ** y, y a plain number or a tensor."""
    a, b = v
    p = float(b.low) if not b.low.dim() and float(b.low) == float(b.high) else None
    if p == 2:
        return square([a], (), dtype)
    if p == 1:
        return a
    if p is not None and p.is_integer() and p > 0:
        base = absolute([a], (), dtype) if p % 2 == 0 else a
        low, high = widened(base.low**p, base.high**p, SLOPPY)
        return settle(low, high, a.whole & (b.low < 4), dtype)
    if p == -1:
        return div([point(1), a], (), dtype)
    if dtype != torch.float32:
        raise Unfollowed("a power of whole numbers cannot be followed")
    if _some(a.low < 0):
        return settle(*_anything(a, b), torch.tensor(False), dtype, "a power of a negative number")
    low, high = widened(*_corners(torch.pow, a, b), SLOPPY)
    open_end = has_zero(a) & (b.low < 0)  # 0 ** -1, and (-0.0) ** -1
    low, high = torch.where(open_end, -INF, low.clamp(min=0)), torch.where(open_end, INF, high)
    return settle(low, high, torch.tensor(False), dtype)


def _anything(*values: Value) -> Bounds:
    shape = torch.broadcast_shapes(*(v.low.shape for v in values))
    return torch.full(shape, -INF).double(), torch.full(shape, INF).double()


def absolute(v: list[Value], extra: tuple[Any, ...], dtype: torch.dtype) -> Value:
    a = v[0]
    low = torch.where(a.low >= 0, a.low, torch.where(a.high <= 0, -a.high, 0.0))
    return Value(low, torch.maximum(-a.low, a.high), a.whole)


def maximum(v: list[Value], extra: tuple[Any, ...], dtype: torch.dtype) -> Value:
    a, b = v
    return settle(torch.maximum(a.low, b.low), torch.maximum(a.high, b.high), a.whole & b.whole, dtype)


def minimum(v: list[Value], extra: tuple[Any, ...], dtype: torch.dtype) -> Value:
    a, b = v
    return settle(torch.minimum(a.low, b.low), torch.minimum(a.high, b.high), a.whole & b.whole, dtype)


def clamp(v: list[Value], extra: tuple[Any, ...], dtype: torch.dtype) -> Value:
    """extra: the least and the greatest value, None for none."""
    a = v[0]
    low, high, whole = a.low, a.high, a.whole
    for bound, limit in zip(extra, (torch.maximum, torch.minimum), strict=True):
        if bound is not None:
            if bound != bound:
                raise Unfollowed("a bound is NaN")
            c = single(torch.tensor(float(bound)).double())
            low, high, whole = limit(low, c), limit(high, c), whole & (c == c.round())
    return settle(low, high, whole, dtype)


def rising(
    f: Callable[[T], T], least: float = -INF, greatest: float = INF, from_: float = -INF, exact: bool = False
) -> Rule:
    """A function that never falls; NaN below ``from_``. Not exact: with the error of a float32 implementation."""

    def rule(v: list[Value], extra: tuple[Any, ...], dtype: torch.dtype) -> Value:
        a = v[0]
        trouble = "" if from_ == -INF or not _some(a.low < from_) else "a negative number under a root or logarithm"
        low, high = f(a.low.clamp(min=from_)), f(a.high.clamp(min=from_))
        if not exact:
            low, high = widened(low, high, SLOPPY)
        if f is torch.sign and a.nan:  # which is 0 for NaN
            low, high = low.clamp(max=0), high.clamp(min=0)
        stays_whole = f in (torch.floor, torch.ceil, torch.round, torch.sign)
        whole = torch.full_like(a.whole, stays_whole) | (a.whole & (f is torch.relu))
        return settle(low.clamp(least, greatest), high.clamp(least, greatest), whole, dtype, trouble)

    return rule


def exp(v: list[Value], extra: tuple[Any, ...], dtype: torch.dtype) -> Value:
    a = v[0]
    low, high = widened(a.low.exp(), a.high.exp(), SLOPPY)
    high = torch.where(a.high <= 0, high.clamp(max=1.0), high)
    return settle(low.clamp(min=0), high, torch.tensor(False), dtype)


def wave(v: list[Value], extra: tuple[Any, ...], dtype: torch.dtype) -> Value:
    one = torch.ones_like(v[0].low)
    return Value(-one, one, torch.zeros_like(v[0].whole), None, (0, "sin(inf)") if _some(infinite(v[0])) else None)


def rsqrt(v: list[Value], extra: tuple[Any, ...], dtype: torch.dtype) -> Value:
    a = v[0]
    open_ = a.low <= 0  # a -0.0 gives -inf
    low, high = widened(a.high.clamp(min=0).rsqrt(), a.low.clamp(min=0).rsqrt(), SLOPPY)
    trouble = "a negative number under a root" if _some(a.low < 0) else ""
    return settle(torch.where(open_, -INF, low), torch.where(open_, INF, high), torch.tensor(False), dtype, trouble)


def lerp(v: list[Value], extra: tuple[Any, ...], dtype: torch.dtype) -> Value:
    a, b, w = v
    if _some((w.low < 0) | (w.high > 1)) or any(_some((x.low < -1e37) | (x.high > 1e37)) for x in (a, b)):
        raise Unfollowed("lerp of large numbers, or by a weight that may be outside 0 .. 1, cannot be followed")
    low, high = torch.minimum(a.low, b.low), torch.maximum(a.high, b.high)
    slack = torch.maximum(low.abs(), high.abs()) * SLOPPY + 1e-36
    low = torch.where(low >= 0, (low - slack).clamp(min=0), low - slack)
    shape = torch.broadcast_shapes(low.shape, w.low.shape)
    return settle(low.expand(shape), (high + slack).expand(shape), torch.tensor(False), dtype)


def coarse(v: list[Value], extra: tuple[Any, ...], dtype: torch.dtype) -> Value:
    """An operand of a matrix product: GPUs may round it to 11 bits."""
    a = v[0]
    exact = a.whole & (a.low >= -1024) & (a.high <= 1024)
    low, high = widened(a.low, a.high, 2.0**-10)
    return Value(torch.where(exact, a.low, low), torch.where(exact, a.high, high), a.whole & exact)


_RISING = {
    "log": rising(torch.log, from_=0.0), "log1p": rising(torch.log1p, from_=-1.0), "expm1": rising(torch.expm1, -1.0),
    "sqrt": rising(torch.sqrt, 0.0, from_=0.0), "sigmoid": rising(torch.sigmoid, 0.0, 1.0),
    "tanh": rising(torch.tanh, -1.0, 1.0), "relu": rising(torch.relu, exact=True),
    "sign": rising(torch.sign, exact=True), "floor": rising(torch.floor, exact=True),
    "ceil": rising(torch.ceil, exact=True), "round": rising(torch.round, exact=True), "atan": rising(torch.atan),
    "softplus": rising(torch.nn.functional.softplus, 0.0),
}  # fmt: skip
_RULES: dict[str, Rule] = {
    "add": add, "sub": sub, "mul": mul, "div": div, "neg": neg, "square": square, "pow": power, "abs": absolute,
    "maximum": maximum, "minimum": minimum, "exp": exp, "sin": wave, "cos": wave, "rsqrt": rsqrt, "lerp": lerp,
    "floordiv": floordiv, "mod": mod, "reciprocal": lambda v, extra, dtype: div([point(1), v[0]], extra, dtype),
    **_RISING,
}  # fmt: skip
# Where torch has no function of the name, or one that takes no plain number on its left side
_OTHER_HOMES: dict[str, Callable[..., T]] = {
    "add": operator.add, "sub": operator.sub, "mul": operator.mul, "div": operator.truediv, "pow": operator.pow,
    "floordiv": operator.floordiv, "mod": operator.mod, "softplus": torch.nn.functional.softplus,
}  # fmt: skip
for _name, _rule in _RULES.items():
    OPERATIONS[_name] = Operation(_rule, on_shapes(_OTHER_HOMES.get(_name) or getattr(torch, _name)), local=True)
OPERATIONS["clamp"] = Operation(clamp, lambda m, e: torch.clamp(m[0], *e), local=True)
OPERATIONS["coarse"] = Operation(coarse, lambda m, e: m[0], local=True)
