"""What an operation's arguments have to do with each other, and the better bounds that this gives.

A product with a condition, a number that is 0 with an exclusive one, and differences and quotients of values of which
one is never below the other.

Legend: N rows.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import torch

from .interval_arithmetic import square
from .interval_facts import Facts, Orders, bare, learned, under
from .intervals import INF, OPERATIONS, Node, Value, hull, infinite, narrow, value_of

if TYPE_CHECKING:
    from .interval_graph import Graph

NO_ORDERS: Orders = set()
TESTS = {"gt", "ge", "eq", "ne", "and"}
# What may give 0 for 0; whether it does is tried
KEEPING_ZERO = TESTS | {"mul", "cast", "neg", "abs", "sign", "coarse", "relu", "div", "share", "square"}


def sharpen(graph: Graph, op: str, args: tuple[Any, ...], value: Value, values: list[Value], facts: Facts) -> Value:
    """Bounds of a result, better by what its arguments have to do with each other."""
    if op == "mul":
        if args[0] is args[1] and isinstance(args[0], Node):
            value = narrow(square([values[0]], (), args[0].meta.dtype), value)
        else:
            value = _masked(graph, args, value, facts)
    elif op in ("sub", "div"):
        value = _ordered(op, args, value, values, facts.orders)
    if not facts and OPERATIONS[op].local:
        for i, v in enumerate(values):
            if v.column is not None and args:
                value = _still_exclusive(op, i, args, value, values)
                break
    return value


def _still_exclusive(op: str, i: int, args: tuple[Any, ...], value: Value, values: list[Value]) -> Value:
    """A result that is 0 where an exclusive number is 0 is one too."""
    if op not in KEEPING_ZERO:
        return value
    if (op == "div" and i != 0) or any(v.nan for v in values):  # 0 * NaN is no 0
        return value
    zero = torch.zeros_like(values[i].low)
    tried = [Value(zero, zero, zero == 0) if j == i else v for j, v in enumerate(values)]
    dtype = torch.bool if op in TESTS else torch.float32
    extra = (1.0,) if op == "share" else ()
    result = OPERATIONS[op].rule(tried, extra, dtype)
    column = values[i].column
    if column is None or bool((result.low != 0).any()) or bool((result.high != 0).any()) or result.nan:
        return value
    return replace(value, column=column.expand(value.low.shape))


def _mask(argument: Any) -> tuple[Any, bool] | None:
    """The condition that a number 0 or 1 stands for, and whether 1 says that it holds."""
    if not isinstance(argument, Node):
        return None
    if argument.meta.dtype == torch.bool:
        return argument, True
    if argument.op == "cast":
        return _mask(argument.args[0])
    if argument.op == "sub" and not isinstance(argument.args[0], Node) and argument.args[0] == 1:
        inner = _mask(argument.args[1])
        return (inner[0], not inner[1]) if inner else None
    return None


def _masked(graph: Graph, args: tuple[Any, ...], value: Value, facts: Facts) -> Value:
    """A product with a condition is 0, or the other factor where the condition holds (if it is finite elsewhere)."""
    for mask, other in (args, args[::-1]):
        found = _mask(mask)
        if found is None or not isinstance(other, Node) or other.value.nan or bool(infinite(other.value).any()):
            continue
        held = under(graph, other, learned(graph, found[0], found[1], facts), {}, 0)
        return narrow(value, hull([held, value_of(0)]))
    return value


def _ordered(op: str, args: tuple[Any, ...], value: Value, values: list[Value], orders: Orders) -> Value:
    """``a - b`` and ``a / b`` where one is never above the other; rounding keeps order."""
    a, b = args
    if not isinstance(a, Node) or not isinstance(b, Node):
        return value
    if op == "div" and not (bool((values[0].low >= 0).all()) and bool((values[1].low > 0).all())):
        return value
    edge = 0.0 if op == "sub" else 1.0
    if reaches(b, a, op == "div", orders):
        value = replace(value, high=value.high.clamp(max=edge))
    if reaches(a, b, op == "div", orders):
        value = replace(value, low=value.low.clamp(min=edge))
    return value


def _within(argument: Any, low: float, high: float) -> bool:
    v = value_of(argument)
    return v.nan is None and bool((v.low >= low).all()) and bool((v.high <= high).all())


def reaches(y: Any, x: Any, apart: bool, orders: Orders, depth: int = 0) -> bool:
    """Whether y >= x, element by element, in float32 and for every state.

    apart: both are stored, rounded numbers; else a product may be rounded in one and exact in the other.
    orders: what is known of the position that is looked at.
    """
    y, x = bare(y), bare(x)
    if y is x:
        return not isinstance(y, Node) or apart or y.op != "mul"
    if (y, x) in orders:
        return True
    if depth > 6 or not isinstance(x, Node) or not isinstance(y, Node):
        return False
    return any(rule(y, x, apart, orders, depth + 1) for rule in (_above, _below, _alike))


def _above(y: Node, x: Node, apart: bool, orders: Orders, depth: int) -> bool:
    """By how y was made."""
    op, args = y.op, y.args
    if op == "amax" or (op == "sum" and _within(args[0], 0, INF)):
        return reaches(args[0], x, True, NO_ORDERS, depth)
    if op == "add":
        return any(_within(v, 0, INF) and reaches(u, x, apart, orders, depth) for u, v in (args, args[::-1]))
    if op == "clamp" and y.extra[1] is None:
        return reaches(args[0], x, apart, orders, depth)
    if op == "maximum":
        return any(reaches(u, x, apart, orders, depth) for u in args)
    if op == "mul":
        return any(
            _within(u, 0, INF) and _within(v, 1, INF) and reaches(u, x, apart, orders, depth)
            for u, v in (args, args[::-1])
        )
    if op == "where":
        return all(reaches(u, x, apart, orders, depth) for u in args[1:])
    return False


def _below(y: Node, x: Node, apart: bool, orders: Orders, depth: int) -> bool:
    """By how x was made."""
    op, args = x.op, x.args
    if op == "amin":
        return reaches(y, args[0], True, NO_ORDERS, depth)
    if op == "sub":
        return _within(args[1], 0, INF) and reaches(y, args[0], apart, orders, depth)
    if op == "clamp" and x.extra[0] is None:
        return reaches(y, args[0], apart, orders, depth)
    if op == "minimum":
        return any(reaches(y, u, apart, orders, depth) for u in args)
    if op == "mul":
        return any(
            _within(u, 0, INF) and _within(v, 0, 1) and reaches(y, u, apart, orders, depth)
            for u, v in (args, args[::-1])
        )
    if op == "where":
        return all(reaches(y, u, apart, orders, depth) for u in args[1:])
    return False


def _alike(y: Node, x: Node, apart: bool, orders: Orders, depth: int) -> bool:
    """u - c >= v - c, and u + c >= v + c, where u >= v."""
    if y.op != x.op or y.op not in ("sub", "add"):
        return False
    pairs = [(0, 1)] if y.op == "sub" else [(0, 1), (1, 0)]
    for i, j in pairs:
        c = y.args[j]
        same = c is x.args[j] if isinstance(c, Node) else c == x.args[j] and type(c) is type(x.args[j])
        if same and not (isinstance(c, Node) and c.op == "mul") and reaches(y.args[i], x.args[i], False, orders, depth):
            return True
    return False
