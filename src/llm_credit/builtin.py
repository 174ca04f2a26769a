"""Credit functions that ship with the project: source text made for a task from its description.

Legend: A agents, F foods.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from difflib import get_close_matches

from .errors import CreditError
from .task import StateField, TaskDescription

log = logging.getLogger("pymarl")


def uniform(task: TaskDescription) -> str:
    return f'''def credit_weights(state):
    """Every agent counts alike: VDN."""
    w = torch.ones(state.shape[0], {task.n_agents}, device=state.device)
    b = torch.zeros(state.shape[0], 1, device=state.device)
    return w, b
'''


def _proximity(task: TaskDescription, scale: float, part: float) -> str:
    row, col = _columns(task.field("agent_row")), _columns(task.field("agent_col"))
    food_row, food_col = _columns(task.field("food_row")), _columns(task.field("food_col"))
    level = _columns(task.field("food_level"))
    a = task.n_agents
    return f'''def credit_weights(state):
    """Agents near food that is still there get more credit: what they do decides whether it is taken soon.

    Closeness to a food falls by the factor e over {scale} cells and counts with the food's level. {part:.0%} of the
    credit is shared by closeness, the rest equally, so that nobody is ever without; credits average 1.
    """
    there = ({level} > 0).float()  # [N, F]
    value = {level} * there
    rows = ({row}.unsqueeze(2) - {food_row}.unsqueeze(1)).abs()  # [N, A, F]
    cols = ({col}.unsqueeze(2) - {food_col}.unsqueeze(1)).abs()
    near = (torch.exp(-(rows + cols) / {scale}) * value.unsqueeze(1)).sum(dim=2)  # [N, A]
    total = near.sum(dim=1, keepdim=True)  # [N, 1]
    some = total > 1e-6
    share = torch.where(some, near / torch.clamp(total, min=1e-6), torch.full_like(near, {1 / a}))
    w = {1 - part} + {part * a} * share
    return w, torch.zeros_like(total)
'''


def proximity(task: TaskDescription) -> str:
    """Gentle: half of the credit by closeness."""
    return _proximity(task, 3.0, 0.5)


def sharp(task: TaskDescription) -> str:
    """Sharp: nine tenths of the credit by closeness, which falls fast."""
    return _proximity(task, 1.5, 0.9)


def _columns(f: StateField) -> str:
    stop = f.start + (f.count - 1) * f.stride + 1
    return f"state[:, {f.start}:{stop}:{f.stride}]"


# by family, the default first: LBF's gentle one, since a sharp one leaves a far agent almost without a signal
BUILTINS: dict[str, dict[str, Callable[[TaskDescription], str]]] = {
    "lbf": {"proximity": proximity, "sharp": sharp, "uniform": uniform},
    "matrix_game": {"uniform": uniform},  # one state: nothing to tell agents apart by
}


def builtin_source(task: TaskDescription, name: str = "", strict: bool = True) -> tuple[str, str]:
    """``(family/name, source)``. Raises CreditError for an unknown name or, if ``strict``, for no builtin."""
    known = dict(BUILTINS.get(task.family, {"uniform": uniform}))
    if task.family == "lbf" and not task.has_field("food_row"):
        known = {"uniform": uniform}  # the layout of observations does not say where things are
    if name and name not in known:
        near = get_close_matches(name, known, n=1)
        hint = f" Did you mean {near[0]}?" if near else ""
        raise CreditError(f"llm.builtin={name} does not fit {task.name}; there is {', '.join(known)}.{hint}")
    if not name:
        name = next(iter(known))
        if name == "uniform" and task.family != "matrix_game":
            message = f"no builtin credit function knows {task.name}: uniform credit (VDN) is all there is"
            if strict:
                raise CreditError(message + "; ask for it with llm.builtin=uniform")
            log.warning(message)
    return f"{task.family}/{name}", known[name](task)
