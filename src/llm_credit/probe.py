"""Numerical checks of a compiled function on drawn states.

Legend: N rows, A agents.
"""

from __future__ import annotations

import torch

from .errors import Refused
from .rehearsal import compare
from .screen import Screened
from .states import corner_states, draw_states
from .task import TaskDescription
from .tfcaf import TFCAF


@torch.no_grad()
def probe(
    tfcaf: TFCAF, screened: Screened, task: TaskDescription, n_states: int = 1024, seed: int = 0
) -> dict[str, float]:
    """Raises Refused (stage probe) for a failed hard check; returns the numbers that only inform."""
    drawn, corners = draw_states(task, n_states, seed), corner_states(task, seed=seed)
    q = torch.randn(n_states, task.n_agents, generator=torch.Generator().manual_seed(seed))
    compare(screened, tfcaf.program, [drawn] if tfcaf.form == "credit_weights" else [q, drawn])
    w, b = _weights(tfcaf, drawn)
    for name, states in (("drawn states", drawn), ("zeros and corners of the ranges", corners)):
        for part in _weights(tfcaf, states):
            if not torch.isfinite(part).all():
                row = int((~torch.isfinite(part)).any(dim=1).nonzero()[0])
                raise Refused("probe", f"not finite on {name}, for example for state {states[row].tolist()}")
    _check_rows(tfcaf, drawn, w)
    credit = tfcaf.credit_weights(drawn)[0]
    silent = float((credit == 0).all(dim=1).float().mean())
    if silent > 0.5:
        raise Refused("probe", f"all credits are zero after the gate in {silent:.0%} of the drawn states")
    if tfcaf.bias == "on":
        spread, allowed = float(b.max() - b.min()), task.return_high - task.return_low
        if spread > allowed:
            raise Refused("probe", f"the bias spreads over {spread:.3g}, more than the range of returns, {allowed:.3g}")
    numbers = {
        "mean": float(w.mean()),
        "min": float(w.min()),
        "max": float(w.max()),
        "negative_share": float((w < 0).float().mean()),
        "all_zero_rows": silent,
        "state_std": float(w.std(dim=0).mean()),
        "entropy": _entropy(credit),
    }
    if tfcaf.form == "QLLMNetwork":
        numbers["nonlinearity"] = _nonlinearity(tfcaf, drawn, w, b, seed)
    return numbers


def _weights(tfcaf: TFCAF, states: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The function's own answer, its shapes and types checked."""
    n = states.shape[0]
    try:
        result = tfcaf.raw_weights(states)
    except Exception as e:  # whatever TorchScript raises while it runs
        message = str(e).strip().splitlines()
        raise Refused("probe", f"fails when it runs: {message[-1] if message else type(e).__name__}") from e
    for name, part, width in (("w", result[0], task_width(tfcaf)), ("b", result[1], 1)):
        if tuple(part.shape) != (n, width):
            raise Refused("probe", f"{name} should be [{n}, {width}] for {n} states, but is {list(part.shape)}")
        if part.dtype != torch.float32:
            raise Refused("probe", f"{name} should be float32, but is {part.dtype}")
    return result


def task_width(tfcaf: TFCAF) -> int:
    return tfcaf.n_agents


def _check_rows(tfcaf: TFCAF, states: torch.Tensor, w: torch.Tensor) -> None:
    """Unchanged input, the same answer twice, and rows that know nothing of each other."""
    before = states.clone()
    again = _weights(tfcaf, states)[0]
    rows = min(16, len(states))
    if not torch.equal(states, before):
        raise Refused("probe", "the function changes its input; use .clone() or torch.where")
    if not torch.equal(again, w):
        raise Refused("probe", "the function gives another answer the second time")
    alone = torch.cat([_weights(tfcaf, states[i : i + 1])[0] for i in range(rows)])
    turned = _weights(tfcaf, states.flip(0))[0].flip(0)
    if not all(torch.allclose(a, w[: len(a)], rtol=1e-4, atol=1e-5) for a in (alone, turned)):
        raise Refused(
            "probe", "a state's credits depend on the other states of the batch; reduce over dim=1, not dim=0"
        )


def _entropy(credit: torch.Tensor) -> float:
    """Mean entropy of the credits' shares, 1 for equal ones."""
    if credit.shape[1] == 1:
        return 1.0
    share = credit.clamp(min=0) / credit.clamp(min=0).sum(dim=1, keepdim=True).clamp(min=1e-9)
    log_n = torch.log(torch.tensor(float(credit.shape[1])))
    return float((-(share * share.clamp(min=1e-9).log()).sum(dim=1) / log_n).mean())


def _nonlinearity(tfcaf: TFCAF, states: torch.Tensor, w: torch.Tensor, b: torch.Tensor, seed: int) -> float:
    """Mean distance of the paper's form from ``sum w_i q_i + b``, over the mean size of the latter."""
    q = torch.randn(w.shape, generator=torch.Generator().manual_seed(seed))
    line = (w * q).sum(dim=1, keepdim=True) + b
    real = tfcaf.n_agents * tfcaf.program.QLLMNetwork(q, states)
    return float((real - line).abs().mean() / line.abs().mean().clamp(min=1e-9))
