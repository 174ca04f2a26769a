def credit_weights(state):
    """Credits the agent the team waits for: both must stand beside the same food to eat it, so the one with the
    longer walk to the food where they can meet soonest decides the return, the more so the less walking is left
    in all; equal walks, or no food left, give equal credit."""
    a_row = torch.stack([state[:, 0], state[:, 3]], dim=1)      # [N, 2] agents
    a_col = torch.stack([state[:, 1], state[:, 4]], dim=1)
    f_row = torch.stack([state[:, 6], state[:, 9]], dim=1)      # [N, 2] foods
    f_col = torch.stack([state[:, 7], state[:, 10]], dim=1)
    f_lev = torch.stack([state[:, 8], state[:, 11]], dim=1)
    present = (f_lev > 0.5).float()                             # [N, 2] foods still there

    # steps from each agent to a cell beside each food: [N, agent, food]
    d_row = torch.abs(a_row.unsqueeze(2) - f_row.unsqueeze(1))
    d_col = torch.abs(a_col.unsqueeze(2) - f_col.unsqueeze(1))
    steps = torch.clamp(d_row + d_col - 1.0, min=0.0)
    steps0 = steps[:, 0, :]                                     # [N, food]
    steps1 = steps[:, 1, :]
    total = steps0 + steps1

    # soft choice of the food where the team can meet soonest
    meet = torch.maximum(steps0, steps1) + 0.25 * total
    logits = torch.where(present > 0.5, -meet / 1.5, torch.full_like(meet, -10000.0))
    p = torch.softmax(logits, dim=1) * present                  # zero where no food is left

    # gap relative to the walking that is left, per food; positive: the team waits for agent 0.
    # The divisor is at least 3, which keeps a one-step difference beside the food mild.
    rel = (steps0 - steps1) / (3.0 + total)                     # [N, food]
    gap = (p * rel).sum(dim=1, keepdim=True)                    # [N, 1]
    tilt = 0.4 * torch.tanh(2.0 * gap)

    w = torch.cat([1.0 + tilt, 1.0 - tilt], dim=1)
    b = torch.zeros_like(tilt)
    return w, b
