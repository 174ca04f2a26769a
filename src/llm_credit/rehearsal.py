"""What is run before the compiled function may run: the interpreter, on tensors without memory, within a budget.

A source that would take much memory or time, divide whole numbers by zero (which ends the process in TorchScript) or
mix states is refused here. Then the compiled function is compared with the interpreter.

Legend: N rows, A agents, S state.
"""

from __future__ import annotations

import ast
import math
from typing import Any

import torch

from .apart import Apart
from .errors import Refused
from .expressions import Observer
from .interpreter import Interpreter
from .screen import Screened
from .task import TaskDescription

PRIMES = (4099, 4111, 4127, 4129)  # a size that the number of states divides comes from the number of states
NUMBERS_PER_STATE = 20_000  # that one tensor may hold
NUMBERS_ALONE = 1_000_000  # that a tensor without the states' dimension may hold
WORK_PER_STATE = 500_000  # numbers made, and multiplied in matrix products, by one call
OPERATIONS = 3_000  # on tensors, in one call: each costs time, however small its tensors
FEW = 101  # states of the comparison; prime too
MAX_RECORDED = 20_000_000  # numbers kept to compare intermediate results


def rehearse(screened: Screened, task: TaskDescription) -> None:
    """Raises Refused (stage probe) for what must not run. Takes no memory worth naming."""
    sizes = (task.state_dim, task.n_agents, task.n_actions)
    n = next(p for p in PRIMES if all(size % p for size in sizes))  # no size has them all
    state = torch.zeros(n, task.state_dim, device="meta")
    arguments = {
        "credit_weights": [state],
        "QLLMNetwork": [torch.zeros(n, task.n_agents, device="meta"), state],
        "credit_advantages": [state, torch.zeros(n, task.n_agents, task.n_actions, device="meta")],
    }[screened.form]
    interpret(Apart(screened, n, _within_budget(n)), arguments)


def _within_budget(n: int) -> Observer:
    """What sees every tensor of a rehearsal with ``n`` states, and refuses when they become too large or too many."""
    work = operations = 0

    def observe(line: int, given: list[torch.Tensor], result: torch.Tensor, node: ast.expr) -> None:
        nonlocal work, operations
        operations += 1
        if operations > OPERATIONS:
            reason = f"one call makes more than {OPERATIONS} operations on tensors; loop less, work on whole tensors"
            raise Refused("probe", reason, line)
        count = result.numel()
        rows = any(d and d % n == 0 for d in result.shape)
        limit = NUMBERS_PER_STATE * n if rows else NUMBERS_ALONE
        if count > limit:
            raise Refused("probe", f"a tensor of shape {_shape(result, n)} is too large", line)
        work += count * _inner(node, given, n)
        if work > WORK_PER_STATE * n:
            raise Refused("probe", f"one call makes more than {WORK_PER_STATE} numbers a state; do less", line)

    return observe


def interpret(interpreter: Interpreter, arguments: list[torch.Tensor]) -> Any:
    """The interpreter's answer; whatever it raises becomes Refused (stage probe) with the line."""
    try:
        return interpreter(*arguments)
    except Refused:
        raise
    except Exception as e:  # anything that Python or torch raises is the candidate's fault
        message = str(e).strip().splitlines()
        reason = message[0] if message else type(e).__name__
        raise Refused("probe", f"fails when it runs: {reason}", interpreter.line) from e


@torch.no_grad()
def compare(screened: Screened, program: Any, arguments: list[torch.Tensor]) -> None:
    """Raises Refused unless the compiled function gives what Python means, and every value keeps to its own state.

    arguments: for FEW states.
    """
    recorded: list[torch.Tensor] = []
    kept = [a.clone() for a in arguments]
    expected = interpret(Interpreter(screened, observe=_recorder(recorded)), kept)
    if not all(torch.equal(a, k) for a, k in zip(arguments, kept, strict=True)):
        raise Refused("probe", "the function changes its input; use .clone() or torch.where")
    try:
        received = getattr(program, screened.form)(*[a.clone() for a in arguments])
    except Exception as e:  # TorchScript's own kinds
        message = str(e).strip().splitlines()
        raise Refused("probe", f"fails when it runs: {message[-1] if message else type(e).__name__}") from e
    for name, a, b in zip("wb", _parts(expected), _parts(received), strict=False):
        if a.shape != b.shape or not torch.allclose(a.float(), b.float(), rtol=1e-4, atol=1e-5, equal_nan=True):
            raise Refused("probe", f"TorchScript computes another {name} than Python would; write it more plainly")
    for fill in (float("nan"), -1.0):
        _check_apart(screened, arguments, recorded, fill)


def _check_apart(screened: Screened, arguments: list[torch.Tensor], recorded: list[torch.Tensor], fill: float) -> None:
    """Another state at a position must change no intermediate result of the other states.

    FEW // 3 is not the one that stays when the order is turned; the first and the last are where many an index points.
    """
    for position in (FEW // 3, 0, FEW - 1):
        changed = [a.clone() for a in arguments]
        for a in changed:
            a[position] = fill
        others = torch.tensor([i for i in range(len(arguments[0])) if i != position])
        try:
            Interpreter(screened, observe=_comparer(recorded, others))(*changed)
        except Refused:
            raise
        except Exception:  # the filled-in state is no legal one: an index that it gives may not exist
            continue


def _comparer(recorded: list[torch.Tensor], others: torch.Tensor) -> Observer:
    """What sees every intermediate result, and refuses one that differs in ``others`` from what was recorded."""
    position = 0

    def observe(line: int, given: list[torch.Tensor], result: torch.Tensor, node: ast.expr) -> None:
        nonlocal position
        before = recorded[position] if position < len(recorded) else None
        position += 1
        where = [d for d, size in enumerate(result.shape) if size == FEW]
        if before is None or len(where) != 1:
            return
        a, b = (t.index_select(where[0], others).float() for t in (before, result))
        if not torch.allclose(a, b, rtol=1e-3, atol=1e-4, equal_nan=True):
            raise Refused("probe", "a state's credits depend on the other states of the batch; use dim=1", line)

    return observe


def _recorder(recorded: list[torch.Tensor]) -> Any:
    total = 0

    def observe(line: int, given: list[torch.Tensor], result: torch.Tensor, node: ast.expr) -> None:
        nonlocal total
        total += result.numel()
        if total <= MAX_RECORDED:
            recorded.append(result.clone())

    return observe


def _parts(value: Any) -> list[torch.Tensor]:
    return [v for v in (value if isinstance(value, tuple) else (value,)) if isinstance(v, torch.Tensor)]


def _shape(t: torch.Tensor, n: int) -> str:
    return "[" + ", ".join("N" if d == n else f"{d // n} N" if d and d % n == 0 else str(d) for d in t.shape) + "]"


def _inner(node: ast.expr, given: list[torch.Tensor], n: int) -> int:
    """How many products each number of the result takes: the length of what a matrix product sums over."""
    called = getattr(node.func, "attr", "") if isinstance(node, ast.Call) else ""
    product = isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult)
    if (product or called in ("matmul", "bmm")) and given and given[0].dim():
        return max(1, given[0].shape[-1])
    if called == "einsum":
        return max(1, math.prod(d for t in given for d in t.shape if d % n))
    return 1
