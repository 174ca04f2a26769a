def credit_weights(state):
    """Credits the bottleneck agent: both agents must load together, so the one with more steps left to the food
    that the pair can reach soonest decides the return, and gets moderately more credit; equal when both are as near."""
    n = state.shape[0]

    # positions
    agent_row = torch.stack([state[:, 0], state[:, 3]], dim=1)      # [N, 2]
    agent_col = torch.stack([state[:, 1], state[:, 4]], dim=1)
    food_row = torch.stack([state[:, 6], state[:, 9]], dim=1)       # [N, 2]
    food_col = torch.stack([state[:, 7], state[:, 10]], dim=1)
    food_level = torch.stack([state[:, 8], state[:, 11]], dim=1)
    present = (food_level > 0.5).float()                            # [N, foods]

    # steps until agent i stands next to food f: [N, agents, foods]
    dist = torch.abs(agent_row.unsqueeze(2) - food_row.unsqueeze(1)) + torch.abs(agent_col.unsqueeze(2) - food_col.unsqueeze(1))
    steps = torch.clamp(dist - 1.0, min=0.0)

    # how soon the pair can eat each food: the later arrival counts most
    cost = steps.amax(dim=1) + 0.25 * steps.sum(dim=1)              # [N, foods]
    score = torch.where(present > 0.5, -cost / 1.5, torch.full_like(cost, -10000.0))
    choice = torch.softmax(score, dim=1) * present                  # zero where no food is left

    # who is behind at the chosen food
    gap = ((steps[:, 0] - steps[:, 1]) * choice).sum(dim=1)         # > 0: agent 0 is farther
    tilt = 0.4 * torch.tanh(gap / 4.0)

    w = torch.stack([1.0 + tilt, 1.0 - tilt], dim=1)
    b = torch.zeros(n, 1, dtype=state.dtype, device=state.device)
    return w, b
