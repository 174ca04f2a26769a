def credit_weights(state):
    """Credits the bottleneck: the agent that needs more steps to the food where both can meet soonest, since
    a food needs both and its arrival decides the return; equal when both have arrived or are equally far."""
    agent_row = torch.stack([state[:, 0], state[:, 3]], dim=1)
    agent_col = torch.stack([state[:, 1], state[:, 4]], dim=1)
    food_row = torch.stack([state[:, 6], state[:, 9]], dim=1)
    food_col = torch.stack([state[:, 7], state[:, 10]], dim=1)
    food_level = torch.stack([state[:, 8], state[:, 11]], dim=1)

    dist = torch.abs(agent_row.unsqueeze(2) - food_row.unsqueeze(1)) + torch.abs(agent_col.unsqueeze(2) - food_col.unsqueeze(1))
    steps = torch.clamp(dist - 1.0, min=0.0)

    # time until both can be at food j is the later arrival
    present = food_level > 0.5
    meet = torch.amax(steps, dim=1)
    logits = torch.where(present, -meet, torch.full_like(meet, -1000.0))
    target = torch.softmax(logits, dim=1)
    some_food = torch.clamp(present.float().sum(dim=1), max=1.0)

    # signed lag of agent 0 behind agent 1 at the common target
    lag = ((steps[:, 0, :] - steps[:, 1, :]) * target).sum(dim=1) * some_food
    tilt = 0.5 * torch.tanh(lag / 4.0)

    w = torch.stack([1.0 + tilt, 1.0 - tilt], dim=1)
    b = torch.zeros_like(state[:, 0:1])
    return w, b
