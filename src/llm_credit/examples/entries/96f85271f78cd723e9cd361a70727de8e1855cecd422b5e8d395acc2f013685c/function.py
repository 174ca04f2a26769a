def credit_weights(state):
    """Credits the agent that is further from the food where both can meet soonest, the more so when its partner is
    already in place, since a food is eaten only when the later agent is there; equal when both are equally far."""
    ar = torch.stack([state[:, 0], state[:, 3]], dim=1)
    ac = torch.stack([state[:, 1], state[:, 4]], dim=1)
    fr = torch.stack([state[:, 6], state[:, 9]], dim=1)
    fc = torch.stack([state[:, 7], state[:, 10]], dim=1)
    fl = torch.stack([state[:, 8], state[:, 11]], dim=1)
    alive = (fl > 0.5).float()

    # steps that agent i needs until it stands next to food j: [N, agents, foods]
    dist = torch.abs(ar.unsqueeze(2) - fr.unsqueeze(1)) + torch.abs(ac.unsqueeze(2) - fc.unsqueeze(1))
    steps = torch.clamp(dist - 1.0, min=0.0)

    # the food where the later agent arrives soonest is the likely meeting place
    arrival = torch.amax(steps, dim=1)
    choice = torch.exp(-arrival) * alive
    choice = choice / torch.clamp(torch.sum(choice, dim=1, keepdim=True), min=1e-8)

    # steps of each agent to the meeting place, 0 for both when no food is left
    need = torch.sum(steps * choice.unsqueeze(1), dim=2)
    gap = torch.tanh((need[:, 0] - need[:, 1]) / 4.0)
    # a partner that is already in place makes the other one decisive
    ready = torch.exp(-torch.amin(need, dim=1))
    delta = gap * (0.3 + 0.15 * ready)
    w = torch.stack([1.0 + delta, 1.0 - delta], dim=1)
    b = torch.zeros_like(state[:, 0:1])
    return w, b
