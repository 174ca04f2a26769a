"""Skirmish's battle: many fights at once, in ticks of a few game loops in which everything happens at the same time.

Legend: b environments, A agents, E enemies, N = A + E units (agents first), F fields of a unit, k units that shoot.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from envs import skirmish_rules as rules
from envs.skirmish_frame import CD, EN, HP, HP_MAX, QUIET, RADIUS, REACH, SEEN, SH, SH_MAX, SHOTS, SPEED, Frame, X, Y
from envs.smac_units import (
    ENERGY_REGENERATION,
    HEAL_PER_ENERGY,
    HEAL_RATE,
    HEALTH_REGENERATION,
    SHIELD_DELAY,
    SHIELD_REGENERATION,
)

HURT_FIRST = 1e6  # squared cells by which a fellow without a wound seems farther away to a medivac


class Orders(NamedTuple):
    """What the agents of ``b`` fights do in a step.

    target ``[b, A]``: the unit that each attacks or heals, itself for none. to ``[2, b, A]``: where it walks without a
    target, its own place for staying.
    """

    target: np.ndarray
    to: np.ndarray


class Battle:
    """One step of ``b`` fights: changes ``units [F, b, N]`` in place, which must be one piece of memory.

    kind ``[b, N]``. key ``[b]``: what the episodes' chance hangs on; None: a pause after a shot has no chance in it.
    goal ``[2, b]``: where enemies walk that see nobody.
    """

    def __init__(
        self,
        frame: Frame,
        units: np.ndarray,
        kind: np.ndarray,
        key: np.ndarray | None,
        goal: np.ndarray,
        orders: Orders,
    ) -> None:
        f, b, n = units.shape
        a = frame.n_agents
        self.frame, self.u, self.kind, self.key = frame, units, kind, key
        self.flat, self.flat_kind = units.reshape(f, b * n), kind.reshape(b * n)  # the same memory
        self.place = units[X : Y + 1]  # [2, b, N]
        self.rows = (np.arange(b) * n)[:, np.newaxis]  # [b, 1]
        self.target = np.empty((b, n), dtype=np.int64)
        self.target[:, :a] = orders.target
        self.engages = np.empty((b, n), dtype=bool)
        self.engages[:, :a] = attacks = orders.target != frame.own[:a]
        self.to = np.empty((2, b, n))
        self.to[:, :, :a] = orders.to
        self.to[:, :, a:] = goal[:, :, np.newaxis]
        self.walks = np.ones((b, n), dtype=bool)
        self.walks[:, :a] = ~attacks  # whose target is gone stays where it is
        self.armed = rules.ARMED[kind]
        self.heals = rules.ENERGY[kind] > 0 if frame.heals else None
        self.reluctance = self._reluctance()
        self.medics = self._medics() if frame.enemy_heals else None

    def _reluctance(self) -> np.ndarray | None:
        """``[b, E, A]``: how much farther away an agent seems to an enemy than it is; None where it does not.

        What a weapon cannot hit is out of reach; who cannot hit back comes last.
        """
        if self.heals is None:
            return None
        a = self.frame.n_agents
        cannot = ~rules.CAN_HIT[self.kind[:, a:, np.newaxis], self.kind[:, np.newaxis, :a]]
        return np.where(cannot, np.inf, np.where(self.heals[:, np.newaxis, :a], rules.ACQUIRE**2, 0.0))

    def tick(self, loops: float) -> None:
        """Everybody walks or shoots for ``loops`` game loops."""
        u, flat = self.u, self.flat
        alive = u[HP] > 0
        self._enemies_choose(alive)
        at = self.target + self.rows  # [b, N] places in the flat arrays
        seen = flat[:SEEN].take(at, axis=1)  # [X Y HP RADIUS, b, N] of each one's target
        valid = self.engages & alive & (seen[HP] > 0)
        way = np.where(valid, seen[X : Y + 1], self.to) - self.place  # [2, b, N]
        distance = np.sqrt(way[0] * way[0] + way[1] * way[1])
        gap = distance - (u[REACH] + seen[RADIUS]) * valid
        ready = valid & (gap <= rules.TOUCH)
        walk = np.minimum(np.maximum(gap, 0.0), u[SPEED] * loops) * ((valid | self.walks) & alive)
        self.place += way * (walk / np.maximum(distance, rules.TOUCH))
        shooters = (ready & (u[CD] <= 0) & self.armed).ravel().nonzero()[0]
        if self.heals is not None:
            self._heal(ready & self.heals, at, loops)
        if len(shooters):
            self._shoot(shooters, at.ravel()[shooters])
        u[CD] -= loops
        np.maximum(u[CD], ready * -loops, out=u[CD])  # who keeps shooting loses no part of a tick

    def _enemies_choose(self, alive: np.ndarray) -> None:
        """Every enemy takes the nearest living agent that it can hit, a medivac the fellow who needs it."""
        a = self.frame.n_agents
        way = self.place[:, :, np.newaxis, :a] - self.place[:, :, a:, np.newaxis]  # [2, b, E, A]
        way *= way
        far = way[0] + way[1] + np.where(alive[:, np.newaxis, :a], 0.0, np.inf)
        if self.reluctance is None:
            self.target[:, a:] = far.argmin(axis=2)
            self.engages[:, a:] = far.min(axis=2) < self.frame.acquire
            return
        seems = far + self.reluctance
        nearest = seems.argmin(axis=2)  # [b, E]
        real = np.take_along_axis(far, nearest[:, :, np.newaxis], axis=2)[:, :, 0]
        engages = (real < self.frame.acquire) & (seems.min(axis=2) < np.inf)
        if self.medics is not None:
            heals, patient, hurt = self.medics
            nearest, engages = np.where(heals, patient, nearest), np.where(heals, hurt, engages)
        self.target[:, a:], self.engages[:, a:] = nearest, engages

    def _medics(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """What enemy medivacs do in this step: who they are, their patients, whether those are hurt; ``[b, E]`` each.

        A patient is the nearest hurt fellow; with none hurt, a medivac keeps near the nearest one.
        """
        u, a = self.u, self.frame.n_agents
        heals, place = rules.ENERGY[self.kind[:, a:]] > 0, self.place[:, :, a:]
        way = place[:, :, np.newaxis] - place[:, :, :, np.newaxis]  # [2, b, E, E]
        far = way[0] * way[0] + way[1] * way[1]
        whole = np.where(u[HP, :, a:] >= u[HP_MAX, :, a:], HURT_FIRST, 0.0)
        far += np.where((u[HP, :, a:] <= 0) | heals, np.inf, whole)[:, np.newaxis]
        nearest, best = far.argmin(axis=2), far.min(axis=2)  # [b, E]
        away = (best > HURT_FIRST + rules.FOLLOW**2) & (best < np.inf)
        rows = np.arange(len(nearest))[:, np.newaxis]
        follow = np.where(away, place[:, rows, nearest], place)  # its own place: stay
        self.to[:, :, a:] = np.where(heals, follow, self.to[:, :, a:])
        return heals, nearest + a, best < HURT_FIRST

    def _heal(self, able: np.ndarray, at: np.ndarray, loops: float) -> None:
        u, flat = self.u, self.flat
        healers = (able & (u[EN] > 0)).ravel().nonzero()[0]
        if not len(healers):
            return
        patients = at.ravel()[healers]
        missing = flat[HP_MAX, patients] - flat[HP, patients]
        given = np.minimum(np.minimum(HEAL_RATE * loops, flat[EN, healers] * HEAL_PER_ENERGY), missing)
        flat[EN, healers] -= given / HEAL_PER_ENERGY
        flat[HP] += np.bincount(patients, given, minlength=flat.shape[1])
        np.minimum(flat[HP], flat[HP_MAX], out=flat[HP])

    def _shoot(self, shooters: np.ndarray, targets: np.ndarray) -> None:
        """Units ``shooters [k]`` hit units ``targets [k]`` (places in the flat arrays)."""
        flat, kind = self.flat, self.flat_kind
        by = kind[shooters]
        flat[CD, shooters] += rules.COOLDOWN[by] + self._delay(shooters)
        flat[SHOTS, shooters] += 1
        who, whom = self._splash(shooters, targets) if self.frame.splashes else (shooters, targets)
        pair = kind[who], kind[whom]
        self._hurt(whom, rules.ON_SHIELD[pair], rules.ON_HEALTH[pair])
        if self.frame.banelings:
            flat[HP, shooters[rules.BANELING[by]]] = 0.0
        if self.frame.shields:
            flat[SH, flat[HP] <= 0] = 0.0

    def _hurt(self, whom: np.ndarray, on_shield: np.ndarray, on_health: np.ndarray) -> None:
        """Damage of this tick: shields take it first, and what gets through them loses the armor's part."""
        flat, n = self.flat, self.flat.shape[1]
        raw = np.bincount(whom, on_shield, minlength=n)
        net = np.bincount(whom, on_health, minlength=n)
        hit = raw.nonzero()[0]
        raw, net = raw[hit], net[hit]
        if self.frame.shields:
            absorbed = np.minimum(flat[SH, hit], raw)
            flat[SH, hit] -= absorbed
            net *= 1.0 - absorbed / raw
        flat[HP, hit] = np.maximum(flat[HP, hit] - net, 0.0)
        flat[QUIET, hit] = 0.0

    def _splash(self, shooters: np.ndarray, targets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Pairs of shooter and victim: everybody on the target's side near the target of a weapon that splashes."""
        flat, kind, n, a = self.flat, self.flat_kind, self.u.shape[2], self.frame.n_agents
        radius = rules.SPLASH[kind[shooters]]
        area = radius.nonzero()[0]
        if not len(area):
            return shooters, targets
        first = targets[area][:, np.newaxis] // n * n
        near = first + self.frame.own  # [k, N] the units of the same fight
        centre = targets[area][:, np.newaxis]
        dx, dy = flat[X, near] - flat[X, centre], flat[Y, near] - flat[Y, centre]
        reach = radius[area][:, np.newaxis] + flat[RADIUS, near]
        same_side = (self.frame.own < a) == (centre - first < a)
        hit = (dx * dx + dy * dy <= reach * reach) & same_side & ~rules.FLIES[kind[near]]
        hit &= (flat[HP, near] > 0) & (near != centre)
        k, unit = hit.nonzero()
        return np.concatenate([shooters, shooters[area][k]]), np.concatenate([targets, near[k, unit]])

    def _delay(self, shooters: np.ndarray) -> np.ndarray | float:
        """Loops by which this shot's pause is drawn out: a hash of episode, unit and number of the shot."""
        if self.key is None:
            return 0.0
        n = self.u.shape[2]
        unit = (shooters % n).astype(np.uint64)
        shot = self.flat[SHOTS, shooters].astype(np.uint64)
        bits = mix(self.key[shooters // n] + (unit + (shot << np.uint64(16))) * np.uint64(0x9E3779B97F4A7C15))
        return rules.EARLY + (rules.LATE - rules.EARLY) * ((bits >> np.uint64(11)) * 2.0**-53)

    def end_of_step(self, loops: float) -> None:
        """What comes back with time; and units that stand in one another are pushed apart."""
        u, frame = self.u, self.frame
        alive = u[HP] > 0
        if frame.shields:
            u[QUIET] += loops
            grow = alive & (u[QUIET] > SHIELD_DELAY)
            np.minimum(u[SH] + (SHIELD_REGENERATION * loops) * grow, u[SH_MAX], out=u[SH])
        if frame.zerg:
            grow = alive & rules.ZERG[self.kind]
            np.minimum(u[HP] + (HEALTH_REGENERATION * loops) * grow, u[HP_MAX], out=u[HP])
        if self.heals is not None:
            most = rules.ENERGY[self.kind]
            np.minimum(u[EN] + (ENERGY_REGENERATION * loops) * (alive & self.heals), most, out=u[EN])
            alive &= ~self.heals  # they fly
        self._push_apart(alive)

    def _push_apart(self, solid: np.ndarray) -> None:
        place, radius = self.place, self.u[RADIUS]
        way = place[:, :, :, np.newaxis] - place[:, :, np.newaxis]  # [2, b, N, N]
        distance = np.sqrt(way[0] * way[0] + way[1] * way[1])
        overlap = radius[:, :, np.newaxis] + radius[:, np.newaxis] - distance
        close = (overlap > 0) & (solid[:, :, np.newaxis] & solid[:, np.newaxis])
        close[:, self.frame.own, self.frame.own] = False
        if not close.any():
            return
        way *= 0.5 * overlap * close / np.maximum(distance, rules.TOUCH)
        place += way.sum(axis=3)
        rules.keep_inside(place)


def mix(z: np.ndarray) -> np.ndarray:
    """The finalising step of SplitMix64 (Steele, Lea & Flood 2014): uint64 -> well-mixed uint64."""
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))
