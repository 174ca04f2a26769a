def credit_weights(state):
    """Credits the bottleneck of the joint meal: every food needs both agents, so the agent with the longer way to the food
    that the pair can reach together soonest decides more of the return, the more so where it is close enough to see that food; equal distances give equal credit."""
    food_row = torch.stack([state[:, 6], state[:, 9]], dim=1)       # [N, 2]
    food_col = torch.stack([state[:, 7], state[:, 10]], dim=1)      # [N, 2]
    food_level = torch.stack([state[:, 8], state[:, 11]], dim=1)    # [N, 2]
    present = (food_level > 0.5).to(state.dtype)                    # [N, 2]

    row0 = state[:, 0].unsqueeze(1)
    col0 = state[:, 1].unsqueeze(1)
    row1 = state[:, 3].unsqueeze(1)
    col1 = state[:, 4].unsqueeze(1)

    dr0 = torch.abs(food_row - row0)
    dc0 = torch.abs(food_col - col0)
    dr1 = torch.abs(food_row - row1)
    dc1 = torch.abs(food_col - col1)

    # steps that each agent needs until it stands next to each food
    d0 = torch.relu(dr0 + dc0 - 1.0)
    d1 = torch.relu(dr1 + dc1 - 1.0)

    # how well each agent sees each food (sight is 2 rows and 2 columns), softened
    sees0 = torch.sigmoid(1.5 * (3.0 - torch.maximum(dr0, dc0)))
    sees1 = torch.sigmoid(1.5 * (3.0 - torch.maximum(dr1, dc1)))

    # the pair eats when the later one arrives; the sum breaks ties gently
    cost = torch.maximum(d0, d1) + 0.25 * (d0 + d1)
    pull = torch.exp(torch.neg(cost) / 2.0) * present
    total = torch.clamp_min(pull.sum(dim=1, keepdim=True), 0.000001)
    share = pull / total                                            # zeros when no food is left

    # positive: agent 0 is the late one at this food; zero where both are equally far
    diff = d0 - d1
    sees_late = torch.where(diff > 0.0, sees0, sees1)
    lean = torch.tanh(diff / 2.0) * (0.4 + 0.6 * sees_late)         # [N, 2], per food
    tilt = 0.45 * (share * lean).sum(dim=1, keepdim=True)           # [N, 1]

    w = torch.cat([1.0 + tilt, 1.0 - tilt], dim=1)                  # [N, 2], mean 1, within 0.55 to 1.45
    b = torch.zeros_like(tilt)                                      # [N, 1]
    return w, b
