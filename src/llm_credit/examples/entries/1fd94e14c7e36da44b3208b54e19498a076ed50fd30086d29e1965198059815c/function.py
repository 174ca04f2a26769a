def credit_weights(state):
    """Credits each agent for the attainable food it can take, by food level and nearness, relative to what the pair can take:
    food it can lift alone counts by its own distance, food that needs both counts equally for both,
    because whoever is close and strong enough decides the return."""
    a_row = state[:, 0:6:3]                          # [N, agents]
    a_col = state[:, 1:6:3]
    a_lev = state[:, 2:6:3].clamp(min=0.0)
    f_row = state[:, 6:12:3]                         # [N, foods]
    f_col = state[:, 7:12:3]
    f_lev = state[:, 8:12:3].clamp(min=0.0)

    # steps until the agent stands next to the food: [N, agents, foods]
    d_row = (a_row.unsqueeze(2) - f_row.unsqueeze(1)).abs()
    d_col = (a_col.unsqueeze(2) - f_col.unsqueeze(1)).abs()
    steps = (d_row + d_col - 1.0).clamp(min=0.0)
    near = torch.exp(-steps / 4.0)
    # for a joint food the farther agent sets the pace, and both are needed
    near_joint = near.amin(dim=1, keepdim=True).expand_as(near)

    # who is strong enough
    solo = (a_lev.unsqueeze(2) + 0.0001 >= f_lev.unsqueeze(1)).float()       # [N, agents, foods]
    any_solo = solo.amax(dim=1, keepdim=True)                                # [N, 1, foods]
    team_can = (a_lev.sum(dim=1, keepdim=True) + 0.0001 >= f_lev).float()    # [N, foods]
    joint = (1.0 - any_solo) * team_can.unsqueeze(1)                         # only the pair can take it
    helper = any_solo * (1.0 - solo)                                         # the other can take it without this agent

    # share of each food in what the team can still gain; eaten or unliftable food has none
    present = (f_lev > 0.0001).float()
    worth = f_lev * present * team_can                                       # [N, foods]
    value = worth / worth.sum(dim=1, keepdim=True).clamp(min=0.0001)

    part = solo * near + joint * near_joint + 0.2 * helper * near            # [N, agents, foods]
    score = (value.unsqueeze(1) * part).sum(dim=2)                           # [N, agents]

    # what the pair can take: the better part for each food
    pair = part.amax(dim=1)                                                  # [N, foods]
    v12 = (value * pair).sum(dim=1, keepdim=True)                            # [N, 1]

    # moderate contrast, bounded
    diff = score[:, 0:1] - score[:, 1:2]
    tilt = (0.6 * diff / (v12 + 0.05).clamp(min=0.05)).clamp(min=-0.6, max=0.6)
    w = torch.cat([1.0 + tilt, 1.0 - tilt], dim=1)
    b = torch.zeros_like(v12)
    return w, b
