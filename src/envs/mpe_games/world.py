"""The physics of ``mpe2`` in plain Python numbers: the package's rules, several times as fast for a few bodies.

Forces, damping, contact and speed limits are computed in the package's own order, so that a trajectory equals the
package's (tested). Who is where at the start of an episode is drawn by the package itself.

Legend: E entities (agents, then landmarks), A agents of the world (of the team and of the other side).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

DEFAULT_PUSH = 5.0  # force of a push of an agent for which the package sets no ``accel``
UNDERFLOW = 746.0  # exp(-746) is 0 in double precision: so far apart there is no contact force at all


class _Pair(NamedTuple):
    """Two entities that push each other apart when they touch."""

    a: int
    b: int
    touch: float  # distance at which they touch
    push_a: bool
    push_b: bool


class World:
    """Positions and velocities of a world of the package.

    x, y: positions of the E entities. vx, vy: velocities of the A agents. They are replaced, never changed in place.
    package: the package's world, of which sizes, masses and limits are taken, and which draws the start of an episode.
    """

    def __init__(self, package: Any) -> None:
        self.package = package
        entities = package.entities
        self.n_agents, self.n_entities = len(package.agents), len(entities)
        self.sizes = [float(e.size) for e in entities]
        self.moves = [bool(a.movable) for a in package.agents]
        self.push = [float(DEFAULT_PUSH if a.accel is None else a.accel) for a in package.agents]
        self.max_speed = [None if a.max_speed is None else float(a.max_speed) for a in package.agents]
        self.collides = [bool(e.collide) for e in entities]
        self.dt, self.damping = float(package.dt), float(package.damping)
        self.contact_force, self.margin = float(package.contact_force), float(package.contact_margin)
        self._mass = [float(a.mass) for a in package.agents]
        self._pairs = [
            _Pair(a, b, self.sizes[a] + self.sizes[b], entities[a].movable, entities[b].movable)
            for a in range(self.n_entities)
            for b in range(a + 1, self.n_entities)
            if self.collides[a] and self.collides[b] and (entities[a].movable or entities[b].movable)
        ]
        self.load()

    def load(self) -> None:
        """Takes positions and velocities from the package's world."""
        places = [e.state._p_pos for e in self.package.entities]  # None before the package's first draw
        speeds = [a.state._p_vel for a in self.package.agents]
        self.x = [0.0 if p is None else float(p[0]) for p in places]
        self.y = [0.0 if p is None else float(p[1]) for p in places]
        self.vx = [0.0 if v is None else float(v[0]) for v in speeds]
        self.vy = [0.0 if v is None else float(v[1]) for v in speeds]

    def step(self, pushes: Sequence[tuple[float, float]]) -> None:
        """One step of ``dt`` seconds; ``pushes``: the direction of every agent's own push, A times ``(x, y)``."""
        fx = [p[0] * push for p, push in zip(pushes, self.push, strict=True)]
        fy = [p[1] * push for p, push in zip(pushes, self.push, strict=True)]
        self._add_contacts(fx, fy)
        self._integrate(fx, fy)

    def _add_contacts(self, fx: list[float], fy: list[float]) -> None:
        x, y, k, strength, n_agents = self.x, self.y, self.margin, self.contact_force, self.n_agents
        for a, b, touch, push_a, push_b in self._pairs:
            dx, dy = x[a] - x[b], y[a] - y[b]
            distance = math.sqrt(dx * dx + dy * dy)
            z = (touch - distance) / k
            if z < -UNDERFLOW or distance == 0.0:  # in one spot there is no direction; the package makes NaN of it
                continue
            depth = (math.log1p(math.exp(z)) if z <= 0 else z + math.log1p(math.exp(-z))) * k
            gx, gy = strength * dx / distance * depth, strength * dy / distance * depth
            if push_a and a < n_agents:
                fx[a], fy[a] = gx + fx[a], gy + fy[a]
            if push_b and b < n_agents:
                fx[b], fy[b] = fx[b] - gx, fy[b] - gy

    def _integrate(self, fx: list[float], fy: list[float]) -> None:
        x, y, vx, vy, dt, keep = list(self.x), list(self.y), list(self.vx), list(self.vy), self.dt, 1 - self.damping
        for i, moves in enumerate(self.moves):
            if not moves:
                continue
            x[i] += vx[i] * dt
            y[i] += vy[i] * dt
            u, v = vx[i] * keep + fx[i] / self._mass[i] * dt, vy[i] * keep + fy[i] / self._mass[i] * dt
            limit = self.max_speed[i]
            if limit is not None:
                speed = math.sqrt(u * u + v * v)
                if speed > limit:
                    u, v = u / speed * limit, v / speed * limit
            vx[i], vy[i] = u, v
        self.x, self.y, self.vx, self.vy = x, y, vx, vy

    def distance(self, a: int, b: int) -> float:
        """Between the centres of two entities."""
        dx, dy = self.x[a] - self.x[b], self.y[a] - self.y[b]
        return math.sqrt(dx * dx + dy * dy)

    def touching(self, a: int, b: int) -> bool:
        return self.distance(a, b) < self.sizes[a] + self.sizes[b]


class Reach(NamedTuple):
    """How fast and how far an agent can come within an episode, per axis.

    exact: the physics allows no more. Where False (agents that collide and have no speed limit), a crowd could throw
    an agent further: the speed is what own pushes and two collisions of full depth at once give, the position what own
    pushes and one such collision give.
    """

    speed: float
    position: tuple[float, ...]  # largest coordinate after 0, 1, ... steps
    exact: bool


def reach_of(world: World, agent: int, steps: int) -> Reach:
    """The package starts agents within [-1, 1], at rest."""
    if not world.moves[agent]:
        return Reach(0.0, (1.0,) * (steps + 1), True)
    limit, keep = world.max_speed[agent], 1 - world.damping
    own = world.push[agent] * world.dt
    others = [b for b in range(world.n_agents) if b != agent and world.collides[b] and world.collides[agent]]
    knock = 0.0  # speed gained from one contact of full depth
    if others and limit is None:
        knock = world.contact_force * world.dt * max(world.sizes[agent] + world.sizes[b] for b in others)
    speed, position = 0.0, [1.0 + knock * world.dt / world.damping]
    for _ in range(steps):
        position.append(position[-1] + speed * world.dt)
        speed = speed * keep + own
        if limit is not None:  # a collision may bring an agent to its limit at once
            speed = limit if world.collides[agent] else min(speed, limit)
    return Reach(speed + 2 * knock, tuple(position), not knock)
