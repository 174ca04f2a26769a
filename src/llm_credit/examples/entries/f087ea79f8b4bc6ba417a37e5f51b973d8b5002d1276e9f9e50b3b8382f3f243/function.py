def credit_weights(state):
    """Credits each agent with its Shapley share of the food that the team can still eat, where a coalition's worth
    is the food's level if its levels suffice, discounted by the distance of its farthest needed member, because
    agents that are near and whose level is needed decide most of the return."""
    agents = state[:, 0:9].reshape(-1, 3, 3)
    foods = state[:, 9:18].reshape(-1, 3, 3)
    a_row = agents[:, :, 0]
    a_col = agents[:, :, 1]
    a_lev = agents[:, :, 2]
    f_row = foods[:, :, 0]
    f_col = foods[:, :, 1]
    f_lev = foods[:, :, 2]

    # foods that are still there, weighted by their share of the remaining levels
    present = (f_lev > 0.5).to(state.dtype)
    worth = f_lev * present
    worth = worth / worth.sum(dim=1, keepdim=True).clamp_min(1.0)

    # closeness of agent i to food f: [N, 3 agents, 3 foods], 1 when next to it
    dist = (a_row.unsqueeze(2) - f_row.unsqueeze(1)).abs() + (a_col.unsqueeze(2) - f_col.unsqueeze(1)).abs()
    steps = (dist - 1.0).clamp_min(0.0)
    near = torch.exp(-steps / 5.0)
    p0 = near[:, 0, :]
    p1 = near[:, 1, :]
    p2 = near[:, 2, :]

    l0 = a_lev[:, 0:1]
    l1 = a_lev[:, 1:2]
    l2 = a_lev[:, 2:3]
    need = f_lev - 0.5

    # value of each coalition for each food: its best subset that is strong enough
    v0 = p0 * (l0 > need).to(state.dtype)
    v1 = p1 * (l1 > need).to(state.dtype)
    v2 = p2 * (l2 > need).to(state.dtype)

    m01 = torch.minimum(p0, p1)
    m02 = torch.minimum(p0, p2)
    m12 = torch.minimum(p1, p2)
    m012 = torch.minimum(m01, p2)

    v01 = torch.maximum(torch.maximum(v0, v1), m01 * ((l0 + l1) > need).to(state.dtype))
    v02 = torch.maximum(torch.maximum(v0, v2), m02 * ((l0 + l2) > need).to(state.dtype))
    v12 = torch.maximum(torch.maximum(v1, v2), m12 * ((l1 + l2) > need).to(state.dtype))
    v012 = torch.maximum(torch.maximum(v01, v02), v12)
    v012 = torch.maximum(v012, m012 * ((l0 + l1 + l2) > need).to(state.dtype))

    # Shapley values per food, summed over foods by worth
    s0 = v0 / 3.0 + (v01 - v1) / 6.0 + (v02 - v2) / 6.0 + (v012 - v12) / 3.0
    s1 = v1 / 3.0 + (v01 - v0) / 6.0 + (v12 - v2) / 6.0 + (v012 - v02) / 3.0
    s2 = v2 / 3.0 + (v02 - v0) / 6.0 + (v12 - v1) / 6.0 + (v012 - v01) / 3.0
    phi = torch.stack([(s0 * worth).sum(dim=1), (s1 * worth).sum(dim=1), (s2 * worth).sum(dim=1)], dim=1)
    phi = phi.clamp_min(0.0) + 0.02

    # shares sum to 1; equal when no food is left
    share = phi / phi.sum(dim=1, keepdim=True).clamp_min(0.01)
    w = 0.4 + 0.6 * 3.0 * share
    b = torch.zeros_like(w[:, 0:1])
    return w, b
