"""What agents and the mixer see of a fight, in SMAC's layout.

Legend: b environments, A agents, E enemies, N = A + E units, U actions, O observation, S state, H unit types with bits.
"""

from __future__ import annotations

import numpy as np

from envs import skirmish_rules as rules
from envs.skirmish_frame import CD, EN, HP, HP_MAX, SH, SH_MAX, Frame, X, Y
from envs.smac_layout import N_HEIGHT, N_NO_ATTACK, N_PATHING, SHOOT, SIGHT, SmacLayout

FLAT = 0.5  # height of the ground
HALF_X, HALF_Y = rules.WIDTH / 2, rules.HEIGHT / 2


class Sight:
    """What never changes in what is seen on a map."""

    def __init__(self, frame: Frame, layout: SmacLayout, move_amount: float) -> None:
        self.frame, self.options, self.move_amount = frame, layout.options, move_amount
        self.n_actions = layout.n_actions
        self.others = np.flatnonzero(~np.eye(frame.n_agents, dtype=bool))  # pairs of unlike agents in flat [A, A]


class View:
    """One moment of ``b`` fights: units ``[F, b, N]`` and their kinds ``[b, N]``, none of which is changed."""

    def __init__(self, sight: Sight, units: np.ndarray, kind: np.ndarray) -> None:
        self.sight, self.frame, self.u, self.kind = sight, sight.frame, units, kind
        self.a = a = sight.frame.n_agents
        self.alive = units[HP] > 0  # [b, N]
        place = units[X : Y + 1]
        self.way = place[:, :, np.newaxis] - place[:, :, :a, np.newaxis]  # [2, b, A, N] from agent to unit
        self.distance = np.sqrt(self.way[0] * self.way[0] + self.way[1] * self.way[1])
        self.both = self.alive[:, :a, np.newaxis] & self.alive[:, np.newaxis]
        self.health = units[HP] / units[HP_MAX]
        self.shield = units[SH] / np.maximum(units[SH_MAX], 1.0) if sight.frame.shields else units[SH]
        self.types = self._types(kind[:, :a], sight.frame.ally_order), self._types(kind[:, a:], sight.frame.enemy_order)
        self._avail: np.ndarray | None = None

    @staticmethod
    def _types(kind: np.ndarray, order: np.ndarray) -> np.ndarray | None:
        """One-hot types of a side ``[b, A or E, H]``; None where the map shows none."""
        return kind[:, :, np.newaxis] == order if len(order) else None

    def avail(self) -> np.ndarray:
        """Int32 ``[b, A, U]``."""
        if self._avail is None:
            self._avail = self._available()
        return self._avail

    def _available(self) -> np.ndarray:
        sight, a, m = self.sight, self.a, self.sight.move_amount / 2
        alive = self.alive[:, :a]
        x, y = self.u[X, :, :a], self.u[Y, :, :a]
        avail = np.zeros((*alive.shape, sight.n_actions), dtype=np.int32)
        avail[:, :, 0] = ~alive
        avail[:, :, 1] = alive
        avail[:, :, 2] = alive & (y + m < rules.HEIGHT)
        avail[:, :, 3] = alive & (y - m > -1.0)  # SMAC rounds towards zero: up to a cell beyond this edge is the edge
        avail[:, :, 4] = alive & (x + m < rules.WIDTH)
        avail[:, :, 5] = alive & (x - m > -1.0)
        near = self.both & (self.distance <= SHOOT)  # [b, A, N]
        if not self.frame.ally_heals:
            avail[:, :, N_NO_ATTACK:] = near[:, :, a:]
            return avail
        medivac = rules.ENERGY[self.kind[:, :a]] > 0  # [b, A]
        attack = near[:, :, a:] & ~medivac[:, :, np.newaxis]
        heal = near[:, :, :a] & medivac[:, :, np.newaxis] & ~medivac[:, np.newaxis]
        avail[:, :, N_NO_ATTACK : N_NO_ATTACK + self.frame.n_enemies] = attack
        avail[:, :, N_NO_ATTACK : N_NO_ATTACK + a] |= heal
        return avail

    def state(self, last_action: np.ndarray, timestep: np.ndarray) -> np.ndarray:
        """Float32 ``[b, S]`` from last actions ``[b, A, U]`` and shares of the time limit ``[b]``."""
        o, a = self.sight.options, self.a
        b = len(timestep)
        if o.obs_instead_of_state:
            return self.obs(last_action, timestep).reshape(b, -1)  # [b, A * O]
        x, y = (self.u[X] - HALF_X) / rules.WIDTH, (self.u[Y] - HALF_Y) / rules.HEIGHT
        health, shield = self.health, self.shield
        kind = self.kind[:, :a]
        pause = np.maximum(self.u[CD, :, :a], 0.0) / rules.STATE_COOLDOWN[kind]
        energy = np.where(rules.ENERGY[kind] > 0, self.u[EN, :, :a] / rules.STATE_COOLDOWN[kind], pause)
        agents = [health[:, :a], energy, x[:, :a], y[:, :a]]
        enemies = [health[:, a:], x[:, a:], y[:, a:]]
        if self.frame.ally_shields:
            agents.append(shield[:, :a])
        if self.frame.enemy_shields:
            enemies.append(shield[:, a:])
        parts = [
            self._table(agents, True, self.alive[:, :a]).reshape(b, -1),
            self._table(enemies, False, self.alive[:, a:]).reshape(b, -1),
        ]
        if o.state_last_action:
            parts.append(last_action.reshape(b, -1))  # [b, A, U] -> [b, A * U]
        if o.state_timestep_number:
            parts.append(timestep[:, np.newaxis])
        return np.concatenate(parts, axis=1, dtype=np.float32, casting="same_kind")

    def _table(self, columns: list[np.ndarray], allies: bool, shown: np.ndarray) -> np.ndarray:
        """``[..., features + H]`` from columns of ``shown``'s shape, and the type bits; zeros where not shown."""
        types = self.types[0 if allies else 1]
        count = 0 if types is None else types.shape[-1]
        table = np.zeros((*shown.shape, len(columns) + count), dtype=np.float32)
        for k, column in enumerate(columns):
            table[..., k] = column
        if types is not None:
            table[..., len(columns) :] = types if shown.ndim == types.ndim - 1 else types[:, np.newaxis]
        table *= shown[..., np.newaxis]
        return table

    def obs(self, last_action: np.ndarray, timestep: np.ndarray) -> np.ndarray:
        """Float32 ``[b, A, O]``: moves, enemies, other agents, the agent itself, time; zeros for a dead agent."""
        o, a = self.sight.options, self.a
        b, alive = len(timestep), self.alive[:, :a]
        parts = [self._moves(), self._enemies().reshape(b, a, -1)]
        if a > 1:
            parts.append(self._others(last_action))
        own = []
        if o.obs_own_health or o.obs_all_health:
            own.append(self.health[:, :a])
            if self.frame.ally_shields:
                own.append(self.shield[:, :a])
        if o.obs_own_pos:
            own += [self.u[X, :, :a] / rules.WIDTH, self.u[Y, :, :a] / rules.HEIGHT]
        parts.append(self._table(own, True, alive))
        if o.obs_timestep_number:
            parts.append(np.broadcast_to(timestep[:, np.newaxis, np.newaxis], (b, a, 1)))
        return np.concatenate(parts, axis=2, dtype=np.float32, casting="same_kind")

    def _moves(self) -> np.ndarray:
        """``[b, A, 4 (+ 8) (+ 9)]``."""
        o, alive = self.sight.options, self.alive[:, : self.a, np.newaxis]
        moves = self.avail()[:, :, 2:N_NO_ATTACK].astype(np.float32)
        if not (o.obs_pathing_grid or o.obs_terrain_height):
            return moves
        parts = [moves]
        if o.obs_pathing_grid:  # open ground, and SMAC calls what lies beyond the edge open too
            parts.append(np.repeat(alive, N_PATHING, axis=2).astype(np.float32))
        if o.obs_terrain_height:
            parts.append((self._heights() * alive).astype(np.float32))
        return np.concatenate(parts, axis=2)

    def _heights(self) -> np.ndarray:
        """``[b, A, 9]``: the ground's height at eight points around each agent and its own; 1 beyond the edge."""
        m = self.sight.move_amount
        around = np.array([(0, 2), (0, -2), (2, 0), (-2, 0), (1, 1), (-1, -1), (1, -1), (-1, 1), (0, 0)]) * m
        assert len(around) == N_HEIGHT
        x = np.floor(self.u[X, :, : self.a, np.newaxis]) + around[:, 0]
        y = np.floor(self.u[Y, :, : self.a, np.newaxis]) + around[:, 1]
        inside = (x >= 0) & (x < rules.WIDTH) & (y >= 0) & (y < rules.HEIGHT)
        return np.where(inside, FLAT, 1.0)

    def _seen(self, columns: slice) -> tuple[np.ndarray, list[np.ndarray]]:
        """Who is in sight ``[b, A, units]``, and the distance and direction there in shares of the sight range."""
        distance = self.distance[:, :, columns]
        shares = [distance / SIGHT, self.way[0][:, :, columns] / SIGHT, self.way[1][:, :, columns] / SIGHT]
        return self.both[:, :, columns] & (distance < SIGHT), shares

    def _condition(self, units: slice, shields: bool) -> list[np.ndarray]:
        if not self.sight.options.obs_all_health:
            return []
        parts = [self.health[:, np.newaxis, units]]
        return [*parts, self.shield[:, np.newaxis, units]] if shields else parts

    def _enemies(self) -> np.ndarray:
        """``[b, A, E, features]``. "Attackable" is the action of that number: for a medivac it heals an agent."""
        units = slice(self.a, None)
        seen, where = self._seen(units)
        open_ = self.avail()[:, :, N_NO_ATTACK : N_NO_ATTACK + self.frame.n_enemies]
        columns = [open_, *where, *self._condition(units, self.frame.enemy_shields)]
        return self._table(columns, False, seen)

    def _others(self, last_action: np.ndarray) -> np.ndarray:
        """``[b, A, (A - 1) * features]``: the other agents in their order."""
        a = self.a
        seen, where = self._seen(slice(0, a))
        columns = [np.ones_like(seen), *where, *self._condition(slice(0, a), self.frame.ally_shields)]
        table = self._table(columns, True, seen)  # [b, A, A, features]
        if self.sight.options.obs_last_action:
            shown = last_action[:, np.newaxis] * seen[:, :, :, np.newaxis]  # [b, A, A, U]
            table = np.concatenate([table, shown], axis=3, dtype=np.float32)
        others = table.reshape(len(table), a * a, -1).take(self.sight.others, axis=1)  # [b, A * (A - 1), features]
        return others.reshape(len(table), a, -1)
