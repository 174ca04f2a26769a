"""What a condition says of values: bounds under it, and values that are then not below others.

Legend: N rows.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import torch

from .interval_shapes import MOVES
from .intervals import EXACT, INF, OPERATIONS, Node, Value, narrow, single, value_of

if TYPE_CHECKING:
    from .interval_graph import Graph

MAX_DEPTH = 40
MAX_SPENT = 1_000
NEGATED = {"lt": "ge", "ge": "lt", "le": "gt", "gt": "le", "eq": "ne", "ne": "eq"}
MIRRORED = {"lt": "gt", "gt": "lt", "le": "ge", "ge": "le", "eq": "eq", "ne": "ne"}

Orders = set[tuple[Node, Node]]  # of each pair the first is not below the second


class Facts(dict[Node, Value]):
    """Bounds of nodes at one position of a result, and what is known there of their order."""

    def __init__(self) -> None:
        super().__init__()
        self.orders: Orders = set()


def choose(graph: Graph, args: tuple[Any, ...], values: list[Value], facts: Facts) -> Value:
    """``torch.where``: each branch is evaluated again under what its being chosen says."""
    condition, sides = values[0], list(values[1:])
    for i in (0, 1):
        if isinstance(args[0], Node) and isinstance(args[i + 1], Node):
            sides[i] = under(graph, args[i + 1], learned(graph, args[0], i == 0, facts), {}, 0)
    yes, no = sides
    always, never = condition.low >= 1, condition.high <= 0
    low = torch.where(always, yes.low, torch.where(never, no.low, torch.minimum(yes.low, no.low)))
    high = torch.where(always, yes.high, torch.where(never, no.high, torch.maximum(yes.high, no.high)))
    low, high = torch.minimum(low, single(low)), torch.maximum(high, single(high))
    whole = torch.where(always, yes.whole, torch.where(never, no.whole, yes.whole & no.whole))
    nan = (yes.nan if not bool(never.all()) else None) or (no.nan if not bool(always.all()) else None)
    return Value(low, high, whole.expand(low.shape), None, nan)


def under(graph: Graph, node: Any, facts: Facts, memo: dict[Node, Value], depth: int) -> Value:
    """Bounds of ``node[p]`` where the facts hold at ``p``: only what works element by element keeps ``p``."""
    if not isinstance(node, Node) or not facts:
        return value_of(node)
    if node in memo:
        return memo[node]
    value = node.value
    operation = OPERATIONS.get(node.op)
    if operation is not None and operation.local and depth < MAX_DEPTH and graph.spent < MAX_SPENT:
        values = [under(graph, a, facts, memo, depth + 1) for a in node.args]
        if any(isinstance(a, Node) and v is not a.value for a, v in zip(node.args, values, strict=True)):
            graph.spent += 1
            again = graph.evaluate(node.op, node.args, values, node.extra, node.meta.dtype, facts, node.line)
            value = narrow(again, value)
    if node in facts:
        value = narrow(value, facts[node])
    memo[node] = value
    return value


def learned(graph: Graph, condition: Node, truth: bool, facts: Facts) -> Facts:
    """The facts and what ``condition == truth`` adds to them."""
    found = Facts()
    found.orders |= facts.orders
    learn(graph, condition, truth, found, 0)
    for node, value in facts.items():
        found[node] = narrow(found[node], value) if node in found else value
    return found


def learn(graph: Graph, condition: Any, truth: bool, found: Facts, depth: int) -> None:
    if not isinstance(condition, Node) or depth > MAX_DEPTH:
        return
    op, args = condition.op, condition.args
    if condition.meta.dtype == torch.bool:
        t = torch.full_like(condition.value.low, float(truth))
        found[condition] = Value(t, t, torch.ones_like(t, dtype=torch.bool))
    if op in NEGATED:
        compared(graph, condition, truth, found, depth)
    elif op == ("and" if truth else "or") or (op == "mul" and truth and condition.meta.dtype == torch.bool):
        for a in args:
            learn(graph, a, truth, found, depth + 1)
    elif op == "not":
        learn(graph, args[0], not truth, found, depth + 1)
    elif op == "cast":
        if args[0].meta.dtype == torch.bool:
            learn(graph, args[0], truth, found, depth + 1)
        else:
            refine(graph, args[0], "ne" if truth else "eq", value_of(0), not truth, found, depth)
    elif op in MOVES:
        inner = Facts()
        learn(graph, args[0], truth, inner, depth + 1)
        for node, value in inner.items():
            moved = graph.nodes.get(graph.key(op, (node,), condition.extra))
            if moved is not None and value.low.shape == args[0].value.low.shape == node.value.low.shape:
                found[moved] = OPERATIONS[op].rule([value], condition.extra, node.meta.dtype)


def compared(graph: Graph, condition: Node, truth: bool, found: Facts, depth: int) -> None:
    """What a comparison's outcome says of its sides."""
    a, b = condition.args
    sure = truth != (condition.op == "ne")  # then neither was NaN
    op = condition.op if truth else NEGATED[condition.op]
    pairs = [(a, b)]
    if isinstance(a, Node) and a.op == "sub" and not isinstance(b, Node) and b == 0 and not _products(a.args):
        pairs.append((a.args[0], a.args[1]))  # x - y > 0 says x > y
    for x, y in pairs:
        refine(graph, x, op, value_of(y), sure, found, depth)
        refine(graph, y, MIRRORED[op], value_of(x), sure, found, depth)
        _order(x, y, op, sure, found)


def _order(a: Any, b: Any, op: str, sure: bool, found: Facts) -> None:
    """What ``a op b`` says of which is above; for numbers that may be NaN nothing."""
    if not isinstance(a, Node) or not isinstance(b, Node) or _products((a, b)):
        return
    if not sure and (a.value.nan or b.value.nan):
        return
    if op in ("gt", "ge", "eq"):
        found.orders.add((bare(a), bare(b)))
    if op in ("lt", "le", "eq"):
        found.orders.add((bare(b), bare(a)))


def refine(graph: Graph, node: Any, op: str, other: Value, sure: bool, found: Facts, depth: int) -> None:
    """What ``node op other`` says of a node. ``sure``: it is then no NaN."""
    if not isinstance(node, Node) or depth > MAX_DEPTH:
        return
    value = found.get(node, node.value)
    low, high = torch.broadcast_tensors(value.low, other.low)[0], torch.broadcast_tensors(value.high, other.low)[0]
    whole = value.whole.expand(low.shape)
    if op in ("gt", "ge", "eq"):
        low = torch.maximum(low, _beyond(other.low, 1.0, whole) if op == "gt" else other.low)
    if op in ("lt", "le", "eq"):
        high = torch.minimum(high, _beyond(other.high, -1.0, whole) if op == "lt" else other.high)
    if op == "ne":
        known = other.low == other.high
        low = torch.where(known & (low == other.low), _beyond(low, 1.0, whole), low)
        high = torch.where(known & (high == other.low), _beyond(high, -1.0, whole), high)
    if _products((node,)):  # the comparison was with the rounded product, what follows may use the exact one
        down, up = (torch.nextafter(t.float(), torch.tensor(end)).double() for t, end in ((low, -INF), (high, INF)))
        low, high = torch.where(low.abs() > 1e-30, down, low), torch.where(high.abs() > 1e-30, up, high)
    new = narrow(Value(value.low, value.high, value.whole), Value(low, high, value.whole))
    found[node] = replace(new, nan=None if sure else value.nan)
    descend(graph, node, found[node], sure, found, depth + 1)


def _products(nodes: tuple[Any, ...]) -> bool:
    return any(isinstance(n, Node) and n.op == "mul" and not bool(n.value.whole.all()) for n in nodes)


def _beyond(t: torch.Tensor, sign: float, whole: torch.Tensor) -> torch.Tensor:
    """The next value above or below: the next float32, or the next whole number."""
    step = torch.nextafter(t.float(), torch.tensor(sign * INF)).double()
    return torch.where(whole, (t * sign).floor() * sign + sign, step)


def descend(graph: Graph, node: Node, value: Value, sure: bool, found: Facts, depth: int) -> None:
    """What a node's bounds say of what it was made from."""
    if node.op == "cast" and isinstance(node.args[0], Node):
        a = node.args[0]
        if a.meta.dtype == torch.bool:
            if bool((value.low > 0).all()):
                learn(graph, a, True, found, depth)
            elif bool((value.high < 1).all()):
                learn(graph, a, False, found, depth)
        elif a.meta.dtype == torch.int64 and bool((a.value.low.abs().maximum(a.value.high.abs()) < EXACT).all()):
            found[a] = narrow(a.value, value)
    elif node.op == "neg":
        refine(graph, node.args[0], "ge", Value(-value.high, -value.high, value.whole), sure, found, depth)
        refine(graph, node.args[0], "le", Value(-value.low, -value.low, value.whole), sure, found, depth)
    elif node.op == "mul" and bool((value.low > 0).all()):
        for a in node.args:
            if isinstance(a, Node) and bool((a.value.low >= 0).all()):
                refine(graph, a, "gt", value_of(0), sure, found, depth)


def bare(node: Any) -> Any:
    """A node without conversions that change no number."""
    while isinstance(node, Node) and node.op == "cast" and node.meta.dtype == torch.float32:
        inner = node.args[0].value
        if not bool((inner.whole & (inner.low >= -EXACT) & (inner.high <= EXACT)).all()):
            break
        node = node.args[0]
    return node
