def credit_weights(state):
    """Credits each agent in proportion to the spread of the payoff that its own choice causes, averaged over
    its partner's choice: agent 0's choice decides slightly more before acting, and credits are equal otherwise."""
    before = torch.clamp(state[:, 0:1], min=0.0, max=1.0)
    shift = 0.165 * before
    w = torch.cat([1.0 + shift, 1.0 - shift], dim=1)
    b = torch.zeros_like(before)
    return w, b
