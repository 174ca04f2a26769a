"""Level-Based Foraging.

Legend: N states, A agents, F foods.
"""

from __future__ import annotations

from ..task import TaskDescription
from .template import Templates, columns
from .uniform import UNIFORM


def _unit(task: TaskDescription) -> float:
    """How many cells a distance of 1 in the state is."""
    return float(task.facts.get("position_unit", 1))


def _proximity(task: TaskDescription, scale: float, part: float) -> str:
    row, col = columns(task.field("agent_row")), columns(task.field("agent_col"))
    food_row, food_col = columns(task.field("food_row")), columns(task.field("food_col"))
    level = columns(task.field("food_level"))
    a, unit = task.n_agents, _unit(task)
    return f'''def credit_weights(state):
    """Agents near food that is still there get more credit: what they do decides whether it is taken soon.

    Closeness to a food falls by the factor e over {scale} cells and counts with the food's level. {part:.0%} of the
    credit is shared by closeness, the rest equally, so that nobody is ever without; credits average 1.
    """
    there = ({level} > 0).float()  # [N, F]
    value = {level} * there
    rows = ({row}.unsqueeze(2) - {food_row}.unsqueeze(1)).abs()  # [N, A, F]
    cols = ({col}.unsqueeze(2) - {food_col}.unsqueeze(1)).abs()
    near = (torch.exp(-(rows + cols) / {scale / unit:g}) * value.unsqueeze(1)).sum(dim=2)  # [N, A]
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


def together(task: TaskDescription) -> str:
    """LBF: who stands at a food that a team mate loads decides by its own choice whether it is eaten."""
    row, col = columns(task.field("agent_row")), columns(task.field("agent_col"))
    food_row, food_col = columns(task.field("food_row")), columns(task.field("food_col"))
    level = columns(task.field("food_level"))
    load = next(i for i, action in enumerate(task.actions) if action.name == "load")
    return f'''def credit_advantages(state, actions_onehot):
    """The choice of an agent that stands at a food matters more, most of all while a team mate loads that food."""
    there = ({level} > 0).float().unsqueeze(1)  # [N, 1, F]
    rows = ({row}.unsqueeze(2) - {food_row}.unsqueeze(1)).abs()  # [N, A, F]
    cols = ({col}.unsqueeze(2) - {food_col}.unsqueeze(1)).abs()
    beside = ((rows + cols) < {1.5 / _unit(task):g}).float() * there
    loads = actions_onehot[:, :, {load}].unsqueeze(2) * beside
    others = (loads.sum(dim=1, keepdim=True) - loads).clamp(min=0.0, max=1.0)
    weight = 0.5 + 0.5 * beside.amax(dim=2) + (beside * others).amax(dim=2)  # [N, A]
    return weight / weight.mean(dim=1, keepdim=True)
'''


TEMPLATES: dict[str, Templates] = {
    # a gentle one first, since a sharp one leaves a far agent almost without a signal
    "credit_weights": {"proximity": proximity, "sharp": sharp, **UNIFORM["credit_weights"]},
    "credit_advantages": {"together": together, **UNIFORM["credit_advantages"]},
}


def templates(task: TaskDescription, form: str) -> Templates:
    """None where the state is made of observations, which do not say where things are."""
    return TEMPLATES[form] if task.has_field("food_row") else {}
