def credit_weights(state):
    """Credits each agent with its Shapley value in eating the remaining foods, where an agent counts for a food
    the more the nearer it is and the more its level is needed there, because near and pivotal agents decide the return;
    nearness decays slowly, so that foods that need several agents still count before the agents have gathered."""
    agent_row = state[:, 0:9:3]
    agent_col = state[:, 1:9:3]
    agent_level = state[:, 2:9:3]
    food_row = state[:, 9:18:3]
    food_col = state[:, 10:18:3]
    food_level = state[:, 11:18:3]

    present = (food_level > 0.5).float()
    total = (food_level * present).sum(dim=1, keepdim=True).clamp(min=1.0)
    value = food_level * present / total

    # steps that each agent needs to stand next to each food: [N, agent, food]
    dist = (agent_row.unsqueeze(2) - food_row.unsqueeze(1)).abs() + (agent_col.unsqueeze(2) - food_col.unsqueeze(1)).abs()
    steps = (dist - 1.0).clamp(min=0.0)
    near = 0.95 * torch.exp(-steps / 8.0)

    p0 = near[:, 0, :]
    p1 = near[:, 1, :]
    p2 = near[:, 2, :]
    q0 = 1.0 - p0
    q1 = 1.0 - p1
    q2 = 1.0 - p2

    l0 = agent_level[:, 0:1]
    l1 = agent_level[:, 1:2]
    l2 = agent_level[:, 2:3]

    # which groups are strong enough for each food: [N, food]
    c0 = (l0 + 0.01 >= food_level).float()
    c1 = (l1 + 0.01 >= food_level).float()
    c2 = (l2 + 0.01 >= food_level).float()
    c01 = (l0 + l1 + 0.01 >= food_level).float()
    c02 = (l0 + l2 + 0.01 >= food_level).float()
    c12 = (l1 + l2 + 0.01 >= food_level).float()
    c012 = (l0 + l1 + l2 + 0.01 >= food_level).float()

    # chance that each group eats the food, its members being available independently
    f0 = p0 * c0
    f1 = p1 * c1
    f2 = p2 * c2
    f01 = p0 * q1 * c0 + q0 * p1 * c1 + p0 * p1 * c01
    f02 = p0 * q2 * c0 + q0 * p2 * c2 + p0 * p2 * c02
    f12 = p1 * q2 * c1 + q1 * p2 * c2 + p1 * p2 * c12
    f012 = (p0 * q1 * q2 * c0 + q0 * p1 * q2 * c1 + q0 * q1 * p2 * c2
            + p0 * p1 * q2 * c01 + p0 * q1 * p2 * c02 + q0 * p1 * p2 * c12
            + p0 * p1 * p2 * c012)

    # Shapley values for three agents, per food
    s0 = f0 / 3.0 + (f01 - f1) / 6.0 + (f02 - f2) / 6.0 + (f012 - f12) / 3.0
    s1 = f1 / 3.0 + (f01 - f0) / 6.0 + (f12 - f2) / 6.0 + (f012 - f02) / 3.0
    s2 = f2 / 3.0 + (f02 - f0) / 6.0 + (f12 - f1) / 6.0 + (f012 - f01) / 3.0

    shapley = torch.stack([(s0 * value).sum(dim=1), (s1 * value).sum(dim=1), (s2 * value).sum(dim=1)], dim=1)
    shapley = shapley.clamp(min=0.0)

    # smoothed shares, with a floor under every credit; the mean over agents is 1
    eps = 0.03
    share = (shapley + eps) / (shapley.sum(dim=1, keepdim=True) + 3.0 * eps)
    w = 0.4 + 1.8 * share
    b = torch.zeros_like(state[:, 0:1])
    return w, b
