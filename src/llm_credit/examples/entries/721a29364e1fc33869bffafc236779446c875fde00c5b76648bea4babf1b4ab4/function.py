def credit_weights(state):
    """Credits each agent with its Shapley value in harvesting the food it can lift alone, and shares the worth
    of food that needs both by who still has further to go, because the reward waits for the later one."""
    a_row = state[:, 0:6:3]
    a_col = state[:, 1:6:3]
    a_lvl = state[:, 2:6:3]
    f_row = state[:, 6:12:3]
    f_col = state[:, 7:12:3]
    f_lvl = torch.clamp(state[:, 8:12:3], min=0.0)

    # [N, agent, food]
    dist = torch.abs(a_row.unsqueeze(2) - f_row.unsqueeze(1)) + torch.abs(a_col.unsqueeze(2) - f_col.unsqueeze(1))
    steps = torch.clamp(dist - 1.0, min=0.0)
    value = f_lvl.unsqueeze(1)

    # worth of each agent alone, and its Shapley value where one agent is enough
    able = (a_lvl.unsqueeze(2) + 0.01 >= value).to(state.dtype)
    alone = value * able * torch.exp(-0.15 * steps)
    best = torch.amax(alone, dim=1)
    other = torch.flip(alone, [1])
    solo = 0.5 * alone + 0.5 * (best.unsqueeze(1) - other)

    # what only both together can harvest, when the later one has arrived
    team_able = (a_lvl.sum(dim=1, keepdim=True) + 0.01 >= f_lvl).to(state.dtype)
    joint = f_lvl * team_able * torch.exp(-0.15 * torch.amax(steps, dim=1))
    surplus = torch.clamp(joint - best, min=0.0)
    later = torch.softmax(steps / 8.0, dim=1)

    phi = (solo + surplus.unsqueeze(1) * later).sum(dim=2)
    phi = torch.clamp(phi, min=0.0)

    share = (phi + 0.1) / (phi.sum(dim=1, keepdim=True) + 0.2)
    w = 0.4 + 1.2 * share
    b = torch.zeros_like(state[:, 0:1])
    return w, b
