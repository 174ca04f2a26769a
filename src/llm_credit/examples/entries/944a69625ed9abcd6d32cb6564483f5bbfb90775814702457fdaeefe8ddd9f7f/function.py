def credit_weights(state):
    """Credits both agents equally: the one-step payoff is decided jointly, a deviation from the
    best joint action costs the same whoever makes it, and the state does not tell the agents apart."""
    n = state.shape[0]
    w = torch.ones((n, 2), dtype=state.dtype, device=state.device)
    b = torch.zeros((n, 1), dtype=state.dtype, device=state.device)
    return w, b
