"""A proof that no credit is negative, for every state that a task declares: bounds followed through the function.

Individual-Global-Max holds for a linear mixer whose weights are all non-negative. What cannot be followed is not
proved, which says nothing against a function.

Legend: N rows, S state, A agents, U actions.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import torch

from .errors import Refused
from .interval_graph import Graph
from .interval_shapes import MOVES
from .interval_tensors import Tensor
from .interval_walk import Walk
from .intervals import INF, MEMBERS, N, Node, Unfollowed, Value, single
from .screen import Screened
from .task import StateField, TaskDescription

BIG = torch.finfo(torch.float32).max


@dataclass(frozen=True)
class Proof:
    """Whether every weight is proved to be non-negative for every state within the task's declared ranges.

    low, high: bounds found for the weights, infinite where nothing could be said.
    reason, line: where not proved, what could not be followed or which bound is not enough, and its line.
    """

    proved: bool
    low: float = -INF
    high: float = INF
    reason: str = ""
    line: int | None = None


@torch.no_grad()
def prove(screened: Screened, task: TaskDescription) -> Proof:
    """The proof for a screened function, or why there is none. Never raises."""
    walk = Walk(screened)
    try:
        if task.state_dim % N == 0 or task.n_agents % N == 0 or task.n_actions % N == 0:
            raise Unfollowed("the task has a size that stands for the number of states here")
        return _judged(screened.form, walk, walk(*_arguments(screened.form, walk, task)), task)
    except Refused as e:
        return Proof(False, reason=e.reason, line=e.line or walk.line or None)
    except Unfollowed as e:
        return Proof(False, reason=str(e), line=walk.line or None)
    except RecursionError:
        return Proof(False, reason="the function is nested too deeply to follow", line=walk.line or None)
    except Exception as e:  # what Python or torch raise for a function that cannot run
        message = (str(e).strip().splitlines() or [type(e).__name__])[0]
        return Proof(False, reason=f"fails when it is followed: {message}", line=walk.line or None)


def _arguments(form: str, walk: Walk, task: TaskDescription) -> list[Any]:
    state = walk.fresh(_state(walk.graph, task))
    if form == "credit_weights":
        return [state]
    if form == "credit_advantages":
        return [state, walk.fresh(_actions(walk.graph, task))]
    if form == "QLLMNetwork":
        return [_utilities(walk, task.n_agents), state]
    raise Unfollowed(f"the form {form} cannot be followed")


def _state(graph: Graph, task: TaskDescription) -> Node:
    """Every number between its field's bounds. Padded rows are all zeros, so 0 is within every range too."""
    shape = (1, task.state_dim)
    low, high = torch.zeros(shape).double(), torch.zeros(shape).double()
    whole, column = torch.zeros(shape, dtype=torch.bool), torch.zeros(shape, dtype=torch.int64)
    group = 0
    for f in task.state_fields:
        for entity in range(f.count):
            group += 1
            at = f.slice_of(entity)
            least, most = _range(f)
            low[:, at], high[:, at], whole[:, at] = least, most, _is_whole(f)
            if f.kind == "one_hot" and least >= 0:
                column[:, at] = group * MEMBERS + 1 + torch.arange(f.size)
    low, high = torch.minimum(low, single(low)), torch.maximum(high, single(high))
    low, high = low.clamp(-BIG, BIG), high.clamp(-BIG, BIG)
    value = Value(low, high, whole, column if bool(column.any()) else None)
    return graph.leaf(value, torch.empty(N, task.state_dim, device="meta"), "state")


def _range(f: StateField) -> tuple[float, float]:
    ends = [0.0, f.low, f.high, *([] if f.absent is None else [f.absent]), *([1.0] if f.kind == "one_hot" else [])]
    return min(ends), max(ends)


def _is_whole(f: StateField) -> bool:
    ends = [x for x in (f.low, f.high, f.absent) if x is not None]
    return f.kind != "real" and all(math.isfinite(x) and float(x).is_integer() for x in ends)


def _actions(graph: Graph, task: TaskDescription) -> Node:
    """One action of each agent is 1, none in padded rows. [N, A, U]"""
    shape = (1, task.n_agents, task.n_actions)
    column = torch.arange(1, task.n_actions + 1) + MEMBERS * torch.arange(1_000_000, 1_000_000 + task.n_agents)[:, None]
    value = Value(
        torch.zeros(shape).double(), torch.ones(shape).double(), torch.ones(shape, dtype=torch.bool), column[None]
    )
    return graph.leaf(value, torch.empty(N, *shape[1:], device="meta"), "actions_onehot")


def _utilities(walk: Walk, n_agents: int) -> Tensor:
    """agents_q: utility j is 1 q_j, and nothing else."""
    rows = (N, n_agents)
    units = torch.eye(n_agents)
    coefficients = tuple(walk.graph.constant(units[j : j + 1], rows) for j in range(n_agents))
    return walk.fresh(walk.graph.constant(torch.zeros(1, n_agents), rows), coefficients)


def _judged(form: str, walk: Walk, result: Any, task: TaskDescription) -> Proof:
    """The proof that the returned tensors' bounds make."""
    if form == "credit_weights":
        if not isinstance(result, (tuple, list)) or len(result) != 2:
            raise Unfollowed("the function does not return w and b")
        result = result[0]
    if not isinstance(result, Tensor):
        raise Unfollowed("the function does not return a tensor")
    node = walk.node(result)
    width = 1 if form == "QLLMNetwork" else task.n_agents
    if tuple(result.shape) != (N, width) or result.dtype != torch.float32:
        raise Unfollowed(f"the result should be [N, {width}] in float32")
    if form != "QLLMNetwork":
        return _bounded([node], 1.0, 0.0)
    base = node.value
    if base.nan or not bool(base.low.isfinite().all() and base.high.isfinite().all()):
        raise Unfollowed("what is beside the utilities may be infinite or NaN")
    if result.coefficients is None:
        return Proof(True, 0.0, 0.0)
    rounding = float(torch.maximum(base.low.abs(), base.high.abs()).max()) * 2.0**-20
    return _bounded(list(result.coefficients), float(task.n_agents), task.n_agents * rounding)


def _bounded(nodes: list[Node], scale: float, rounding: float) -> Proof:
    """Weights are ``scale`` times what the nodes stand for; rounding moves them, but not over 0."""
    values = [n.value for n in nodes]
    for n, v in zip(nodes, values, strict=True):
        if v.nan:
            return Proof(False, reason=f"a credit may be NaN: {v.nan[1]}", line=v.nan[0] or n.line)
    lows = torch.cat([v.low.flatten() for v in values])
    low = float(lows.min()) * scale
    high = float(max(v.high.max() for v in values)) * scale + rounding
    if low >= 0:
        return Proof(True, max(0.0, low - rounding), high)
    agent = int(lows.argmin())
    cause = _blamed(nodes[agent] if len(nodes) > 1 else nodes[0])
    reason = f"the credit of agent {agent} may be as low as {low:.4g}, as far as bounds of {cause.op} can tell"
    return Proof(False, low - rounding, high, reason, cause.line or None)


def _blamed(node: Node) -> Node:
    """The operation that a negative bound comes from, behind those that only move numbers."""
    for _ in range(100):
        below = [a for a in node.args if isinstance(a, Node) and bool((a.value.low < 0).any())]
        if (
            node.op not in MOVES.keys() | {"cat", "stack", "write", "where", "clamp", "mul", "div", "sum", "share"}
            or not below
        ):
            return node
        node = min(below, key=lambda a: float(a.value.low.min()))
    return node
