"""Multi-agent particle environments: credit by who is where, over the global state.

Legend: N states, A agents, M landmarks, P prey.
"""

from __future__ import annotations

from ..task import TaskDescription
from .template import Templates, columns
from .uniform import UNIFORM


def _place(task: TaskDescription, name: str) -> tuple[str, str]:
    """Source text for the x and y of like things, ``[N, count]`` each."""
    return columns(task.field(f"{name}_x")), columns(task.field(f"{name}_y"))


def _coverage(task: TaskDescription, scale: float, part: float) -> str:
    (x, y), (mark_x, mark_y) = _place(task, "agent"), _place(task, "landmark")
    a = task.n_agents
    return f'''def credit_weights(state):
    """Whoever is the nearest to a landmark that nobody covers yet gets more credit.

    Every landmark shares itself among the agents by closeness (by the factor e over {scale}), and counts the more, the
    further its nearest agent is away. {part:.0%} of the credit is shared so, the rest equally; credits average 1.
    """
    dx = {x}.unsqueeze(2) - {mark_x}.unsqueeze(1)  # [N, A, M]
    dy = {y}.unsqueeze(2) - {mark_y}.unsqueeze(1)
    distance = torch.sqrt(dx * dx + dy * dy)
    mine = torch.softmax(-distance / {scale}, dim=1)  # [N, A, M]: how much each landmark is each agent's
    open = distance.amin(dim=1, keepdim=True)  # [N, 1, M]
    need = torch.softmax(open / (open + 0.3) * 3.0, dim=2)  # [N, 1, M]: adds up to 1
    w = {1 - part:.2f} + {part * a:.2f} * (mine * need).sum(dim=2)  # [N, A]
    return w, torch.zeros_like(w[:, :1])
'''


def coverage(task: TaskDescription) -> str:
    """simple_spread, gentle: half of the credit by who is the nearest to an open landmark."""
    return _coverage(task, 0.5, 0.5)


def nearest(task: TaskDescription) -> str:
    """simple_spread, sharper: seven tenths of it, and closeness falls faster."""
    return _coverage(task, 0.25, 0.7)


def yielding(task: TaskDescription) -> str:
    """simple_spread: the choice of an agent that pushes towards one close by decides whether they collide."""
    x, y = _place(task, "agent")
    return f'''def credit_advantages(state, actions_onehot):
    """The choice of an agent matters the more, the closer others are whom its push brings it to."""
    dx = {x}.unsqueeze(1) - {x}.unsqueeze(2)  # [N, A, A]: from the agent to the other
    dy = {y}.unsqueeze(1) - {y}.unsqueeze(2)
    close = torch.exp(-(dx * dx + dy * dy) / 0.25)  # 1 where they meet, and of an agent with itself
    push_x = (actions_onehot[:, :, 2] - actions_onehot[:, :, 1]).unsqueeze(2)  # [N, A, 1]
    push_y = (actions_onehot[:, :, 4] - actions_onehot[:, :, 3]).unsqueeze(2)
    towards = torch.sigmoid(8.0 * (push_x * dx + push_y * dy))  # one half towards nobody, or itself
    weight = 0.5 + (close * towards).sum(dim=2)  # [N, A], 1 where nobody is near
    return weight / weight.mean(dim=1, keepdim=True)
'''


def _aim(task: TaskDescription, seconds: float) -> str:
    """Source text for the distance of every predator to where its nearest prey will be, ``[N, A]``."""
    (x, y), (prey_x, prey_y) = _place(task, "agent"), _place(task, "prey")
    vx, vy = columns(task.field("prey_vx")), columns(task.field("prey_vy"))
    return f"""    ahead_x = {prey_x} + {seconds} * {vx}  # [N, P]: where a prey is in {seconds} seconds if it goes on
    ahead_y = {prey_y} + {seconds} * {vy}
    dx = ahead_x.unsqueeze(1) - {x}.unsqueeze(2)  # [N, A, P]
    dy = ahead_y.unsqueeze(1) - {y}.unsqueeze(2)
    distance = torch.sqrt(dx * dx + dy * dy).amin(dim=2)  # [N, A]"""


def chase(task: TaskDescription) -> str:
    """simple_tag: half of the credit by closeness to where the prey is running to."""
    a = task.n_agents
    return f'''def credit_weights(state):
    """Predators that are close to where the prey is running to get more credit: they can catch it now.

    Half of the credit is shared by closeness (by the factor e over 0.5), the rest equally, so that predators that cut
    off its other ways are never without; credits average 1.
    """
{_aim(task, 0.2)}
    w = 0.5 + {a / 2} * torch.softmax(-distance / 0.5, dim=1)
    return w, torch.zeros_like(w[:, :1])
'''


def pincer(task: TaskDescription) -> str:
    """simple_tag: the choice of a predator counts the more, the more of the others close in on the prey."""
    return f'''def credit_advantages(state, actions_onehot):
    """A close predator's choice counts more, most of all while others push towards the prey, too."""
{_aim(task, 0.2)}
    close = torch.exp(-distance / 0.5)  # [N, A]
    push_x = (actions_onehot[:, :, 2] - actions_onehot[:, :, 1]).unsqueeze(2)  # [N, A, 1]
    push_y = (actions_onehot[:, :, 4] - actions_onehot[:, :, 3]).unsqueeze(2)
    closing = torch.sigmoid(4.0 * (push_x * dx + push_y * dy)).amax(dim=2)  # [N, A]
    others = closing.sum(dim=1, keepdim=True) - closing
    weight = 0.5 + close * (1.0 + others / {max(task.n_agents - 1, 1)})
    return weight / weight.mean(dim=1, keepdim=True)
'''


def decoy(task: TaskDescription) -> str:
    """simple_adversary: who covers the goal is paid for that, the others for keeping the adversary away from it."""
    (x, y), (mark_x, mark_y) = _place(task, "agent"), _place(task, "landmark")
    foe_x, foe_y = _place(task, "adversary")
    goal, a = task.field("goal"), task.n_agents
    return f'''def credit_weights(state):
    """The agent at the goal gets more credit while the adversary is away; once it comes, the others get more.

    Only the team's nearest agent counts for the reward, so credit is shared by closeness to the goal; the nearer the
    adversary is to the goal, the more equally, since then the deception by the other agents is what lacks. At least
    half of the credit is shared equally; credits average 1.
    """
    goal = state[:, {goal.start}:{goal.start + goal.size}]  # [N, M]
    goal_x = (goal * {mark_x}).sum(dim=1, keepdim=True)  # [N, 1]
    goal_y = (goal * {mark_y}).sum(dim=1, keepdim=True)
    dx, dy = {x} - goal_x, {y} - goal_y  # [N, A]
    share = torch.softmax(-torch.sqrt(dx * dx + dy * dy) / 0.5, dim=1)
    fx, fy = {foe_x} - goal_x, {foe_y} - goal_y  # [N, 1]
    away = 1.0 - torch.exp(-(fx * fx + fy * fy) / 0.5)  # 0 where the adversary is at the goal
    part = 0.2 + 0.3 * away
    w = 1.0 - part + {a} * part * share
    return w, torch.zeros_like(away)
'''


def understanding(task: TaskDescription) -> str:
    """simple_speaker_listener: the speaker counts more while the listener is far from the goal or leaves it."""
    (x, y), (mark_x, mark_y) = _place(task, "listener"), _place(task, "landmark")
    vx, vy = columns(task.field("listener_vx")), columns(task.field("listener_vy"))
    goal = task.field("goal")
    return f'''def credit_weights(state):
    """A listener that is far from the goal, or moves away from it, was told too little: the speaker counts more.

    One that is close or on its way has understood: what it does itself counts more. From 0.6 to 1.4; credits average 1.
    """
    goal = state[:, {goal.start}:{goal.start + goal.size}]  # [N, M]
    dx = (goal * {mark_x}).sum(dim=1, keepdim=True) - {x}  # [N, 1]: from the listener to the goal
    dy = (goal * {mark_y}).sum(dim=1, keepdim=True) - {y}
    distance = torch.sqrt(dx * dx + dy * dy)
    approach = (dx * {vx} + dy * {vy}) / (distance + 0.1)  # speed towards the goal
    lost = torch.tanh(distance - 0.7 - approach)  # [N, 1]
    w = torch.cat([1.0 + 0.4 * lost, 1.0 - 0.4 * lost], dim=1)
    return w, torch.zeros_like(lost)
'''


WEIGHTS: dict[str, Templates] = {
    "simple_spread": {"coverage": coverage, "nearest": nearest},
    "simple_tag": {"chase": chase},
    "simple_adversary": {"decoy": decoy},
    "simple_speaker_listener": {"understanding": understanding},
}
ADVANTAGES: dict[str, Templates] = {"simple_spread": {"yielding": yielding}, "simple_tag": {"pincer": pincer}}


def templates(task: TaskDescription, form: str) -> Templates:
    """None where the state is made of observations."""
    if task.facts["state"] != "global":
        return {}
    own = {"credit_weights": WEIGHTS, "credit_advantages": ADVANTAGES}[form]
    return {**own.get(task.facts["key"], {}), **UNIFORM[form]}
