def credit_weights(state):
    """Credits both agents equally in every state: the penalty table is symmetric and both act at once, so each decides the same part of the return."""
    w = torch.ones_like(state[:, 0:2])
    b = torch.zeros_like(state[:, 0:1])
    return w, b
