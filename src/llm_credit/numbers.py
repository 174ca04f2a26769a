"""What a function credits, as numbers: for the evaluator, the report and the reader. None of them refuses a function.

Legend: N rows, A agents, S state, U actions.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import torch
from torch import nn

from .states import draw_beyond, draw_states
from .task import StateField, TaskDescription

Credits = Callable[[torch.Tensor], torch.Tensor]  # states [N, S] -> weights [N, A]


@torch.no_grad()
def measure(credits: Credits, raw: Credits, task: TaskDescription, states: torch.Tensor, seed: int) -> dict[str, float]:
    """Numbers by name (docs/llm_credit.md explains each).

    credits: weights after the gate; raw: as the function returns them. states ``[N, S]``: drawn from the task.
    """
    w, after = raw(states), credits(states)
    return {
        "finite_share": float(torch.isfinite(w).all(dim=1).float().mean()),
        "mean": float(w.mean()),
        "min": float(w.min()),
        "max": float(w.max()),
        "negative_share": float((w < 0).float().mean()),
        "all_zero_rows": float((after == 0).all(dim=1).float().mean()),
        "zero_gradient_share": float((after == 0).float().mean()),
        "state_std": float(w.std(dim=0).mean()),
        "entropy": entropy(after),
        **_per_agent(w, after),
        **_sensitivity(raw, task, states, w, seed),
        **_beyond(raw, task, len(states), seed),
        **_cost(raw, task, states),
    }


def entropy(credit: torch.Tensor) -> float:
    """Mean entropy of the credits' shares ``[N, A]``, 1 for equal ones."""
    return 1.0 if credit.shape[1] == 1 else float(_entropy_parts(credit).sum())


def _entropy_parts(credit: torch.Tensor) -> torch.Tensor:
    """What each agent adds to the entropy ``[A]``, mean over states: ``-p log p / log A`` of its share ``p``."""
    share = credit.clamp(min=0) / credit.clamp(min=0).sum(dim=1, keepdim=True).clamp(min=1e-9)
    log_n = torch.log(torch.tensor(float(credit.shape[1]))).clamp(min=1e-9)
    return (-(share * share.clamp(min=1e-9).log()) / log_n).mean(dim=0)


def _per_agent(w: torch.Tensor, after: torch.Tensor) -> dict[str, float]:
    """Range, sign, spread and evenness of each agent's credit, before (``w``) and ``after`` the gate ``[N, A]``."""
    columns = {
        "mean": w.mean(dim=0),
        "min": w.amin(dim=0),
        "max": w.amax(dim=0),
        "negative_share": (w < 0).float().mean(dim=0),
        "state_std": w.std(dim=0),
        "entropy": _entropy_parts(after),
    }
    return {f"{name}/agent_{i}": float(values[i]) for i in range(w.shape[1]) for name, values in columns.items()}


def _sensitivity(
    raw: Credits, task: TaskDescription, states: torch.Tensor, w: torch.Tensor, seed: int
) -> dict[str, float]:
    """How far credits move, on average, if one field alone takes another legal value."""
    other = draw_states(task, len(states), seed + 1)
    numbers = {}
    for f in task.state_fields:
        changed = states.clone()
        where = list(f.indices())
        changed[:, where] = other[:, where]
        numbers[f"sensitivity/{f.name}"] = float((raw(changed) - w).abs().mean())
    return numbers


@torch.no_grad()
def symmetry(raw: Credits, task: TaskDescription, states: torch.Tensor) -> dict[str, float]:
    """How far credits are from following two agents of one role that change places; 0 for a symmetric function."""
    fields = [f for f in task.state_fields if f.per == "agent"]
    pairs = [(i, j) for i in range(task.n_agents) for j in range(i) if task.agents[i].role == task.agents[j].role]
    if not fields or not pairs:
        return {}
    w, total = raw(states), 0.0
    for i, j in pairs[:10]:
        expected = w.clone()
        expected[:, [i, j]] = w[:, [j, i]]
        total += float((raw(_exchanged(states, fields, i, j)) - expected).abs().mean())
    return {"asymmetry": total / len(pairs[:10])}


def _exchanged(states: torch.Tensor, fields: list[StateField], i: int, j: int) -> torch.Tensor:
    changed = states.clone()
    for f in fields:
        changed[:, f.slice_of(i)], changed[:, f.slice_of(j)] = states[:, f.slice_of(j)], states[:, f.slice_of(i)]
    return changed


def _beyond(raw: Credits, task: TaskDescription, n: int, seed: int) -> dict[str, float]:
    """Behaviour on states twice as wide as declared: what a wrong declaration would lead to."""
    try:
        w = raw(draw_beyond(task, n, seed))
    except Exception:  # an index that such a state gives may not exist
        return {"beyond_finite_share": 0.0}
    finite = torch.isfinite(w)
    largest = float(w[finite].abs().max()) if finite.any() else 0.0
    return {"beyond_finite_share": float(finite.all(dim=1).float().mean()), "beyond_max": largest}


def _cost(raw: Credits, task: TaskDescription, states: torch.Tensor) -> dict[str, float]:
    """Milliseconds a call (median of 5 on the drawn states), and as a multiple of a QMIX mixer's forward pass."""
    mixer = ReferenceMixer(task.n_agents, task.state_dim)
    own = _median_ms(lambda: raw(states))
    return {"cost_ms": own, "cost_ratio_qmix": own / max(_median_ms(lambda: mixer(states)), 1e-6)}


def _median_ms(call: Callable[[], object]) -> float:
    call()
    times = []
    for _ in range(5):
        start = time.perf_counter()
        call()
        times.append((time.perf_counter() - start) * 1000)
    return sorted(times)[2]


class ReferenceMixer(nn.Module):
    """As much arithmetic as QMIX's mixing network (embedding 32, hypernetworks of 64): a yardstick, never trained."""

    def __init__(self, n_agents: int, state_dim: int, embed: int = 32, hidden: int = 64) -> None:
        super().__init__()
        self.n_agents, self.embed = n_agents, embed
        sizes = (n_agents * embed, embed)
        self.weights = nn.ModuleList(
            nn.Sequential(nn.Linear(state_dim, hidden), nn.ReLU(), nn.Linear(hidden, size)) for size in sizes
        )
        self.bias = nn.Linear(state_dim, embed)
        self.value = nn.Sequential(nn.Linear(state_dim, embed), nn.ReLU(), nn.Linear(embed, 1))

    def forward(self, states: torch.Tensor) -> torch.Tensor:
        n = states.shape[0]
        q = states.new_zeros(n, 1, self.n_agents)
        first = self.weights[0](states).abs().view(n, self.n_agents, self.embed)
        hidden = nn.functional.elu(torch.bmm(q, first) + self.bias(states).unsqueeze(1))
        last = self.weights[1](states).abs().view(n, self.embed, 1)
        return torch.bmm(hidden, last).view(n, 1) + self.value(states)
