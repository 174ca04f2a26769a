def credit_weights(state):
    """Credits the late agent at the food that the pair can eat soonest, because the other one can only wait there until it comes.
    The contrast fades while both are still far away, where both must search, and never exceeds 0.4."""
    n = state.size(0)
    a_row = torch.stack([state[:, 0], state[:, 3]], dim=1)
    a_col = torch.stack([state[:, 1], state[:, 4]], dim=1)
    f_row = torch.stack([state[:, 6], state[:, 9]], dim=1)
    f_col = torch.stack([state[:, 7], state[:, 10]], dim=1)
    f_lev = torch.stack([state[:, 8], state[:, 11]], dim=1)
    present = f_lev > 0.5
    dist = (a_row.unsqueeze(2) - f_row.unsqueeze(1)).abs() + (a_col.unsqueeze(2) - f_col.unsqueeze(1)).abs()
    steps = (dist - 1.0).clamp(min=0.0)
    arrival = steps.amax(dim=1) + 0.3 * steps.sum(dim=1)
    appeal = torch.where(present, -0.8 * arrival, torch.full_like(arrival, -1000.0))
    p = torch.softmax(appeal, dim=1) * present.float()
    lag = (steps * p.unsqueeze(1)).sum(dim=2)
    first = lag.amin(dim=1)
    waiting = torch.exp(-first / 4.0)
    tilt = 0.4 * waiting * torch.tanh((lag[:, 0] - lag[:, 1]) / 2.5)
    w = torch.stack([1.0 + tilt, 1.0 - tilt], dim=1)
    b = torch.zeros(n, 1, device=state.device, dtype=state.dtype)
    return w, b
