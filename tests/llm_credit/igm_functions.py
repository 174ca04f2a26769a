"""Functions for the proof of IGM: for each, whether its weights are never negative, and whether that must be proved.

The names that bodies may use are those of HEAD. A function that is not monotonic has negative weights in some state
that the task allows, mostly in few of them.
"""

from llm_credit import Action, Agent, StateField, TaskDescription

A, U = 2, 3


def make_igm_task():
    def field(name, start, **more):
        return StateField(name, start, **{"count": A, "stride": 3, "per": "agent", "kind": "integer", **more})

    return TaskDescription(
        name="igm",
        family="toy",
        summary="Two agents, two foods, last actions.",
        agents=tuple(Agent(f"agent_{i}") for i in range(A)),
        actions=tuple(Action(f"action_{i}") for i in range(U)),
        state_fields=(
            field("agent_row", 0, low=0, high=6),
            field("agent_col", 1, low=0, high=6),
            field("agent_level", 2, low=1, high=2),
            field("food_row", 6, low=-1, high=6, absent=-1, per="food"),
            field("food_col", 7, low=-1, high=6, absent=-1, per="food"),
            field("food_level", 8, low=0, high=6, absent=0, per="food"),
            StateField("charge", 12, size=4, low=-1.0, high=1.0),
            StateField("last_action", 16, size=U, count=A, stride=U, per="agent", kind="one_hot"),
            StateField("alive", 22, count=A, per="agent", kind="binary"),
            StateField("ammo", 24, count=A, per="agent", low=0.0, high=7.0),
        ),
        state_dim=26,
        obs_dim=4,
        reward="One for each food.",
        return_low=0.0,
        return_high=2.0,
        episode_end="After ten steps.",
        episode_limit=10,
    )


HEAD = """    n = {state}.shape[0]
    row, col, level = {state}[:, 0:6:3], {state}[:, 1:6:3], {state}[:, 2:6:3]  # 0..6, 0..6, 1..2
    food_row, food_col = {state}[:, 6:12:3], {state}[:, 7:12:3]  # -1..6
    food_level = {state}[:, 8:12:3]  # 0..6
    x, y = {state}[:, 12:14], {state}[:, 14:16]  # real, -1..1
    last = {state}[:, 16:22].view(-1, 2, 3)  # [N, A, U], one-hot
    alive, ammo = {state}[:, 22:24], {state}[:, 24:26]  # 0 or 1; real, 0..7
"""


def source_of(body):
    """A whole function; ``agents_q`` or ``actions_onehot`` in the body asks for one of the other forms."""
    lines = "".join(f"    {line}\n" for line in body.strip().splitlines())
    if "agents_q" in body:
        return (
            "def QLLMNetwork(agents_q, global_state):\n" + HEAD.format(state="global_state") + lines + "    return w\n"
        )
    head = HEAD.format(state="state")
    if "actions_onehot" in body:
        return "def credit_advantages(state, actions_onehot):\n" + head + lines + "    return w\n"
    return "def credit_weights(state):\n" + head + lines + "    return w, torch.zeros(state.shape[0], 1)\n"


VIOLATING = {
    "corner of one field": "w = (1.99 - x[:, 0:1] - x[:, 1:2]).expand(-1, 2)",
    "an absent food": "w = food_row + 0.5",
    "padded rows": "w = level - 0.5",
    "one action of three": "w = 1 - 1.5 * last[:, :, 2]",
    "rounding of a large sum": "w = ammo - ((ammo + 3e7) - 3e7)",
    "a factor rounded up": "w = 1 - ammo * 0.1428572",
    "centred": "w = x - x.mean(dim=1, keepdim=True)",
    "standardised": "w = (x - x.mean(dim=1, keepdim=True)) / (x.std(dim=1, keepdim=True) + 1e-6)",
    "guard too small": "w = torch.where(ammo > 0.01, ammo - 0.02, 0.0)",
    "guard of another": "w = torch.where(x > 0.9, y + 0.9, 0.0)",
    "guard turned": "w = torch.where(x <= 0.9, 1 + 0.5 * x, 1 - 1.001 * x)",
    "guard not strict enough": "w = torch.where(x >= 0, x, -x - 0.001)",
    "guard with else": "m = x > -0.99\nw = torch.where(m, torch.zeros_like(x), x)",
    "guard of one only": "m = (x > 0).any(dim=1, keepdim=True)\nw = torch.where(m, x + 0.5, 0.0)",
    "guard by the sum": "m = x.sum(dim=1, keepdim=True) > 0\nw = m.float() * x + 0.5",
    "guard of the other side": "w = (1 - (x > 0).float()) * x + 0.9",
    "guard after flip": "w = torch.where(x.flip(1) > 0, x + 0.5, 0.0)",
    "guard of the reduced": "w = torch.where(x > 0, x.sum(dim=1, keepdim=True) + 0.5, 0.0)",
    "guard moved": "m = (x > 0).unsqueeze(2)\nw = torch.where(m, y.unsqueeze(2) + 0.9, 1.0).squeeze(2)",
    "logarithm": "w = torch.log(ammo + 0.99)",
    "product of three": "w = x[:, 0:1] * x[:, 1:2] * y + 0.99",
    "nobody alive": "w = (alive.sum(dim=1, keepdim=True) - 0.5).expand(-1, 2)",
    "a view changed": "w = torch.ones(n, 2)\nv = w[:, 0:1]\nv -= 1.5 * alive[:, 0:1]",
    "a second name": "w = torch.ones(n, 2)\nv = w\nv *= x + 0.5",
    "a view read late": "t = torch.ones(n, 2)\nv = t[:, 0:1]\nt[:, 0] = x[:, 0]\nw = v.expand(-1, 2) + 0.9",
    "assigned last": "w = torch.zeros(n, 2)\nw[:, 0] = 1\nw[:, 1] = x[:, 0] + 0.99",
    "assigned in place": "w = torch.ones(n, 2)\nw[:, 1] -= alive[:, 0] * ammo[:, 1] / 6",
    "loop": "t = torch.zeros(n, 2)\nfor i in range(3):\n    t = t + last[:, :, i] * (1 - i)\nw = t + 0.5",
    "loop of lists": "p = []\nfor i in range(2):\n    p.append(x[:, i] + 0.5 + 0.4 * i)\nw = torch.stack(p, dim=1)",
    "least of sorted": "v, i = x.sort(dim=1)\nw = (v[:, 1:2] + 0.9).expand(-1, 2)",
    "greatest": "v = x.max(dim=1, keepdim=True).values\nw = (v + 0.99).expand(-1, 2)",
    "costs": "c = torch.tensor([0.5, 1.0, 1.2])\nw = 1 - last.matmul(c)",
    "one-hot twice": "w = 1 - torch.cat([last, last[:, :, 0:1]], dim=2).sum(dim=2)",
    "one-hot of two agents": "w = (1 - last[:, :, 0].sum(dim=1, keepdim=True)).expand(-1, 2)",
    "one-hot repeated": "w = 1.5 - last.repeat(1, 1, 2).sum(dim=2)",
    "one-hot expanded": "w = (1.5 - last[:, :, 0:1].expand(-1, 2, 2).sum(dim=2))",
    "sine": "w = torch.sin(ammo) + 0.99",
    "distance": "w = 97 - (row - food_row) ** 2 - (col - food_col) ** 2",
    "reciprocal of minus zero": "z = alive * -1.0\nw = torch.clamp(1 / z, min=-1, max=1) + 0.99",
    "truncated": "w = (x * 1.001).long().float() + 0.5",
    "floor": "w = torch.floor(x + 0.999) + 0.5",
    "index": "w = (1 - 0.6 * last.argmax(dim=2).float())",
    "bool arithmetic": "w = (x > 0).float() - (x > 0.99).float() * 1.5",
    "bool as numbers": "w = 1.0 - (x > 0.9) * 1.5",
    "softmax": "w = torch.softmax(x, dim=1) - 0.12",
    "tanh": "w = torch.tanh(3 * x) + 0.995",
    "variance": "w = (1.9 - x.var(dim=1, keepdim=True)).expand(-1, 2)",
    "spread": "w = (1.9 - (x.amax(dim=1, keepdim=True) - x.amin(dim=1, keepdim=True))).expand(-1, 2)",
    "exclusive or": "w = 1 - 1.5 * ((x > 0.5) ^ (y > 0.5)).float()",
    "cube": "w = x**3 + 0.99",
    "masked": "w = torch.ones(n, 2).masked_fill(x > 0.99, -0.001)",
    "share": "a = ammo + 0.001\nw = 0.999 - a / a.sum(dim=1, keepdim=True)",
    "share of another": "w = 1 - ammo / (ammo.flip(1).amax(dim=1, keepdim=True) * 0.99 + 0.001)",
    "minus its neighbour": "w = ammo - ammo.flip(1)",
    "greatest of another": "w = ammo.amax(dim=1, keepdim=True) - level * 4",
    "greatest of one": "w = x[:, 0:1].amax(dim=1, keepdim=True) - x + 1.5",
    "matrix": "w = torch.einsum('nau,u->na', last, torch.tensor([1.0, 1.0, -0.5]))",
    "clamped above": "w = torch.clamp(x, max=0.5) + 0.9",
    "where equal": "w = torch.where(food_row == -1, -0.1, 1.0)",
    "whole but negative": "w = torch.where(food_row < 0, food_row, 1.0)",
    "running": "w = x.cumsum(dim=1) + 1.5",
    "root of a difference": "w = torch.sqrt(torch.abs(x)) - torch.abs(x) - 0.0001",
    "power of a number": "w = 2.0**x - 0.51",
    "log-softmax": "w = torch.log_softmax(x, dim=1) + 2.1",
    "shifted": "w = x.roll(1, 1) + 0.99",
    "remainder": "w = torch.where(row % 3 == 2, -1.0, 1.0)",
    "if on numbers": "k = 2\nif k > 1 and not k > 2:\n    w = x + 0.99\nelse:\n    w = x + 2",
    "utility times a charge": "w = (agents_q * (x + 0.99)).sum(dim=1, keepdim=True)",
    "utility under a relu": "w = torch.relu(-agents_q * x + 0.1).sum(dim=1, keepdim=True)",
    "utilities subtracted": "w = agents_q[:, 0:1] - agents_q[:, 1:2] * 0.001",
    "utility twice": "w = agents_q[:, 0:1] * 1.1 + ammo[:, 0:1] - agents_q[:, 0:1] * (x[:, 0:1] + 0.11)",
    "utility with rounding": "b = ammo[:, 0:1] * 1e7\nw = (agents_q[:, 0:1] * 1.1 + b) - (agents_q[:, 0:1] * 0.9 + 0.37 * b)",
    "rounding of a sum": "c = torch.tensor([0.16, 0.29, 0.33, 0.07, 0.13, 0.02])\nw = 1 - (c * alive.unsqueeze(2)).sum(dim=2)",
    "sign of NaN": "a = x / y\nw = torch.where(torch.sign(a * a + 1) > 0.5, 1.0, -1.0)",
    "overflow of a mean": "a = (ammo * 1e38).mean(dim=1, keepdim=True)\nw = torch.where(a > 3e38, -1.0, 1.0).expand(-1, 2)",
    "advantage": "w = 1 - 1.5 * actions_onehot[:, :, 2]",
    "advantage beside": "w = 1 - actions_onehot.sum(dim=2) * ammo / 6.9",
}
MONOTONIC = {
    "constant": "w = torch.ones(n, 2)",
    "softmax": "w = 2 * torch.softmax(x, dim=1)",
    "softmax of a mask": "w = torch.softmax(x.masked_fill(alive < 0.5, -1e9), dim=1)",
    "above the least": "w = x - x.amin(dim=1, keepdim=True)",
    "above the least, squeezed": "w = x - x.min(dim=1)[0].unsqueeze(1)",
    "below the greatest": "v, i = (x * y).max(dim=1, keepdim=True)\nw = v - x * y",
    "scaled": "d = x - x.amin(dim=1, keepdim=True)\nw = 1 - d / (d.amax(dim=1, keepdim=True) + 1e-6)",
    "scaled range": "a, b = x.amin(1, keepdim=True), x.amax(1, keepdim=True)\nw = 1 - (x - a) / (b - a + 1e-6)",
    "share": "w = 1 - ammo / (ammo.sum(dim=1, keepdim=True) + 1e-6)",
    "share clamped": "w = 1 - ammo / torch.clamp(ammo.sum(dim=1, keepdim=True), min=1e-6)",
    "share by mean": "a = ammo + 0.1\nw = a / a.mean(dim=1, keepdim=True)",
    "square": "w = x * x",
    "squared distance": "w = (row - food_row) ** 2 + (col - food_col) ** 2",
    "distance": "d = torch.sqrt((row - food_row) ** 2 + (col - food_col) ** 2)\nw = 1 / (1 + d)",
    "nearness": "d = (row.unsqueeze(2) - food_row.unsqueeze(1)).abs()\nw = torch.exp(-d).sum(dim=2)",
    "whole distance": "w = 98 - (row - food_row) ** 2 - (col - food_col) ** 2",
    "fraction of the range": "w = 1 - ammo / 7",
    "two fractions": "w = 1 - (0.5 * row + 0.5 * col) / 6",
    "guarded reciprocal": "w = torch.where(food_level > 0, 1 / food_level, 0.0)",
    "guarded by name": "m = food_level > 0\nw = torch.where(m, 2 / food_level, torch.zeros_like(food_level))",
    "guarded difference": "w = torch.where(x > 0.25, x - 0.25, 0.25 - x)",
    "guarded by not equal": "w = torch.where(alive != 0, alive / alive.clamp(min=0.5), alive)",
    "guarded by both": "w = torch.where((x > 0) & (y > 0), x + y, 0.0)",
    "guarded by neither": "w = torch.where((x < 0) | (y < 0), 0.0, x + y)",
    "guarded by not": "w = torch.where(~(x < 0.5), x - 0.5, 0.0)",
    "guarded pair": "w = torch.where(x > y, x - y, y - x)",
    "guarded pair, difference": "d = x - y\nw = torch.where(d > 0, d, -d)",
    "guarded twice": "w = torch.where(x > 0, torch.where(y > 0, x * y, x), 0.0)",
    "guard moved": "m = (x > 0).unsqueeze(2)\nw = torch.where(m, x.unsqueeze(2), 0.0).squeeze(2)",
    "guard of a row": "t = ammo.sum(dim=1, keepdim=True)\nw = torch.where(t > 0.001, ammo / t, torch.full_like(ammo, 0.5))",
    "mask times": "w = (x > 0).float() * x",
    "mask and its other": "m = (x > 0).float()\nw = m * x + (1 - m) * -x",
    "guard by a number": "m = (x > 0).float()\nw = torch.where(m > 0.5, x, 0.0)",
    "masks": "w = (x > 0) * (y > 0) * 1.5",
    "bool arithmetic": "a, b = x > 0, y > 0\nw = (a & ~b).float() + (a | b).float() + (a ^ b)",
    "complement of one-hot": "w = 1 - last.sum(dim=2)",
    "complement of one action": "w = 1 - last[:, :, 1]",
    "costs": "w = 1 - 0.9 * (last * torch.tensor([0.5, 1.0, 1.0])).sum(dim=2)",
    "costs as a matrix": "w = 1 - 0.9 * last.matmul(torch.tensor([0.5, 1.0, 1.0]))",
    "einsum": "w = torch.einsum('nau,nau->na', last, last) + torch.einsum('nf,nf->n', ammo, ammo).unsqueeze(1)",
    "relu": "w = torch.relu(x - 0.5)",
    "clamp": "w = torch.clamp(3 * x, 0.0, 1.0) + x.clamp(min=0)",
    "absolute": "w = abs(x) + x.abs()",
    "sigmoid": "w = 1 - torch.sigmoid(4 * x)",
    "tanh": "w = 1 + torch.tanh(x)",
    "softplus": "w = F.softplus(x)",
    "logarithm": "w = torch.log1p(ammo) + torch.log(ammo + 1)",
    "decay": "w = 1 - torch.exp(-ammo)",
    "deviation": "w = x.std(dim=1, keepdim=True).expand(-1, 2) + x.var(dim=1, keepdim=True)",
    "loop": "t = torch.zeros(n, 2)\nfor i in range(2):\n    t = t + torch.exp(-(row - food_row[:, i : i + 1]).abs())\nw = t",
    "list": "p = []\nfor i in range(2):\n    p.append(alive[:, i] * (ammo[:, i] + 0.5))\nw = torch.stack(p, dim=1)",
    "assigned": "w = torch.zeros(n, 2)\nw[:, 0] = x[:, 0] ** 2\nw[:, 1:2] = 1.0",
    "overwritten": "w = torch.full((n, 2), -1.0)\nw[:, 0] = alive[:, 0]\nw[:, 1] = alive[:, 1]",
    "assigned in place": "t = torch.ones(n, 2)\nt[:, 0] += alive[:, 0]\nw = t + ammo\nw *= ammo",
    "padded level": "w = level * alive",
    "sorted": "v, i = x.sort(dim=1, descending=True)\nw = v - v.amin(dim=1, keepdim=True)",
    "gathered": "i = last.argmax(dim=2)\nw = torch.tensor([1.0, 0.5, 0.0]).expand(n, 3).gather(1, i)",
    "mean of masks": "w = 1 - (x > 0).float().mean(dim=1, keepdim=True) + torch.zeros(n, 2)",
    "averages one": "a = torch.sigmoid(x)\nw = 2 * a / a.sum(dim=1, keepdim=True)",
    "interpolated": "w = torch.lerp(ammo, alive, torch.sigmoid(x))",
    "power": "w = (ammo + 0.5) ** 0.5 + x**4",
    "any and all": "w = (x > 0).any(dim=1, keepdim=True).float() - (x > 0).all(dim=1, keepdim=True).float() * 0.0 + alive",
    "product": "w = (1 - last).prod(dim=2)",
    "cat": "w = torch.cat([x[:, 0:1] ** 2, y[:, 0:1].abs()], dim=1)",
    "numbers decide": "k = 3\nw = x + 1.0 if k > 2 else x",
    "centred and lifted": "w = 1 + 0.4 * (x - x.mean(dim=1, keepdim=True))",
    "minimum": "w = torch.maximum(torch.minimum(x, y), torch.zeros_like(x))",
    "utilities": "w = agents_q.sum(dim=1, keepdim=True) + x[:, 0:1]",
    "utilities weighted": "w = (agents_q * torch.softmax(x, dim=1)).sum(dim=1, keepdim=True) + ammo.sum(dim=1, keepdim=True)",
    "utilities averaged": "w = 0.5 * agents_q.mean(dim=1, keepdim=True) + 0.5 * (alive * agents_q).mean(1, keepdim=True)",
    "utilities as matrices": "w = torch.bmm(agents_q.unsqueeze(1), torch.exp(x).unsqueeze(2)).squeeze(2)",
    "utilities in a loop": "t = torch.zeros(n, 1)\nfor i in range(2):\n    t = t + agents_q[:, i : i + 1] * alive[:, i : i + 1]\nw = t",
    "utilities subtracted and back": "w = -(-agents_q[:, 0:1] / 2 - agents_q[:, 1:2])",
    "utility twice": "w = agents_q[:, 0:1] * 2 - agents_q[:, 0:1]",
    "advantage": "w = 1.0 + torch.exp(x) * (1 - actions_onehot.sum(dim=2))",
    "advantage of one action": "w = 1.0 - actions_onehot[:, :, 0]",
    "advantage of others": "o = actions_onehot.sum(dim=1, keepdim=True) - actions_onehot\nw = 0.1 + torch.relu(o).sum(dim=2)",
}
# Monotonic, but beyond what bounds can see
UNPROVED = {
    "rounds well on CPUs only": "w = 1 - (0.6 * row / 6 + 0.4 * col / 6)",  # GPUs multiply by 1 / 6
    "a charge and its square": "w = x * x - x + 0.25001",
    "the greater half": "w = x + x.flip(1) - 2 * x.amin(dim=1, keepdim=True)",
    "exclusive weights": "w = (x > 0).float() - (x > 0.5).float()",
    "mean above least": "w = (x.mean(dim=1, keepdim=True) - x.amin(dim=1, keepdim=True)).expand(-1, 2) + 0.0001",
    "two of three actions": "w = 1 - last[:, :, 0] - last[:, :, 2]",
    "utility twice": "w = agents_q[:, 0:1] * 2 + ammo[:, 0:1] - agents_q[:, 0:1]",
}
