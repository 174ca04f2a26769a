def credit_weights(state):
    """Credits an agent for foods it is near to and for which the agents nearer than itself are not yet strong enough.
    Foods count by their level and by how soon the whole team can gather at them, half each; no credit falls under 0.4."""
    n = state.size(0)
    a_row = torch.stack([state[:, 0], state[:, 3], state[:, 6], state[:, 9]], dim=1)
    a_col = torch.stack([state[:, 1], state[:, 4], state[:, 7], state[:, 10]], dim=1)
    a_lev = torch.stack([state[:, 2], state[:, 5], state[:, 8], state[:, 11]], dim=1)
    f_row = torch.stack([state[:, 12], state[:, 15], state[:, 18]], dim=1)
    f_col = torch.stack([state[:, 13], state[:, 16], state[:, 19]], dim=1)
    f_lev = torch.stack([state[:, 14], state[:, 17], state[:, 20]], dim=1)
    present = f_lev > 0.5
    there = present.float()
    dist = (a_row.unsqueeze(2) - f_row.unsqueeze(1)).abs() + (a_col.unsqueeze(2) - f_col.unsqueeze(1)).abs()
    steps = (dist - 1.0).clamp(min=0.0)
    # [N, i, j, food]: softly, is j nearer to the food than i
    nearer = torch.sigmoid(steps.unsqueeze(2) - steps.unsqueeze(1))
    other = (1.0 - torch.eye(4, device=state.device, dtype=state.dtype)).view(1, 4, 4, 1)
    before = (nearer * other * a_lev.view(-1, 1, 4, 1)).sum(dim=2)
    needed = torch.sigmoid(2.0 * (f_lev.unsqueeze(1) - before - 0.5))
    close = torch.exp(-steps / 5.0)
    value = f_lev * there
    value = value / value.sum(dim=1, keepdim=True).clamp(min=1.0)
    strength = a_lev / a_lev.sum(dim=1, keepdim=True).clamp(min=1.0)
    gather_cost = (steps * strength.unsqueeze(2)).sum(dim=1)
    appeal = torch.where(present, 0.3 * f_lev - 0.4 * gather_cost, torch.full_like(gather_cost, -40.0))
    focus = torch.softmax(appeal, dim=1) * there
    importance = 0.5 * value + 0.5 * focus
    score = (needed * close * importance.unsqueeze(1)).sum(dim=2)
    w = 0.4 + 0.6 * 4.0 * torch.softmax(2.5 * score, dim=1)
    b = torch.zeros(n, 1, device=state.device, dtype=state.dtype)
    return w, b
