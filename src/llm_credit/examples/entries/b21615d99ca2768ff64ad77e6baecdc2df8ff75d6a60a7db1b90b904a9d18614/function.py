def credit_weights(state):
    """Credits the agent that is the bottleneck: since both agents must load a food together, the one with
    more steps left to the food that the team can reach soonest gets more credit, smoothly and moderately;
    equal distances, both adjacent, or no food left give equal credit."""
    n = state.shape[0]

    def steps_to(i, f):
        dr = torch.abs(state[:, 3 * i] - state[:, 6 + 3 * f])
        dc = torch.abs(state[:, 1 + 3 * i] - state[:, 7 + 3 * f])
        # steps left until the agent stands next to the food
        return torch.clamp(dr + dc - 1.0, min=0.0)

    d0 = torch.stack([steps_to(0, 0), steps_to(0, 1)], dim=1)  # [N, 2 foods]
    d1 = torch.stack([steps_to(1, 0), steps_to(1, 1)], dim=1)

    level = torch.stack([state[:, 8], state[:, 11]], dim=1)
    present = (level > 0.5).float()

    # the team's cost of a food: arrival of the later agent, plus a little for the total walk
    cost = torch.maximum(d0, d1) + 0.25 * (d0 + d1)
    logits = -0.7 * cost - 1000.0 * (1.0 - present)
    p = torch.softmax(logits, dim=1) * present

    # how many more steps agent 0 has left than agent 1 to the likely target
    gap = (p * (d0 - d1)).sum(dim=1)
    tilt = 0.35 * torch.tanh(gap / 3.0)

    w = torch.stack([1.0 + tilt, 1.0 - tilt], dim=1)
    b = torch.zeros(n, 1, dtype=state.dtype, device=state.device)
    return w, b
