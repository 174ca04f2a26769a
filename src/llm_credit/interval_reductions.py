"""Bounds of operations over a dimension: sums, extremes, products, sorted numbers and their positions.

Bounds of a sum hold for every order of summation. A dimension that is reduced stays, with size 1.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import torch

from .interval_arithmetic import add
from .intervals import EXACT, INF, MEMBERS, OPERATIONS, Operation, Unfollowed, Value, infinite, settle, single

T = torch.Tensor
ULP = 2.0**-22


def _all_whole(v: Value, dim: int) -> T:
    return v.whole.expand(v.low.shape).all(dim, keepdim=True)


def _largest(v: Value) -> T:
    """The largest absolute values."""
    return torch.maximum(v.low.abs(), v.high.abs())


def _total(v: Value, dim: int) -> tuple[T, T]:
    """Sums of the bounds over a dimension; of exclusive numbers only the largest group member counts."""
    if v.column is None:
        return v.low.sum(dim, keepdim=True), v.high.sum(dim, keepdim=True)
    names, column = torch.unique(v.column.expand(v.low.shape).movedim(dim, -1), return_inverse=True)
    groups, group = torch.unique(names // MEMBERS, return_inverse=True)
    named = names > 0
    ends = []
    for sign, bounds in ((-1.0, v.low), (1.0, v.high)):
        end = bounds.movedim(dim, -1) * sign
        free = torch.where(named[column], 0.0, end).sum(-1)
        bound = torch.where(named[column], end.clamp(min=0), 0.0)
        each = torch.zeros(*bound.shape[:-1], len(names)).double().scatter_add_(-1, column, bound)
        most = torch.zeros(*bound.shape[:-1], len(groups)).double()
        most = most.scatter_reduce_(-1, group.expand(each.shape), each, "amax")
        ends.append((sign * (free + most.sum(-1))).unsqueeze(-1).movedim(-1, dim))
    return ends[0], ends[1]


def _sum(v: list[Value], extra: tuple[Any, ...], dtype: torch.dtype) -> Value:
    """extra: the dimension, kept; whether the sum is of coefficients beside other terms (see _torn)."""
    a, dim = v[0], extra[0]
    k = a.low.shape[dim]
    low, high = _total(a, dim)
    whole = _all_whole(a, dim) & (_largest(a).sum(dim, keepdim=True) <= EXACT)
    if k > 1 and dtype == torch.float32:
        low, high = _slack(a, low, high, whole, dim)
    value = _grown(a, settle(low, high, whole, dtype), dim)
    return _torn(value, (a.low < 0).any(dim, keepdim=True) & (a.high > 0).any(dim, keepdim=True), extra[1])


def _grown(a: Value, value: Value, dim: int) -> Value:
    """A sum whose parts may grow beyond float32 with both signs may be anything: it is summed in any order."""
    if float(_largest(a).sum(dim).max()) < 1e38 or a.low.shape[dim] == 1:
        return value
    if not bool((a.low < 0).any()) or not bool((a.high > 0).any()):
        return value
    endless = torch.full_like(value.low, INF)
    return replace(value, low=-endless, high=endless, nan=(0, "inf - inf in a sum"))


def _slack(a: Value, low: T, high: T, whole: T, dim: int) -> tuple[T, T]:
    """Bounds of a float32 sum, whatever its order; a sum of non-negative numbers stays so."""
    part = (a.low.shape[dim] + 2) * ULP
    least, most = a.low.abs().sum(dim, keepdim=True) * part, a.high.abs().sum(dim, keepdim=True) * part
    low, high = torch.where(whole, low, low - least), torch.where(whole, high, high + most)
    low = torch.where((a.low >= 0).all(dim, keepdim=True), low.clamp(min=0), low)
    return low, torch.where((a.high <= 0).all(dim, keepdim=True), high.clamp(max=0), high)


OPERATIONS["sum"] = Operation(_sum, lambda m, e: m[0].sum(e[0], keepdim=True))


def _torn(value: Value, clash: T, apply: bool) -> Value:
    """Coefficients of both signs on one utility, beside other terms: rounding may turn the sum's sign."""
    if not apply:
        return value
    low = torch.where(clash, value.low.clamp(max=-1e-30), value.low)
    return replace(value, low=low, high=torch.where(clash, value.high.clamp(min=1e-30), value.high))


def _mixed(v: list[Value], extra: tuple[Any, ...], dtype: torch.dtype) -> Value:
    """The sum of two coefficients of one utility. extra: whether there are other terms beside."""
    a, b = v
    clash = ((a.low < 0) & (b.high > 0)) | ((a.high > 0) & (b.low < 0))
    return _torn(add(v, (), dtype), clash, extra[0])


OPERATIONS["mix"] = Operation(_mixed, lambda m, e: torch.add(*m), local=True)


def _mean(v: list[Value], extra: tuple[Any, ...], dtype: torch.dtype) -> Value:
    """A sum divided by its length. extra: the length."""
    a, k = v[0], float(extra[0])
    inverse = float(single(torch.tensor(1 / k)))
    low = torch.minimum(single(a.low / k), single(a.low * inverse))
    high = torch.maximum(single(a.high / k), single(a.high * inverse))
    return settle(low, high, torch.tensor(k == 1) & a.whole, dtype)


OPERATIONS["share"] = Operation(_mean, lambda m, e: m[0] / e[0], local=True)


def _between(v: list[Value], extra: tuple[Any, ...], dtype: torch.dtype) -> Value:
    """A mean, beside the least and the greatest of its numbers."""
    a, least, most = v
    low, high = least.low, most.high
    slack = torch.maximum(least.low.abs(), most.high.abs()) * 2.0**-14
    low = torch.where(a.low == -INF, a.low, torch.maximum(a.low, low - slack))  # its sum may have overflown
    high = torch.where(a.high == INF, a.high, torch.minimum(a.high, high + slack))
    return Value(low, torch.maximum(low, high), a.whole, None, a.nan)


OPERATIONS["between"] = Operation(_between, lambda m, e: m[0])


def _extreme(name: str) -> Operation:
    def rule(v: list[Value], extra: tuple[Any, ...], dtype: torch.dtype) -> Value:
        f = getattr(torch, name)
        a, dim = v[0], extra[0]
        whole = _all_whole(a, dim)
        return Value(f(a.low, dim, keepdim=True), f(a.high, dim, keepdim=True), whole)

    return Operation(rule, lambda m, e: getattr(torch, name)(m[0], e[0], keepdim=True))


OPERATIONS["amax"], OPERATIONS["amin"] = _extreme("amax"), _extreme("amin")


def _prod(v: list[Value], extra: tuple[Any, ...], dtype: torch.dtype) -> Value:
    a, dim = v[0], extra[0]
    k = a.low.shape[dim]
    size = _largest(a)
    most = size.prod(dim, keepdim=True) * (1 + (k + 2) * ULP) + 1e-36
    if bool((size.clamp(min=1).prod(dim) > 1e37).any()):
        raise Unfollowed("a product may grow too large")
    least = a.low.clamp(min=0).prod(dim, keepdim=True) * (1 - (k + 2) * ULP)
    least = torch.where(a.low.clamp(0, 1).prod(dim, keepdim=True) > 1e-36, least, 0.0)
    low = torch.where((a.low >= 0).all(dim, keepdim=True), least, -most)
    whole = _all_whole(a, dim)
    return settle(low, most.floor() if bool(whole.all()) and bool((most < EXACT).all()) else most, whole, dtype)


OPERATIONS["prod"] = Operation(_prod, lambda m, e: m[0].prod(e[0], keepdim=True))


def _spread(v: list[Value], extra: tuple[Any, ...], dtype: torch.dtype) -> Value:
    """var; extra: dimension, correction."""
    a, (dim, correction) = v[0], extra
    k = a.low.shape[dim]
    span = a.high.amax(dim, keepdim=True) - a.low.amin(dim, keepdim=True)
    high = span**2 * (k / max(k - correction, 1)) * 1.001 + 1e-30
    high = high + a.low.abs().amax(dim, keepdim=True) ** 2 * 1e-5 + a.high.abs().amax(dim, keepdim=True) ** 2 * 1e-5
    trouble = (
        "a variance of one number, or of infinite ones" if k <= correction or not bool((high < 1e37).all()) else ""
    )
    return settle(torch.zeros_like(high), high, torch.tensor(False), dtype, trouble)


OPERATIONS["var"] = Operation(_spread, lambda m, e: torch.var(m[0], dim=e[0], correction=e[1], keepdim=True))


def _running(v: list[Value], extra: tuple[Any, ...], dtype: torch.dtype) -> Value:
    """cumsum: sums of the first 1, 2, ... numbers."""
    a, dim = v[0], extra[0]
    k = a.low.shape[dim]
    low, high = a.low.cumsum(dim), a.high.cumsum(dim)
    whole = _all_whole(a, dim)
    whole = whole & (_largest(a).sum(dim, keepdim=True) <= EXACT)
    if dtype == torch.float32:
        low = torch.where(whole, low, low - a.low.abs().cumsum(dim) * (k + 2) * ULP)
        high = torch.where(whole, high, high + a.high.abs().cumsum(dim) * (k + 2) * ULP)
        low = torch.where((a.low >= 0).all(dim, keepdim=True), low.clamp(min=0), low)
    return _grown(a, settle(low, high, whole, dtype), dim)


OPERATIONS["cumsum"] = Operation(_running, lambda m, e: m[0].cumsum(e[0]))


def _soft(v: list[Value], extra: tuple[Any, ...], dtype: torch.dtype) -> Value:
    a = v[0]
    bad = bool((a.high == INF).any()) or bool((a.low == -INF).all(extra[0]).any())
    low = torch.zeros_like(a.low)
    return settle(low, low + 1, torch.tensor(False), dtype, bad and "a softmax of infinite numbers")


def _log_soft(v: list[Value], extra: tuple[Any, ...], dtype: torch.dtype) -> Value:
    a, dim = v[0], extra[0]
    bad = bool(infinite(a).any())
    low = a.low - a.high.amax(dim, keepdim=True) - math.log(a.low.shape[dim])
    low = low.clamp(max=0) * 1.001 - 1e-3
    return settle(low, torch.zeros_like(low), torch.tensor(False), dtype, bad and "a softmax of infinite numbers")


def _log_sum(v: list[Value], extra: tuple[Any, ...], dtype: torch.dtype) -> Value:
    a, dim = v[0], extra[0]
    low, high = a.low.amax(dim, keepdim=True), a.high.amax(dim, keepdim=True) + math.log(a.low.shape[dim])
    low, high = low - low.abs() * 1e-5 - 1e-6, high + high.abs() * 1e-5 + 1e-6
    bad = bool(infinite(a).any())
    return settle(low, high, torch.tensor(False), dtype, bad and "a logsumexp of infinite numbers")


OPERATIONS["softmax"] = Operation(_soft, lambda m, e: torch.softmax(m[0], e[0]))
OPERATIONS["log_softmax"] = Operation(_log_soft, lambda m, e: torch.log_softmax(m[0], e[0]))
OPERATIONS["logsumexp"] = Operation(_log_sum, lambda m, e: torch.logsumexp(m[0], e[0], keepdim=True))


def _sorted(v: list[Value], extra: tuple[Any, ...], dtype: torch.dtype) -> Value:
    """extra: dimension, descending, how many are kept. The i-th least number lies between the i-th least bounds."""
    dim, descending, k = extra
    low, high = (torch.sort(x, dim=dim, descending=descending)[0].narrow(dim, 0, k) for x in (v[0].low, v[0].high))
    if v[0].nan:  # which sort puts at one end
        low = v[0].low.amin(dim, keepdim=True).expand(low.shape)
        high = v[0].high.amax(dim, keepdim=True).expand(high.shape)
    return Value(low, high, _all_whole(v[0], dim).expand(low.shape))


OPERATIONS["sort"] = Operation(_sorted, lambda m, e: m[0].narrow(e[0], 0, e[2]))


def _positions(v: list[Value], extra: tuple[Any, ...], dtype: torch.dtype) -> Value:
    """Indices of a dimension: argmax, argsort and the like. extra: which, the dimension, the result's size there."""
    a, dim = v[0], extra[0]
    shape = [extra[1] if d == dim else size for d, size in enumerate(a.low.shape)]
    zero = torch.zeros(shape).double()
    return Value(zero, zero + a.low.shape[dim] - 1, torch.ones(shape, dtype=torch.bool))


OPERATIONS["positions"] = Operation(
    _positions, lambda m, e: torch.argmax(m[0], e[0], keepdim=True).expand(
        [e[1] if d == e[0] else s for d, s in enumerate(m[0].shape)]
    ), stops_nan=True
)  # fmt: skip
