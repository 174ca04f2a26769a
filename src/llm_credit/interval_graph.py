"""The graph of one function: a node for each of its expressions, made with its bounds.

Equal expressions are one node. Legend: N rows.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import torch

from . import interval_arithmetic, interval_logic, interval_reductions, interval_shapes  # noqa: F401  (they fill OPERATIONS)
from .interval_facts import Facts, choose
from .interval_relations import sharpen
from .intervals import EXACT, OPERATIONS, TOO_LARGE, Node, Unfollowed, Value, row_axis, small, value_of

MAX_NODES = 4_000
MAX_NUMBERS = 200_000  # of one tensor, for one state


class Graph:
    """The expressions of one function."""

    def __init__(self) -> None:
        self.nodes: dict[Any, Node] = {}
        self.line = 0
        self.spent = 0  # evaluations under assumptions; bounded, since they nest

    def key(self, op: str, args: tuple[Any, ...], extra: tuple[Any, ...]) -> Any:
        return op, tuple(id(a) if isinstance(a, Node) else (type(a).__name__, a) for a in args), repr(extra)

    def leaf(self, value: Value, meta: torch.Tensor, name: str) -> Node:
        """A node that nothing is known of but its bounds."""
        node = Node("leaf", (), (name,), meta, value, self.line)
        self.nodes["leaf", name] = node
        return node

    def constant(self, t: torch.Tensor, rows: tuple[int, ...]) -> Node:
        """A tensor whose numbers are known, with ``rows`` as its shape on N rows."""
        if bool(t.isnan().any()):
            raise Unfollowed("a number of the source is NaN")
        if t.dtype == torch.int64 and t.numel() and max(-int(t.min()), int(t.max())) > EXACT:
            raise Unfollowed(TOO_LARGE)
        key = ("constant", rows, t.dtype, tuple(t.flatten().tolist()))
        if key not in self.nodes:
            d = t.double()
            whole = d == d.round()
            meta = torch.empty(rows, dtype=t.dtype, device="meta")
            self.nodes[key] = Node("constant", (), (key,), meta, Value(d, d, whole), self.line)
        return self.nodes[key]

    def apply(self, op: str, *args: Any, extra: tuple[Any, ...] = ()) -> Node:
        """The node of an operation on nodes and plain numbers."""
        if op == "unsqueeze" and args[0].op == "squeeze" and args[0].extra == extra:
            return args[0].args[0]  # a reduction's dimension put back: what reductions keep is one node
        key = self.key(op, args, extra)
        if key in self.nodes:
            return self.nodes[key]
        if len(self.nodes) >= MAX_NODES:
            raise Unfollowed("the function has too many steps to follow")
        metas = [a.meta if isinstance(a, Node) else a for a in args]
        meta = OPERATIONS[op].meta(metas, extra)
        if row_axis(meta) is None and any(row_axis(m) is not None for m in metas if isinstance(m, torch.Tensor)):
            raise Unfollowed("a value that is not one per state any more mixes states")
        if meta.dtype not in (torch.float32, torch.int64, torch.bool):
            raise Unfollowed(f"numbers of the kind {meta.dtype} cannot be followed")
        if math.prod(small(meta.shape)) > MAX_NUMBERS:
            raise Unfollowed("a tensor is too large to follow")
        value = self.evaluate(op, args, [value_of(a) for a in args], extra, meta.dtype, Facts(), self.line)
        if value.low.shape != small(meta.shape):
            raise Unfollowed("the states' dimension is mixed with another one")
        node = Node(op, args, extra, meta, value, self.line)
        self.nodes[key] = node
        return node

    def evaluate(
        self,
        op: str,
        args: tuple[Any, ...],
        values: list[Value],
        extra: tuple[Any, ...],
        dtype: torch.dtype,
        facts: Facts,
        line: int,
    ) -> Value:
        """Bounds of one operation, from its arguments' and from what they have to do with each other."""
        operation = OPERATIONS[op]
        if op == "where":
            value = choose(self, args, values, facts)
        else:
            value = operation.rule(values, extra, dtype)
            value = sharpen(self, op, args, value, values, facts)
        nan = (line, value.nan[1]) if value.nan and not value.nan[0] else value.nan
        if not operation.stops_nan:
            nan = next((v.nan for v in values if v.nan), None) or nan
        return replace(value, nan=nan) if nan is not value.nan else value
