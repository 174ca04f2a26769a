def credit_weights(state):
    """Credits each agent with its Shapley share in completing each remaining food soon, the foods mixed by reward and nearness,
    because an agent that is near, strong or pivotal for a food decides more of the return than a replaceable one, however far the food is."""
    agents = state[:, 0:12].reshape(-1, 4, 3)
    foods = state[:, 12:21].reshape(-1, 3, 3)
    a_row = agents[:, :, 0]
    a_col = agents[:, :, 1]
    a_lvl = agents[:, :, 2]
    f_row = foods[:, :, 0]
    f_col = foods[:, :, 1]
    f_lvl = torch.clamp(foods[:, :, 2], min=0.0)

    # share of each remaining food in the reward that is left, 0 for a food that is gone
    there = (f_lvl > 0.5).to(state.dtype)
    f_val = f_lvl * there
    f_share = f_val / torch.clamp(f_val.sum(dim=1, keepdim=True), min=1.0)

    # steps from each agent to a cell beside each food: [N, 3, 4]
    d_row = torch.abs(f_row.unsqueeze(2) - a_row.unsqueeze(1))
    d_col = torch.abs(f_col.unsqueeze(2) - a_col.unsqueeze(1))
    dist = torch.clamp(d_row + d_col - 1.0, min=0.0)
    soon = torch.exp(-dist / 6.0)

    # all coalitions of four agents: [16, 4]
    masks = torch.tensor([
        [0.0, 0.0, 0.0, 0.0],
        [1.0, 0.0, 0.0, 0.0],
        [0.0, 1.0, 0.0, 0.0],
        [1.0, 1.0, 0.0, 0.0],
        [0.0, 0.0, 1.0, 0.0],
        [1.0, 0.0, 1.0, 0.0],
        [0.0, 1.0, 1.0, 0.0],
        [1.0, 1.0, 1.0, 0.0],
        [0.0, 0.0, 0.0, 1.0],
        [1.0, 0.0, 0.0, 1.0],
        [0.0, 1.0, 0.0, 1.0],
        [1.0, 1.0, 0.0, 1.0],
        [0.0, 0.0, 1.0, 1.0],
        [1.0, 0.0, 1.0, 1.0],
        [0.0, 1.0, 1.0, 1.0],
        [1.0, 1.0, 1.0, 1.0],
    ], dtype=state.dtype, device=state.device)

    # Shapley coefficients of the coalitions' worths: [16, 4]
    count = masks.sum(dim=1, keepdim=True)
    quarter = 0.25 * torch.ones_like(count)
    twelfth = torch.ones_like(count) / 12.0
    c_in = torch.where((count < 1.5) | (count > 3.5), quarter, twelfth)
    c_out = torch.where((count < 0.5) | (count > 2.5), quarter, twelfth)
    coef = masks * c_in - (1.0 - masks) * c_out

    # levels of a coalition gathered at a food by the time that agent j arrives: [N, 3, 16, 4]
    near = (dist.unsqueeze(2) <= dist.unsqueeze(3) + 0.25).to(state.dtype)
    arrived = near * a_lvl.unsqueeze(1).unsqueeze(1)
    gathered = torch.matmul(masks, arrived.transpose(2, 3))
    enough = (gathered >= f_lvl.unsqueeze(2).unsqueeze(3) - 0.25).to(state.dtype)
    enough = enough * masks.unsqueeze(0).unsqueeze(0)

    # worth of a coalition at each food: the soonest moment at which it can eat it: [N, 3, 16]
    value = torch.amax(enough * soon.unsqueeze(2), dim=3)
    team = value[:, :, 15]

    # each agent's share of each food, adding up to 1 over agents: [N, 3, 4]
    part = torch.clamp(torch.matmul(value, coef), min=0.0)
    part = part / torch.clamp(team, min=0.001).unsqueeze(2)

    # mix of the foods: reward times a mild discount of the team's soonest completion: [N, 3]
    mix = f_share * torch.sqrt(torch.clamp(team, min=0.0))
    mix = mix / torch.clamp(mix.sum(dim=1, keepdim=True), min=0.001)

    # floor relative to the sum; exactly uniform when no food is left
    s = (part * mix.unsqueeze(2)).sum(dim=1)
    s = torch.clamp(s, min=0.0)
    phi = s + 0.1 * s.sum(dim=1, keepdim=True) / 4.0 + 0.003
    share = phi / torch.clamp(phi.sum(dim=1, keepdim=True), min=0.01)

    w = 0.5 + 0.5 * 4.0 * share
    b = torch.zeros_like(state[:, 0:1])
    return w, b
