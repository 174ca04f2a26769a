"""The abstract domain of the IGM proof: for every number of a tensor, bounds that it never leaves in float32.

Every expression of the function becomes a node, equal expressions the same node, so that ``x - x.amin(1, True)``
is known to be a thing minus its own minimum. Bounds have one row, which stands for every row; shapes are followed on
tensors without memory that have ``N`` rows, so that nothing can take the rows for another dimension.

Rounding: float32 operations round to the nearest number, which keeps order. So the result at the bounds, rounded
alike, bounds the results between. A product may also stay unrounded (fused multiply-add); both are within its bounds.

Beside this file: interval_walk.py follows a function (its tensors: interval_tensors.py), and interval_*calls.py say its
calls in operations. interval_graph.py makes the nodes. The operations' rules are in interval_arithmetic.py,
interval_logic.py, interval_shapes.py and interval_reductions.py; what conditions add, and what a node's arguments have
to do with each other, is in interval_facts.py and interval_relations.py.

Legend: N rows.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

N = 4099  # a prime: a size that it divides comes from the number of states
EXACT = 2.0**24  # whole numbers up to here are exact in float32
TOO_LARGE = "whole numbers above 2^24 are not exact in float32 and cannot be followed"
MEMBERS = 2**20  # an exclusive number is named group * MEMBERS + member
INF = math.inf
Trouble = tuple[int, str]  # the line, and what may go wrong there


class Unfollowed(Exception):
    """Nothing can be said about a value; the message is for a researcher."""


@dataclass(frozen=True)
class Value:
    """Bounds of a tensor's numbers. All tensors have its shape, with one row.

    low, high: float64; an infinite bound means that the value may be infinite. whole: only whole numbers are possible.
    column: the name of the exclusive number that an element is a multiple of, 0 for none: of the numbers of one group
        at most one is not 0. nan: where NaN may come from, None where it cannot be.
    """

    low: torch.Tensor
    high: torch.Tensor
    whole: torch.Tensor
    column: torch.Tensor | None = None
    nan: Trouble | None = None


class Node:
    """One expression: operation, arguments (nodes and numbers), a tensor of its shape and dtype, and its bounds."""

    __slots__ = ("args", "extra", "line", "meta", "op", "value")

    def __init__(
        self, op: str, args: tuple[Any, ...], extra: tuple[Any, ...], meta: torch.Tensor, value: Value, line: int
    ) -> None:
        self.op, self.args, self.extra, self.meta, self.value, self.line = op, args, extra, meta, value, line


Rule = Callable[[list[Value], tuple[Any, ...], torch.dtype], Value]


@dataclass(frozen=True)
class Operation:
    """How an operation changes shapes and bounds.

    rule: (bounds of the arguments, extra, the result's dtype) -> bounds. meta: (arguments, extra) -> result.
    local: element ``p`` of the result depends on the arguments' elements at ``p`` only, broadcasting included.
    stops_nan: the rule itself says whether the result may be NaN.
    """

    rule: Rule
    meta: Callable[[list[Any], tuple[Any, ...]], torch.Tensor]
    local: bool = False
    stops_nan: bool = False


OPERATIONS: dict[str, Operation] = {}


def on_shapes(f: Callable[..., torch.Tensor]) -> Callable[[list[Any], tuple[Any, ...]], torch.Tensor]:
    """The ``meta`` of an operation that is a function of its arguments alone."""
    return lambda metas, extra: f(*metas)


def point(number: float) -> Value:
    """A plain number; torch computes with the nearest float32.

    Raises Unfollowed for a whole number beyond EXACT: beside float32 torch rounds it, beside int64 it does not.
    """
    if math.isnan(number):
        raise Unfollowed("a number of the source is NaN")
    if isinstance(number, int) and abs(number) > EXACT:
        raise Unfollowed(TOO_LARGE)
    exact = isinstance(number, int) or float(number).is_integer()
    t = torch.tensor(float(number), dtype=torch.float64)
    t = t if isinstance(number, int) else single(t)
    return Value(t, t, torch.tensor(exact))


def value_of(argument: Any) -> Value:
    return argument.value if isinstance(argument, Node) else point(argument)


def single(t: torch.Tensor) -> torch.Tensor:
    return t.float().double()


def has_zero(v: Value) -> torch.Tensor:
    return (v.low <= 0) & (v.high >= 0)


def infinite(v: Value) -> torch.Tensor:
    return (v.low == -INF) | (v.high == INF)


def rounded(low: torch.Tensor, high: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Bounds after rounding to the nearest float32; a step outwards first, against float64's own rounding."""
    down, up = torch.nextafter(low, low.new_tensor(-INF)), torch.nextafter(high, high.new_tensor(INF))
    return single(down), single(up)


def settle(
    low: torch.Tensor, high: torch.Tensor, whole: torch.Tensor, dtype: torch.dtype, trouble: str | bool = ""
) -> Value:
    """The bounds of a result, from bounds before rounding. ``trouble`` says why it may be NaN."""
    nan = (0, str(trouble)) if trouble else None
    if dtype == torch.bool:
        return Value(low.clamp(0, 1), high.clamp(0, 1), torch.ones_like(low, dtype=torch.bool), None, nan)
    low, high = torch.nan_to_num(low, -INF, INF, -INF), torch.nan_to_num(high, INF, INF, -INF)
    if dtype == torch.int64:
        if low.numel() and max(float(-low.min()), float(high.max())) > EXACT:
            raise Unfollowed(TOO_LARGE)
        return Value(low, high, torch.ones_like(low, dtype=torch.bool), None, nan)
    whole = whole & (low >= -EXACT) & (high <= EXACT)
    return Value(*rounded(low, high), whole.expand(low.shape), None, nan)


def widened(low: torch.Tensor, high: torch.Tensor, part: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Bounds moved outwards by a part of themselves, which keeps signs; what may underflow reaches 0."""
    low, high = low - low.abs() * part, high + high.abs() * part
    low = torch.where((low > 0) & (low < 1e-36), 0.0, torch.where((low < 0) & (low > -1e-36), -1e-36, low))
    return low, torch.where((high < 0) & (high > -1e-36), 0.0, torch.where((high > 0) & (high < 1e-36), 1e-36, high))


def narrow(a: Value, b: Value) -> Value:
    """What holds of a value for which both hold. Where they contradict each other (no state leads there), a holds."""
    low, high = torch.maximum(a.low, b.low), torch.minimum(a.high, b.high)
    empty = low > high
    whole, low, high = a.whole | b.whole, torch.where(empty, a.low, low), torch.where(empty, a.high, high)
    return Value(low, high, whole.expand(low.shape), None, a.nan if b.nan else None)


def hull(parts: list[Value]) -> Value:
    """What holds of a value that is one of several."""
    first, *rest = parts
    low, high, whole, nan = first.low, first.high, first.whole, first.nan
    for v in rest:
        low, high = torch.minimum(low, v.low), torch.maximum(high, v.high)
        whole, nan = whole & v.whole, nan or v.nan
    return Value(low, high, whole.expand(low.shape), None, nan)


def row_axis(meta: torch.Tensor) -> int | None:
    """Which dimension is the states'. Raises Unfollowed where it is mixed with another one."""
    axes = [i for i, d in enumerate(meta.shape) if d and d % N == 0]
    if len(axes) > 1 or any(meta.shape[i] != N for i in axes):
        raise Unfollowed("the states' dimension is mixed with another one")
    return axes[0] if axes else None


def small(shape: Any) -> tuple[int, ...]:
    """A shape as bounds have it: one row."""
    return tuple(1 if d == N else int(d) for d in shape)
