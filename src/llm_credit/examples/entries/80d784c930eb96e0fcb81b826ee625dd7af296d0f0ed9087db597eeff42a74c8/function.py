def credit_weights(state):
    """Credits each agent by its Shapley value in the discounted food value that groups of agents can reach, where a food counts for a group once its members are strong enough together.
    Pivotal agents get most, interchangeable ones share."""
    n = state.size(0)
    f_row = torch.stack([state[:, 9], state[:, 12], state[:, 15]], dim=1)
    f_col = torch.stack([state[:, 10], state[:, 13], state[:, 16]], dim=1)
    f_lev = torch.stack([state[:, 11], state[:, 14], state[:, 17]], dim=1)
    present = (f_lev > 0.5).float()
    d0 = ((state[:, 0:1] - f_row).abs() + (state[:, 1:2] - f_col).abs() - 1.0).clamp(min=0.0)
    d1 = ((state[:, 3:4] - f_row).abs() + (state[:, 4:5] - f_col).abs() - 1.0).clamp(min=0.0)
    d2 = ((state[:, 6:7] - f_row).abs() + (state[:, 7:8] - f_col).abs() - 1.0).clamp(min=0.0)
    l0 = state[:, 2:3]
    l1 = state[:, 5:6]
    l2 = state[:, 8:9]
    value = f_lev * present
    value = value / value.sum(dim=1, keepdim=True).clamp(min=1.0)
    none = torch.zeros_like(value)
    # discounted value of each food for a group that goes there as a whole
    g0 = torch.where(l0 >= f_lev, torch.exp(-1.2 * d0 / 9.0), none)
    g1 = torch.where(l1 >= f_lev, torch.exp(-1.2 * d1 / 9.0), none)
    g2 = torch.where(l2 >= f_lev, torch.exp(-1.2 * d2 / 9.0), none)
    t01 = torch.maximum(d0, d1) + 0.1 * (d0 + d1)
    t02 = torch.maximum(d0, d2) + 0.1 * (d0 + d2)
    t12 = torch.maximum(d1, d2) + 0.1 * (d1 + d2)
    t012 = torch.maximum(torch.maximum(d0, d1), d2) + 0.2 * (d0 + d1 + d2) / 3.0
    h01 = torch.where(l0 + l1 >= f_lev, torch.exp(-t01 / 9.0), none)
    h02 = torch.where(l0 + l2 >= f_lev, torch.exp(-t02 / 9.0), none)
    h12 = torch.where(l1 + l2 >= f_lev, torch.exp(-t12 / 9.0), none)
    h012 = torch.where(l0 + l1 + l2 >= f_lev, torch.exp(-t012 / 9.0), none)
    # a group may send its best part
    g01 = torch.maximum(h01, torch.maximum(g0, g1))
    g02 = torch.maximum(h02, torch.maximum(g0, g2))
    g12 = torch.maximum(h12, torch.maximum(g1, g2))
    g012 = torch.maximum(torch.maximum(h012, g01), torch.maximum(g02, g12))
    s0 = g0 / 3.0 + (g01 - g1) / 6.0 + (g02 - g2) / 6.0 + (g012 - g12) / 3.0
    s1 = g1 / 3.0 + (g01 - g0) / 6.0 + (g12 - g2) / 6.0 + (g012 - g02) / 3.0
    s2 = g2 / 3.0 + (g02 - g0) / 6.0 + (g12 - g1) / 6.0 + (g012 - g01) / 3.0
    shapley = torch.stack([(value * s0).sum(dim=1), (value * s1).sum(dim=1), (value * s2).sum(dim=1)], dim=1)
    w = 0.4 + 0.6 * 3.0 * torch.softmax(5.0 * shapley, dim=1)
    b = torch.zeros(n, 1, device=state.device, dtype=state.dtype)
    return w, b
