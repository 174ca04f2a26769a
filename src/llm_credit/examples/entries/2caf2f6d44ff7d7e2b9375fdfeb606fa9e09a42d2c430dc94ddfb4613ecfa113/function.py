def credit_weights(state):
    """Credits both agents equally (1 each) in every state: the payoffs are symmetric
    in the two agents and the state holds only the step, so neither can do more for
    the return than the other."""
    w = torch.ones_like(state[:, 0:2])
    b = torch.zeros_like(state[:, 0:1])
    return w, b
