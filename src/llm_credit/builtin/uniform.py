"""Uniform credit, for any task: VDN."""

from __future__ import annotations

from ..task import TaskDescription
from .template import Templates


def uniform(task: TaskDescription) -> str:
    return f'''def credit_weights(state):
    """Every agent counts alike: VDN."""
    w = torch.ones(state.shape[0], {task.n_agents}, device=state.device)
    b = torch.zeros(state.shape[0], 1, device=state.device)
    return w, b
'''


def uniform_lambda(task: TaskDescription) -> str:
    return f'''def credit_advantages(state, actions_onehot):
    """Every advantage counts alike: with lambda 1 the mixer is VDN."""
    return torch.ones(state.shape[0], {task.n_agents}, device=state.device)
'''


UNIFORM: dict[str, Templates] = {
    "credit_weights": {"uniform": uniform},
    "credit_advantages": {"uniform_lambda": uniform_lambda},
}
