def credit_weights(state):
    """Credits both agents equally in every state: the payoffs are symmetric in the two agents and
    the state (only the step) holds nothing that tells one agent's influence on the return from the other's."""
    n = state.size(0)
    w = torch.ones([n, 2], dtype=state.dtype, device=state.device)
    b = torch.zeros([n, 1], dtype=state.dtype, device=state.device)
    return w, b
