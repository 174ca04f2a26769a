def credit_weights(state):
    """Credits both agents equally in every state: the payoff table is symmetric and the agents act at once, so neither decides more of the return."""
    w = torch.ones_like(state[:, 0:2])
    b = torch.zeros_like(state[:, 0:1])
    return w, b
