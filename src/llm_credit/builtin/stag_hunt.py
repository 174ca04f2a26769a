"""Stag hunt (predator-prey): who can catch prey soon, and with whom.

With 32 agents and 32 prey, every operation on their pairs goes through 1,024 numbers a state: there are as few of them
as possible, and what can be said of an agent or of a prey alone is worked out before.

Legend: N states, A agents, P prey.
"""

from __future__ import annotations

from ..task import TaskDescription
from .template import Templates, columns
from .uniform import UNIFORM


def _kinds(task: TaskDescription) -> list[str]:
    return [kind for kind in ("stag", "hare") if task.has_field(f"{kind}_row")]


def _of_prey(task: TaskDescription, what: str) -> str:
    """Source text for a field of all prey: ``[N, P]``."""
    parts = [columns(task.field(f"{kind}_{what}")) for kind in _kinds(task)]
    return parts[0] if len(parts) == 1 else f"torch.cat([{', '.join(parts)}], dim=1)"


def _active(task: TaskDescription) -> str:
    row = columns(task.field("agent_row"))
    return columns(task.field("agent_active")) if task.has_field("agent_active") else f"torch.ones_like({row})"


def _distances(task: TaskDescription) -> str:
    """Source lines for ``rows`` and ``cols``, from each agent to each prey in the state's unit: ``[N, A, P]``."""
    row, col = columns(task.field("agent_row")), columns(task.field("agent_column"))
    lines = [
        f"rows = ({row}.unsqueeze(2) - ({_of_prey(task, 'row')}).unsqueeze(1)).abs()  # [N, A, P]",
        f"cols = ({col}.unsqueeze(2) - ({_of_prey(task, 'column')}).unsqueeze(1)).abs()",
    ]
    if task.facts["toroidal"]:  # the shorter way around
        height, width = (side / task.facts["position_unit"] for side in task.facts["world_shape"])
        lines += [f"rows = torch.minimum(rows, {height} - rows)", f"cols = torch.minimum(cols, {width} - cols)"]
    return "\n    ".join(lines)


def _hunters(task: TaskDescription, scale: float, part: float) -> str:
    a, unit = task.n_agents, task.facts["position_unit"]
    return f'''def credit_weights(state):
    """Agents close to prey that others are close to as well get more credit: together they can catch it.

    Closeness falls by the factor e over {scale} cells; an agent's promise is its closeness to each prey times that of
    all agents to it, summed over the prey. {part:.0%} of the credit is shared by promise, the rest equally, so that
    nobody is ever without; credits average 1.
    """
    {_distances(task)}
    active = {_active(task)}  # [N, A]
    near = torch.exp((rows + cols) * {-unit / scale}) * active.unsqueeze(2)  # [N, A, P]
    company = near.sum(dim=1) * {_of_prey(task, "alive")}  # [N, P]
    promise = (near * company.unsqueeze(1)).sum(dim=2)  # [N, A]
    total = promise.sum(dim=1, keepdim=True)  # [N, 1]
    some = total > 1e-6
    share = torch.where(some, promise / torch.clamp(total, min=1e-6), torch.full_like(promise, {1 / a}))
    w = {1 - part} + {part * a} * share
    return w, torch.zeros_like(total)
'''


def hunters(task: TaskDescription) -> str:
    """Gentle: half of the credit by promise."""
    return _hunters(task, 2.0, 0.5)


def sharp(task: TaskDescription) -> str:
    """Sharp: nine tenths of the credit by promise, and closeness falls fast."""
    return _hunters(task, 1.0, 0.9)


def _needed(task: TaskDescription) -> str:
    """Source text for how many agents each prey takes: a number, or one for each prey."""
    facts = task.facts
    counts = {"stag": facts["n_stags"], "hare": facts["n_hare"]}
    needs = dict(zip(("stag", "hare"), facts["capture_action_conditions"], strict=True))
    each = [float(needs[kind]) for kind in _kinds(task) for _ in range(counts[kind])]
    return str(each[0]) if len(set(each)) == 1 else f"torch.tensor({each})"


def catchers(task: TaskDescription) -> str:
    """With an action for catching: who decides by its own choice whether prey is caught, or the team punished."""
    catch = next(i for i, action in enumerate(task.actions) if action.name == "catch")
    return f'''def credit_advantages(state, actions_onehot):
    """The choice of an agent beside prey matters more, most of all where it alone decides what happens to it.

    It decides where the others who try to catch that prey are one too few; and, if they are none, whether anybody is
    punished for trying.
    """
    {_distances(task)}
    beside = ((rows + cols) < {1.5 / task.facts["position_unit"]}).float()  # [N, A, P]
    active = {_active(task)}  # [N, A]
    alive = {_of_prey(task, "alive")}  # [N, P]
    tries = actions_onehot[:, :, {catch}] * active  # [N, A]
    hands = (beside * tries.unsqueeze(2)).sum(dim=1)  # [N, P] agents that try to catch it
    missing = {_needed(task)} - hands
    last = (((missing - 1.0).abs() < 0.5).float() + 0.5 * (hands < 0.5).float()) * alive  # if one more tried
    first = ((missing.abs() < 0.5).float() + 0.5 * ((hands - 1.0).abs() < 0.5).float()) * alive  # if one less did
    decides = torch.matmul(beside, torch.stack([alive, last, first], dim=2))  # [N, A, 3]
    decides = torch.clamp(decides, max=1.5) * active.unsqueeze(2)
    weight = 0.5 + 0.5 * decides[:, :, 0] + torch.where(tries > 0.5, decides[:, :, 2], decides[:, :, 1])
    return weight / weight.mean(dim=1, keepdim=True)
'''


TEMPLATES: dict[str, Templates] = {
    # a gentle one first, since a sharp one leaves a far agent almost without a signal
    "credit_weights": {"hunters": hunters, "sharp": sharp, **UNIFORM["credit_weights"]},
    "credit_advantages": {"catchers": catchers, **UNIFORM["credit_advantages"]},
}


def templates(task: TaskDescription, form: str) -> Templates:
    """None where the state is a grid, which does not say which agent is where; no ``catchers`` without that action."""
    if not task.has_field("agent_row"):
        return {}
    fit = dict(TEMPLATES[form])
    if all(action.name != "catch" for action in task.actions):
        fit.pop("catchers", None)
    return fit
