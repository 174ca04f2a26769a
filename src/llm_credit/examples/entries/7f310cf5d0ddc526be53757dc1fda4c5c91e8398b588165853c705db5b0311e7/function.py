def credit_weights(state):
    """Credits the agent whose lost steps are expected to delay most the moment at which both stand on distinct cells
    beside the food, since the forced joint load waits for that agent's walk; the tilt is damped once, by the larger
    of two doubts: both are still far from the food, or the meal is so near that it depends on both."""
    dr = torch.tensor([-1.0, 1.0, 0.0, 0.0], dtype=state.dtype, device=state.device).unsqueeze(0)
    dc = torch.tensor([0.0, 0.0, -1.0, 1.0], dtype=state.dtype, device=state.device).unsqueeze(0)
    same = 50.0 * torch.eye(4, dtype=state.dtype, device=state.device).unsqueeze(0)

    fr = state[:, 6:7]
    fc = state[:, 7:8]
    present = (state[:, 8:9] > 0.5) & (fr > -0.5) & (fc > -0.5)

    # loading cells outside the grid cannot be used
    cell_r = fr + dr
    cell_c = fc + dc
    outside = (cell_r < -0.5) | (cell_r > 4.5) | (cell_c < -0.5) | (cell_c > 4.5)
    closed = 20.0 * outside.to(state.dtype)

    # agent positions relative to the food
    r0 = state[:, 0:1] - fr
    c0 = state[:, 1:2] - fc
    r1 = state[:, 3:4] - fr
    c1 = state[:, 4:5] - fc

    # walking distance to each of the four loading cells, two more steps if the food is straight in the way
    block0 = ((r0 * dr + c0 * dc) < -0.5) & ((r0 * dc - c0 * dr).abs() < 0.5)
    block1 = ((r1 * dr + c1 * dc) < -0.5) & ((r1 * dc - c1 * dr).abs() < 0.5)
    d0 = (r0 - dr).abs() + (c0 - dc).abs() + 2.0 * block0.to(state.dtype) + closed
    d1 = (r1 - dr).abs() + (c1 - dc).abs() + 2.0 * block1.to(state.dtype) + closed

    # all pairs of loading cells: agent 0 takes the row, agent 1 the column, never the same cell
    p0 = d0.unsqueeze(2) + torch.zeros_like(same)
    p1 = d1.unsqueeze(1) + torch.zeros_like(same)

    # earliest step at which both stand on different loading cells
    t = (torch.maximum(p0, p1) + same).amin(dim=2).amin(dim=1, keepdim=True)

    # expected delay of the meal per step that an agent loses: 1, 2, 3, 4 lost steps, chances 0.4, 0.3, 0.2, 0.1
    crit0 = torch.zeros_like(t)
    crit1 = torch.zeros_like(t)
    for k in range(4):
        lost = float(k + 1)
        chance = 0.1 * float(4 - k)
        t0 = (torch.maximum(p0 + lost, p1) + same).amin(dim=2).amin(dim=1, keepdim=True)
        t1 = (torch.maximum(p0, p1 + lost) + same).amin(dim=2).amin(dim=1, keepdim=True)
        crit0 = crit0 + (t0 - t) * (chance / lost)
        crit1 = crit1 + (t1 - t) * (chance / lost)
    crit0 = crit0.clamp(0.0, 1.0)
    crit1 = crit1.clamp(0.0, 1.0)

    # how settled it is who is late: 1 once an agent is beside the food, less while both still walk
    nearest = torch.minimum(d0.amin(dim=1, keepdim=True), d1.amin(dim=1, keepdim=True))
    settled = 1.0 / (1.0 + 0.15 * nearest).clamp_min(1.0)

    # the last steps before the joint load depend on both: 1/2 at t = 1, 3/4 at t = 2, 7/8 at t = 3
    slack = 1.0 - torch.exp(-0.693147 * t.clamp_min(0.0))

    # one damping, not two: both keep the earlier agent learning
    damp = torch.minimum(settled, slack)

    # log ratio of the two credits
    tilt = damp * (torch.log(crit0 + 0.6) - torch.log(crit1 + 0.6))
    tilt = torch.where(present, tilt, torch.zeros_like(tilt))
    w = 2.0 * torch.sigmoid(torch.cat([tilt, -tilt], dim=1))
    b = torch.zeros_like(t)
    return w, b
