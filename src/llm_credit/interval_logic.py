"""Bounds of comparisons, truth values, choices and conversions, element by element.

A truth value is a whole number: 0, 1 or, where nothing is known, between them.
"""

from __future__ import annotations

import operator
from typing import Any

import torch

from .intervals import INF, OPERATIONS, Operation, Rule, Unfollowed, Value, infinite, on_shapes, point, settle


def compare(op: str) -> Rule:
    def rule(v: list[Value], extra: tuple[Any, ...], dtype: torch.dtype) -> Value:
        a, b = v if op not in ("lt", "le") else v[::-1]
        if op in ("gt", "lt"):
            sure, never = a.low > b.high, a.high <= b.low
        elif op in ("ge", "le"):
            sure, never = a.low >= b.high, a.high < b.low
        else:
            sure = (a.low == b.high) & (a.high == b.low)
            never = (a.low > b.high) | (a.high < b.low)
            if op == "ne":
                sure, never = never, sure
        if a.nan or b.nan:  # a comparison with NaN is false, != is true
            sure, never = (sure, never & False) if op == "ne" else (sure & False, never)
        return Value(sure.double(), (~never).double(), torch.ones_like(sure))

    return rule


def logic(op: str) -> Rule:
    def rule(v: list[Value], extra: tuple[Any, ...], dtype: torch.dtype) -> Value:
        a, b = v
        if op == "and":
            low, high = torch.minimum(a.low, b.low), torch.minimum(a.high, b.high)
        elif op == "or":
            low, high = torch.maximum(a.low, b.low), torch.maximum(a.high, b.high)
        else:
            open_ = (a.low != a.high) | (b.low != b.high)
            differ = (a.low != b.low).double()
            low, high = torch.where(open_, 0.0, differ), torch.where(open_, 1.0, differ)
        return Value(low, high, torch.ones_like(low, dtype=torch.bool))

    return rule


def invert(v: list[Value], extra: tuple[Any, ...], dtype: torch.dtype) -> Value:
    return Value(1 - v[0].high, 1 - v[0].low, v[0].whole)


def cast(v: list[Value], extra: tuple[Any, ...], dtype: torch.dtype) -> Value:
    a = v[0]
    if dtype == torch.bool:
        return compare("ne")([a, point(0)], (), dtype)
    if dtype == torch.int64:
        if a.nan or bool(infinite(a).any()):
            raise Unfollowed("a whole number is made from what may be infinite or NaN")
        return settle(a.low.trunc(), a.high.trunc(), torch.tensor(True), dtype)
    return settle(a.low, a.high, a.whole, dtype)


def test_kind(v: list[Value], extra: tuple[Any, ...], dtype: torch.dtype) -> Value:
    """isnan, isinf, isfinite. extra: the name."""
    a, name = v[0], extra[0]
    inf, nan = infinite(a), torch.full_like(v[0].whole, v[0].nan is not None)
    if name == "isfinite":
        return Value((~inf & ~nan).double(), torch.ones_like(a.low), torch.ones_like(inf))
    return Value(torch.zeros_like(a.low), (nan if name == "isnan" else inf).double(), torch.ones_like(inf))


def nan_to_num(v: list[Value], extra: tuple[Any, ...], dtype: torch.dtype) -> Value:
    """extra: what NaN, inf and -inf become, None for torch's choice."""
    a = v[0]
    big = torch.finfo(torch.float32).max
    nan, top, bottom = [d if e is None else float(e) for e, d in zip(extra, (0.0, big, -big), strict=True)]
    low, high = a.low, a.high
    ends = [(high == INF, top), (low == -INF, bottom)]
    least, most = low.clamp(-big, big), high.clamp(-big, big)
    for where, to in [*ends, (torch.full_like(a.whole, a.nan is not None), nan)]:
        least = torch.where(where, least.clamp(max=to), least)
        most = torch.where(where, most.clamp(min=to), most)
    return settle(least, most, a.whole & False if a.nan else a.whole & ~infinite(a), dtype)


for _name in ("eq", "ne", "lt", "le", "gt", "ge"):
    OPERATIONS[_name] = Operation(compare(_name), on_shapes(getattr(operator, _name)), local=True, stops_nan=True)
for _name in ("and", "or", "xor"):
    OPERATIONS[_name] = Operation(
        logic(_name), on_shapes(getattr(torch, f"logical_{_name}")), local=True, stops_nan=True
    )
OPERATIONS["not"] = Operation(invert, on_shapes(torch.logical_not), local=True, stops_nan=True)
OPERATIONS["cast"] = Operation(cast, lambda m, e: m[0].to(e[0]), local=True)
OPERATIONS["kind"] = Operation(test_kind, lambda m, e: getattr(torch, e[0])(m[0]), local=True, stops_nan=True)
OPERATIONS["nan_to_num"] = Operation(nan_to_num, lambda m, e: torch.nan_to_num(m[0], *e), local=True, stops_nan=True)
# Its bounds depend on the condition's node too: interval_facts.choose
OPERATIONS["where"] = Operation(lambda v, e, d: v[1], on_shapes(torch.where), local=True, stops_nan=True)
