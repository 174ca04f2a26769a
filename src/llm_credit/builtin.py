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


def uniform_lambda(task: TaskDescription) -> str:
    return f'''def credit_advantages(state, actions_onehot):
    """Every advantage counts alike: with lambda 1 the mixer is VDN."""
    return torch.ones(state.shape[0], {task.n_agents}, device=state.device)
'''


def together(task: TaskDescription) -> str:
    """LBF: who stands at a food that a team mate loads decides by its own choice whether it is eaten."""
    row, col = _columns(task.field("agent_row")), _columns(task.field("agent_col"))
    food_row, food_col = _columns(task.field("food_row")), _columns(task.field("food_col"))
    level = _columns(task.field("food_level"))
    load = next(i for i, action in enumerate(task.actions) if action.name == "load")
    return f'''def credit_advantages(state, actions_onehot):
    """The choice of an agent that stands at a food matters more, most of all while a team mate loads that food."""
    there = ({level} > 0).float().unsqueeze(1)  # [N, 1, F]
    rows = ({row}.unsqueeze(2) - {food_row}.unsqueeze(1)).abs()  # [N, A, F]
    cols = ({col}.unsqueeze(2) - {food_col}.unsqueeze(1)).abs()
    beside = ((rows + cols) < 1.5).float() * there
    loads = actions_onehot[:, :, {load}].unsqueeze(2) * beside
    others = (loads.sum(dim=1, keepdim=True) - loads).clamp(min=0.0, max=1.0)
    weight = 0.5 + 0.5 * beside.amax(dim=2) + (beside * others).amax(dim=2)  # [N, A]
    return weight / weight.mean(dim=1, keepdim=True)
'''


def regret(task: TaskDescription) -> str:
    """Matrix games of two: lambda grows with what the agent could still gain by changing its action alone."""
    payoff, n = task.facts["payoff"], task.n_actions
    lost = []
    for i in range(n):
        for j in range(n):
            first = max(payoff[k][j] for k in range(n)) - payoff[i][j]
            second = max(payoff[i][k] for k in range(n)) - payoff[i][j]
            lost += [[first, second]]
    largest = max(max(pair) for pair in lost) or 1.0
    table = [[round(0.5 + x / largest, 6) for x in pair] for pair in lost]
    return f'''def credit_advantages(state, actions_onehot):
    """An agent counts the more, the more it alone could gain over this joint action: from 0.6 to 1.6."""
    joint = actions_onehot[:, 0].unsqueeze(2) * actions_onehot[:, 1].unsqueeze(1)  # [N, U, U]
    table = torch.tensor({table})
    return 0.1 + joint.flatten(1) @ table
'''


Templates = dict[str, Callable[[TaskDescription], str]]
# by form and family, the default first: LBF's gentle one, since a sharp one leaves a far agent almost without a signal
BUILTINS: dict[str, dict[str, Templates]] = {
    "credit_weights": {
        "lbf": {"proximity": proximity, "sharp": sharp, "uniform": uniform},
        "matrix_game": {"uniform": uniform},  # one state: nothing to tell agents apart by
    },
    "credit_advantages": {
        "lbf": {"together": together, "uniform_lambda": uniform_lambda},
        "matrix_game": {"regret": regret, "uniform_lambda": uniform_lambda},
    },
}
UNIFORM: dict[str, Templates] = {
    "credit_weights": {"uniform": uniform},
    "credit_advantages": {"uniform_lambda": uniform_lambda},
}


def builtins_for(task: TaskDescription, form: str) -> Templates:
    """The functions of one form that fit a task, the default first."""
    known = BUILTINS[form].get(task.family, UNIFORM[form])
    if task.family == "lbf" and not task.has_field("food_row"):
        return UNIFORM[form]  # the layout of observations does not say where things are
    if task.family == "matrix_game" and task.n_agents != 2:
        return UNIFORM[form]
    return known


def builtin_source(
    task: TaskDescription, name: str = "", strict: bool = True, form: str = "credit_weights"
) -> tuple[str, str]:
    """``(family/name, source)``; without a name the default of ``form``.

    Raises CreditError for an unknown name or, if ``strict``, for no builtin.
    """
    forms = [builtins_for(task, f) for f in BUILTINS]
    known = {n: template for templates in forms for n, template in templates.items()}
    if name and name not in known:
        near = get_close_matches(name, known, n=1)
        hint = f" Did you mean {near[0]}?" if near else ""
        raise CreditError(f"llm.builtin={name} does not fit {task.name}; there is {', '.join(known)}.{hint}")
    if not name:
        name = next(iter(builtins_for(task, form)))
        if name in UNIFORM[form] and task.family != "matrix_game":
            message = f"no builtin credit function knows {task.name}: uniform credit (VDN) is all there is"
            if strict:
                raise CreditError(message + f"; ask for it with llm.builtin={name}")
            log.warning(message)
    return f"{task.family}/{name}", known[name](task)
