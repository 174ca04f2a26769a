def credit_weights(state):
    """Credits the later arrival: the agent with more steps left, relative to the walk still ahead, to the food where both can meet soonest, because a food needs both agents at once and the last to arrive decides when it is eaten. Credits are equal when both are equally far or no food is left."""
    # foods, [N, 2] over foods; an eaten food (or a row of padding) has level 0
    food_row = torch.stack([state[:, 6], state[:, 9]], dim=1)
    food_col = torch.stack([state[:, 7], state[:, 10]], dim=1)
    food_level = torch.stack([state[:, 8], state[:, 11]], dim=1)
    present = food_level > 0.5

    # steps left for each agent to stand beside each food
    d0 = (food_row - state[:, 0:1]).abs() + (food_col - state[:, 1:2]).abs()
    d1 = (food_row - state[:, 3:4]).abs() + (food_col - state[:, 4:5]).abs()
    d0 = (d0 - 1.0).clamp(min=0.0)
    d1 = (d1 - 1.0).clamp(min=0.0)

    # meeting time at each food, with the earlier arrival as a mild tie-breaker
    later = torch.maximum(d0, d1)
    cost = later + 0.25 * torch.minimum(d0, d1)

    # soft choice of the common target among the foods left; all 0 when none is left
    logits = torch.where(present, -cost / 2.0, torch.full_like(cost, -10000.0))
    target = torch.softmax(logits, dim=1) * present.float()

    # relative slack: positive when agent 0 is the later one
    slack = (d0 - d1) / (later + 3.0).clamp(min=3.0)
    tilt = 0.4 * torch.tanh(1.5 * (target * slack).sum(dim=1))

    w = torch.stack([1.0 + tilt, 1.0 - tilt], dim=1)
    b = torch.zeros_like(state[:, 0:1])
    return w, b
