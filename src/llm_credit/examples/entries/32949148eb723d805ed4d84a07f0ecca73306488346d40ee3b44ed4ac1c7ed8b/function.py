def credit_weights(state):
    """Credits both agents equally in every state: the payoff matrix is symmetric in the two agents
    and the state only marks the step, so neither agent decides more of the return than the other."""
    n = state.size(0)
    w = torch.ones([n, 2], dtype=state.dtype, device=state.device)
    b = torch.zeros([n, 1], dtype=state.dtype, device=state.device)
    return w, b
