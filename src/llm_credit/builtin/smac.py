"""Battles with SMAC's state: StarCraft II and Skirmish.

Legend: N states, A agents, E enemies, U actions.
"""

from __future__ import annotations

from ..task import StateField, TaskDescription
from .template import Templates, columns
from .uniform import UNIFORM

MEDIVAC = "medivac"


def _bit(f: StateField, k: int) -> str:
    """Source text for one of a field's values, for all its entities: ``[N, count]``."""
    first = f.start + k
    return f"state[:, {first}:{first + (f.count - 1) * f.stride + 1}:{f.stride}]"


def _condition(task: TaskDescription, side: str) -> str:
    """Source text: how much is left of each unit of a side, 0 to 1."""
    health = columns(task.field(f"{side}_health"))
    if not task.has_field(f"{side}_shield"):
        return health
    return f"(0.5 * {health} + 0.5 * {columns(task.field(f'{side}_shield'))})"


def _medivac(task: TaskDescription) -> str | None:
    """Source text for who is a medivac; None where nobody can be."""
    kinds = task.facts["agent_types"]
    return _bit(task.field("agent_type"), kinds.index(MEDIVAC)) if MEDIVAC in kinds else None


def _closeness(task: TaskDescription, other: str) -> str:
    """Lines that make ``near [N, A, E or A]``: 1 on the spot, about a half at shooting range."""
    x, y = columns(task.field("agent_x")), columns(task.field("agent_y"))
    other_x, other_y = columns(task.field(f"{other}_x")), columns(task.field(f"{other}_y"))
    width, height = float(task.facts["play_width"]), float(task.facts["play_height"])
    return f"""    dx = {width} * ({x}.unsqueeze(2) - {other_x}.unsqueeze(1))
    dy = {height} * ({y}.unsqueeze(2) - {other_y}.unsqueeze(1))
    near = torch.exp(-(dx * dx + dy * dy) / 50.0)
"""


def focus(task: TaskDescription) -> str:
    """Who can hit a weak enemy counts more, and a medivac next to the hurt."""
    a, medivac = task.n_agents, _medivac(task)
    healing, role = "", "weapon"
    if medivac:
        healing = f"""    medivac = {medivac}
    energy = {columns(task.field("agent_cooldown"))}.clamp(min=0.0, max=1.0)
    hurt = alive * (1.0 - {_condition(task, "agent")}).clamp(min=0.0) * (1.0 - medivac)  # [N, A]
{_closeness(task, "agent")}    help = 1.5 * (near * hurt.unsqueeze(1)).amax(dim=2) * energy
"""
        role = "(1.0 - medivac) * weapon + medivac * help"
    return f'''def credit_weights(state):
    """Living agents near weak enemies count more, most of all when they are ready to shoot and healthy.

    A dead agent keeps a small share, so that a sum is never 0; credits average 1.
    """
    health = {columns(task.field("agent_health"))}
    alive = (health > 0).float()  # [N, A]
    ready = 1.0 - {columns(task.field("agent_cooldown"))}.clamp(min=0.0, max=1.0)
    enemy_alive = ({columns(task.field("enemy_health"))} > 0).float()
    value = enemy_alive * (1.5 - {_condition(task, "enemy")})  # [N, E]: more for the weak
{_closeness(task, "enemy")}    weapon = (near * value.unsqueeze(1)).amax(dim=2) * (0.5 + 0.5 * ready)  # [N, A]
{healing}    role = {role}
    score = 0.2 + alive * (0.4 + 0.3 * health + role)
    w = {a} * score / score.sum(dim=1, keepdim=True)
    return w, torch.zeros_like(w[:, :1])
'''


def alive(task: TaskDescription) -> str:
    """The living share the credit; the dead keep a tenth of a living agent's."""
    return f'''def credit_weights(state):
    """The living count alike, a dead agent counts a tenth of that; credits average 1."""
    score = 0.1 + 0.9 * ({columns(task.field("agent_health"))} > 0).float()
    w = {task.n_agents} * score / score.sum(dim=1, keepdim=True)
    return w, torch.zeros_like(w[:, :1])
'''


def concentrate(task: TaskDescription) -> str:
    """Attacks on an enemy that a team mate attacks too, and heals of the hurt."""
    first, n_enemies, a = int(task.facts["first_attack"]), int(task.facts["n_enemies"]), task.n_agents
    medivac = _medivac(task)
    armed, healing, heal = "alive", "", ""
    if medivac:
        armed = f"(alive * (1.0 - {medivac}))"
        healing = f"""    hurt = (1.0 - {_condition(task, "agent")}).clamp(min=0.0)
    healed = actions_onehot[:, :, {first}:{first + a}] * hurt.unsqueeze(1) * {medivac}.unsqueeze(2)  # [N, A, A]
"""
        heal = " + healed.sum(dim=2)"
    return f'''def credit_advantages(state, actions_onehot):
    """The choice of an agent that attacks matters more, most of all where others attack the same, weak enemy."""
    alive = ({columns(task.field("agent_health"))} > 0).float()  # [N, A]
    attack = actions_onehot[:, :, {first}:{first + n_enemies}] * {armed}.unsqueeze(2)  # [N, A, E]
    others = (attack.sum(dim=1, keepdim=True) - attack).clamp(min=0.0, max=1.0)
    weak = (1.5 - {_condition(task, "enemy")}).unsqueeze(1)
{healing}    gain = attack.sum(dim=2) * 0.5 + (attack * others * weak).sum(dim=2){heal}
    score = 0.2 + alive * (0.6 + gain)
    return score / score.mean(dim=1, keepdim=True)
'''


TEMPLATES: dict[str, Templates] = {
    "credit_weights": {"focus": focus, "alive": alive, **UNIFORM["credit_weights"]},
    "credit_advantages": {"concentrate": concentrate, **UNIFORM["credit_advantages"]},
}


def templates(task: TaskDescription, form: str) -> Templates:
    """None where the state is made of observations, in which units have no common coordinates."""
    return TEMPLATES[form] if task.has_field("enemy_health") else {}
