"""Skirmish: small battles with SMAC's maps, actions, observations and state, and no game behind them.

It is not StarCraft II, and no result on it is a SMAC result: docs/environments/skirmish.md says what differs.

Legend: B environments, b chosen ones, A agents, E enemies, N = A + E units, F fields of a unit, U actions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Any, ClassVar

import numpy as np

from envs import skirmish_rules as rules
from envs.batched import BatchedEnv, BatchStep, SingleEnv, signature_with_seeds
from envs.sc2_capabilities import in_words, usual
from envs.skirmish_battle import Battle, Orders
from envs.skirmish_frame import EN, HP, HP_MAX, N_FIELDS, QUIET, RADIUS, REACH, SH, SH_MAX, SPEED, Frame, X, Y
from envs.skirmish_options import SkirmishOptions, scenario_of
from envs.skirmish_start import draw, line_up
from envs.skirmish_tally import Tally
from envs.skirmish_view import Sight, View
from envs.smac_description import NEAR, describe_smac
from envs.smac_layout import N_NO_ATTACK, Arena, SmacLayout
from envs.smac_units import ENERGY_AT_START
from llm_credit.task import TaskDescription

NORTH, SOUTH, EAST, WEST = 2, 3, 4, 5
SETTING = (
    "Skirmish: small battles in the manner of the StarCraft Multi-Agent Challenge, on an open square of 32 x 32 cells, "
    "with unit values close to those of StarCraft II."
)
HUNT = "The enemies hunt the nearest agent that they can hit, however far away it is."


class Skirmish(BatchedEnv):
    """``B`` battles on one map. The arguments besides ``seeds``: :class:`envs.skirmish_options.SkirmishOptions`."""

    __signature__: ClassVar[Any] = signature_with_seeds(SkirmishOptions)

    def __init__(self, seeds: Sequence[int | None], **options: Any) -> None:
        super().__init__(seeds)
        o = self.options = SkirmishOptions(**options)
        self.scenario = scenario_of(o)
        self.layout = SmacLayout(self.scenario, o.view(), Arena(rules.WIDTH, rules.HEIGHT))
        self.n_agents, self.n_actions = self.layout.n_agents, self.layout.n_actions
        self.obs_size, self.state_size = self.layout.obs_size, self.layout.state_size
        self.episode_limit = self.scenario.limit
        self.line_up = None if self.scenario.drawn else line_up(self.scenario)
        b, n = self.n_envs, self.n_agents + self.scenario.n_enemies
        self.frame = Frame(self.scenario)
        self.units = np.zeros((N_FIELDS, b, n))
        self.kind = np.zeros((b, n), dtype=np.int64)
        self.key = np.zeros(b, dtype=np.uint64)
        self.goal = np.zeros((2, b))
        self.way = np.zeros((2, self.n_actions))  # where an action walks, x and y
        self.way[0, EAST] = self.way[1, NORTH] = o.move_amount
        self.way[0, WEST] = self.way[1, SOUTH] = -o.move_amount
        self.onehot = np.eye(self.n_actions, dtype=np.float32)
        self.last_action = np.zeros((b, self.n_agents, self.n_actions), dtype=np.float32)
        self.tally = Tally(b, self.frame, o)
        self.sight = Sight(self.frame, self.layout, o.move_amount)
        self._view: tuple[bytes, View] | None = None

    def reset(self, which: np.ndarray) -> None:
        for i in which:
            self._start(int(i))
        self.last_action[which] = 0.0
        self.tally.start(which, self.units.take(which, axis=1))
        self._view = None

    def _start(self, i: int) -> None:
        rng, a = self.generators[i], self.n_agents
        self.key[i] = rng.integers(0, 2**64, dtype=np.uint64)
        kinds, places = draw(self.scenario, rng) if self.line_up is None else self.line_up
        noise = self.options.start_noise
        if noise:
            places = places + rng.uniform(-noise, noise, places.shape)
            places = np.clip(places, rules.MARGIN, rules.WIDTH - rules.MARGIN)
        u = self.units[:, i]
        u[:] = 0.0
        u[X], u[Y] = places.T
        self.kind[i] = kinds
        u[HP] = u[HP_MAX] = rules.HEALTH[kinds]
        u[SH] = u[SH_MAX] = rules.SHIELD[kinds]
        u[RADIUS] = rules.RADIUS[kinds]
        u[REACH] = rules.REACH[kinds] + rules.RADIUS[kinds]
        u[SPEED] = rules.SPEED[kinds]
        u[EN] = np.where(rules.ENERGY[kinds] > 0, ENERGY_AT_START, 0.0)
        u[QUIET] = 1e6
        self.goal[:, i] = places[:a].mean(axis=0)

    def step(self, which: np.ndarray, actions: np.ndarray) -> BatchStep:
        units, kind = self.units.take(which, axis=1), self.kind.take(which, axis=0)  # copies, each in one piece
        key = self.key.take(which) if self.options.random_delay else None
        battle = Battle(self.frame, units, kind, key, self.goal[:, which], self._orders(units, kind, actions))
        loops = self.options.step_mul
        ticks = max(1, round(loops / rules.TICK))
        for _ in range(ticks):
            battle.tick(loops / ticks)
        battle.end_of_step(loops)
        self.units[:, which] = units
        self.last_action[which] = self.onehot.take(actions, axis=0)
        self._view = None
        return self.tally.step(which, units, kind, self.options.continuing_episode)

    def _orders(self, units: np.ndarray, kind: np.ndarray, actions: np.ndarray) -> Orders:
        """What actions ``[b, A]`` mean."""
        a = self.n_agents
        itself = self.frame.own[:a]
        to = units[X : Y + 1, :, :a] + self.way.take(actions, axis=1)  # [2, b, A]
        rules.keep_inside(to)
        chosen = actions - N_NO_ATTACK
        if not self.frame.heals:
            return Orders(np.where(chosen >= 0, chosen + a, itself), to)
        medivac = rules.ENERGY[kind[:, :a]] > 0
        target = np.where(medivac, chosen, np.minimum(chosen, self.scenario.n_enemies - 1) + a)
        target = np.where(chosen >= 0, target, itself)
        able = medivac | rules.CAN_HIT[kind[:, :a], np.take_along_axis(kind, target, axis=1)]
        return Orders(np.where(able, target, itself), to)

    def _look(self, which: np.ndarray) -> View:
        """The chosen fights now; kept, since a runner asks for state, actions and observations in turn."""
        key = which.tobytes()
        if self._view is None or self._view[0] != key:
            self._view = key, View(self.sight, self.units.take(which, axis=1), self.kind.take(which, axis=0))
        return self._view[1]

    def obs(self, which: np.ndarray) -> np.ndarray:
        return self._look(which).obs(self.last_action[which], self.tally.share_of_time(which))

    def state(self, which: np.ndarray) -> np.ndarray:
        return self._look(which).state(self.last_action[which], self.tally.share_of_time(which))

    def avail_actions(self, which: np.ndarray) -> np.ndarray:
        return self._look(which).avail()

    def episode_info(self, i: int) -> dict[str, float]:
        return self.tally.episode_info(i)

    def stats(self, i: int) -> dict[str, float]:
        return self.tally.stats(i)

    def describe(self) -> TaskDescription:
        o, s = self.options, self.scenario
        return describe_smac(
            self.layout,
            o,
            family="skirmish",
            name=":".join(["skirmish", o.map_name, *self._changed()]),
            setting=SETTING,
            step_mul=o.step_mul,
            move_amount=o.move_amount,
            draws=in_words(usual(s.name, s.n_agents, s.n_enemies)) if s.drawn else "",
            enemies=HUNT if s.drawn else NEAR,
            facts={"step_mul": o.step_mul, "move_amount": float(o.move_amount)},
        )

    def _changed(self) -> list[str]:
        """What differs from the defaults, for the task's name; a drawn map names its sizes always."""
        s = self.scenario
        sizes = {"n_units": s.n_agents, "n_enemies": s.n_enemies} if s.drawn else {}
        changed = {
            f.name: getattr(self.options, f.name)
            for f in fields(SkirmishOptions)
            if f.name != "map_name" and getattr(self.options, f.name) != f.default
        }
        return [
            f"{name}={value}" if isinstance(value, bool) else f"{name}={value:g}"
            for name, value in sorted({**changed, **sizes}.items())
        ]


class SkirmishEnv(SingleEnv):
    batched = Skirmish
