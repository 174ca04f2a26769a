def credit_weights(state):
    """Credits both agents equally (1 each), because the payoff matrix is symmetric
    and the state, a step marker only, holds nothing that tells the agents apart."""
    n = state.size(0)
    w = torch.ones([n, 2], dtype=state.dtype, device=state.device)
    b = torch.zeros([n, 1], dtype=state.dtype, device=state.device)
    return w, b
