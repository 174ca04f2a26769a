"""One-step matrix games: one state, nothing in it to tell agents apart by."""

from __future__ import annotations

from ..task import TaskDescription
from .template import Templates
from .uniform import UNIFORM


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


def templates(task: TaskDescription, form: str) -> Templates:
    """Uniform weights; the advantage form of two agents also has ``regret``."""
    own: Templates = {"regret": regret} if form == "credit_advantages" and task.n_agents == 2 else {}
    return {**own, **UNIFORM[form]}
