"""Tensors of a function that is followed, and what an operation does to their coefficients of the utilities.

A value may depend on the utilities (the paper's form): then it is a sum ``c_1 q_1 + ... + c_A q_A + d``, with a node
for each coefficient and one for ``d``, and only what is linear in the utilities can be followed.

Legend: A agents.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from .interval_graph import Graph
from .interval_shapes import MOVES
from .intervals import Node, Unfollowed, small

EACH = MOVES.keys() | {"neg", "cast", "coarse", "share", "gather"}  # what is done to a sum is done to each of its terms


class Tensor:
    """A tensor of the function: its node, its coefficients of the utilities, and the memory that it may lie in."""

    def __init__(self, node: Node, stores: frozenset[int], coefficients: tuple[Node, ...] | None = None) -> None:
        self.node, self.stores, self.coefficients = node, stores, coefficients

    @property
    def shape(self) -> torch.Size:
        return self.node.meta.shape

    @property
    def dtype(self) -> torch.dtype:
        return self.node.meta.dtype

    @property
    def device(self) -> torch.device:
        return self.node.meta.device

    def __len__(self) -> int:
        return self.shape[0]


class Pair(tuple[Tensor, Tensor]):
    """What ``x.max(dim=1)`` gives."""

    @property
    def values(self) -> Tensor:
        return self[0]

    @property
    def indices(self) -> Tensor:
        return self[1]


def coefficients_of(
    graph: Graph, name: str, operands: Sequence[Any], nodes: list[Any], extra: tuple[Any, ...], result: Node
) -> tuple[Node, ...] | None:
    """The A coefficients of an operation's result, None where no operand has any.

    Raises Unfollowed for what is not linear in the utilities. nodes: the operands' (plain numbers as they are).
    """
    given = [x.coefficients if isinstance(x, Tensor) else None for x in operands]
    count = next((len(c) for c in given if c), 0)
    if not count:
        return None
    carrying = [c is not None for c in given]
    linear = (
        name in EACH | {"sum", "add", "sub", "cat", "stack", "write"}
        or (name == "mul" and sum(carrying) == 1)
        or (name == "div" and not carrying[1])
        or (name == "where" and not carrying[0])
    )
    if not linear or result.meta.dtype != torch.float32:
        raise Unfollowed(f"agents_q is used in a way that is not linear: {name}")
    found = []
    for j in range(count):
        coefficient = _coefficient(graph, name, [None if c is None else c[j] for c in given], nodes, extra)
        if coefficient.meta.shape != result.meta.shape:
            coefficient = graph.apply("expand", coefficient, extra=tuple(result.meta.shape))
        found.append(coefficient)
    return tuple(found)


def _coefficient(graph: Graph, name: str, terms: list[Any], nodes: list[Any], extra: tuple[Any, ...]) -> Node:
    """One coefficient of a result. terms: the operands' coefficients, None where they have none."""
    given = [t for t in terms if t is not None]
    if name == "sum":
        return graph.apply(name, given[0], extra=(extra[0], not _is_zero(nodes[0])))
    if name in ("add", "sub"):
        if name == "sub" and terms[1] is not None:
            given[-1] = graph.apply("neg", given[-1])
        if len(given) == 1:
            return given[0]
        return graph.apply("mix", *given, extra=(not all(map(_is_zero, nodes)),))
    if name in ("cat", "stack", "write"):
        parts = [_zero(graph, n) if t is None else t for t, n in zip(terms, nodes, strict=True)]
        return graph.apply(name, *parts, extra=extra)
    if name == "where":
        return graph.apply(name, nodes[0], *[0.0 if t is None else t for t in terms[1:]])
    return graph.apply(name, *[n if t is None else t for t, n in zip(terms, nodes, strict=True)], extra=extra)


def _zero(graph: Graph, like: Any) -> Any:
    if not isinstance(like, Node):
        return 0.0
    return graph.constant(torch.zeros(small(like.meta.shape)), tuple(like.meta.shape))


def _is_zero(node: Any) -> bool:
    if not isinstance(node, Node):
        return bool(node == 0)
    return bool((node.value.low == 0).all()) and bool((node.value.high == 0).all())
