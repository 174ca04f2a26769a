def credit_weights(state):
    """Credits each agent with its normalized Shapley share in eating each remaining food as early as possible,
    mixed over foods by level share and closeness, because near agents and agents whose level is needed decide
    whether and when food is eaten, at any distance from it."""
    agents = state[:, 0:12].reshape(-1, 4, 3)
    foods = state[:, 12:21].reshape(-1, 3, 3)
    a_row = agents[:, :, 0]
    a_col = agents[:, :, 1]
    a_lev = agents[:, :, 2]
    f_row = foods[:, :, 0]
    f_col = foods[:, :, 1]
    f_lev = foods[:, :, 2]

    present = f_lev > 0.5                                             # [N, 3]
    f_lev = torch.where(present, f_lev, torch.zeros_like(f_lev))
    share = f_lev / f_lev.sum(dim=1, keepdim=True).clamp(min=1.0)     # [N, 3]

    # steps until an agent stands next to a food: [N, 3 foods, 4 agents]
    dist = (f_row.unsqueeze(2) - a_row.unsqueeze(1)).abs() + (f_col.unsqueeze(2) - a_col.unsqueeze(1)).abs()
    dist = (dist - 1.0).clamp(min=0.0)
    disc = torch.exp(-dist / 5.0)

    # all coalitions: [16, 4]
    member = torch.tensor([
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
        [1.0, 1.0, 1.0, 1.0]], dtype=torch.float32, device=state.device)
    # Shapley coefficients by coalition size, for members and for non-members
    c_in = torch.tensor([
        [0.0], [0.25], [0.25], [0.0833333333],
        [0.25], [0.0833333333], [0.0833333333], [0.0833333333],
        [0.25], [0.0833333333], [0.0833333333], [0.0833333333],
        [0.0833333333], [0.0833333333], [0.0833333333], [0.25]], dtype=torch.float32, device=state.device)
    c_out = torch.tensor([
        [0.25], [0.0833333333], [0.0833333333], [0.0833333333],
        [0.0833333333], [0.0833333333], [0.0833333333], [0.25],
        [0.0833333333], [0.0833333333], [0.0833333333], [0.25],
        [0.0833333333], [0.25], [0.25], [0.0]], dtype=torch.float32, device=state.device)
    coef = member * c_in - (1.0 - member) * c_out                     # [16, 4]
    member_t = member.t()                                             # [4, 16]

    # level that a coalition has next to the food by the time agent i arrives: [N, 3, 4 (i), 16]
    by_then = (dist.unsqueeze(2) <= dist.unsqueeze(3)).float()        # [N, 3, i, j]
    arrived = by_then * a_lev.unsqueeze(1).unsqueeze(1)
    strength = torch.matmul(arrived, member_t)
    enough = (strength >= f_lev.unsqueeze(2).unsqueeze(3) - 0.5).float()
    worth = enough * member_t.unsqueeze(0).unsqueeze(0) * disc.unsqueeze(3)
    best = worth.amax(dim=2)                                          # [N, 3, 16]

    # Shapley value of each agent for each food, as a part of what the whole team gets there: [N, 3, 4]
    phi_food = torch.matmul(best, coef).clamp(min=0.0)
    part_food = phi_food / phi_food.sum(dim=2, keepdim=True).clamp(min=0.0001)

    # how much each food counts: its level share, slowly discounted by the time at which the team can eat it
    team = best[:, :, 15]                                             # [N, 3]
    count = share * torch.sqrt(team.clamp(min=0.0))
    count = count / count.sum(dim=1, keepdim=True).clamp(min=0.001)

    phi = (part_food * count.unsqueeze(2)).sum(dim=1)                 # [N, 4]
    phi = phi + 0.1 * phi.mean(dim=1, keepdim=True) + 0.001           # floor relative to the total
    part = phi / phi.sum(dim=1, keepdim=True).clamp(min=0.001)
    w = 0.4 + 0.6 * 4.0 * part
    b = torch.zeros_like(state[:, 0:1])
    return w, b
