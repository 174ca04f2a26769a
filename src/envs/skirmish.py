"""Skirmish: small battles with SMAC's maps, actions, observations and state, and no game behind them.

It is not StarCraft II, and no result on it is a SMAC result: docs/environments/skirmish.md says what differs.

Legend: B environments, b chosen ones, A agents, E enemies, N = A + E units, F fields of a unit, U actions.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import fields
from typing import Any

import numpy as np

from envs import skirmish_rules as rules
from envs.batched import BatchedEnv, BatchStep, SingleEnv
from envs.skirmish_battle import Battle, Orders
from envs.skirmish_frame import EN, HP, HP_MAX, N_FIELDS, QUIET, RADIUS, REACH, SH, SH_MAX, SPEED, Frame, X, Y
from envs.skirmish_start import draw, line_up
from envs.skirmish_tally import Tally
from envs.skirmish_view import Sight, View
from envs.smac_description import describe_smac
from envs.smac_layout import N_NO_ATTACK, Arena, SmacLayout, SmacOptions
from envs.smac_maps import GEN_TYPES, SCENARIOS, Scenario, gen_scenario
from envs.smac_reward import RewardOptions
from envs.smac_units import ENERGY_AT_START
from envs.suggest import nearest
from llm_credit.task import TaskDescription
from utils.errors import UserError

PREFIX = "sk_"
MAPS = tuple(PREFIX + name for name in (*SCENARIOS, *GEN_TYPES))
GEN_UNITS = 5  # a side, where a drawn map is not told
NORTH, SOUTH, EAST, WEST = 2, 3, 4, 5
SETTING = (
    "Skirmish: small battles in the manner of the StarCraft Multi-Agent Challenge, on an open square of 32 x 32 cells, "
    "with unit values close to those of StarCraft II."
)


class Skirmish(BatchedEnv):
    """Battles on one map.

    map_name: ``sk_`` and the name of a SMAC map (``sk_3m``), or ``sk_10gen_terran``, ``_protoss``, ``_zerg``.
    n_units, n_enemies: units a side on the ``10gen`` maps (null: 5, and as many enemies); null on all others.
    start_noise: cells by which a unit may start off its place, in x and in y; drawn anew for each episode.
    random_delay: whether the pause after a shot varies from shot to shot, as in the game.
    All others: SMAC's options under their names. Raises UserError for an unknown map and for impossible values.
    """

    def __init__(
        self,
        seeds: Sequence[int | None],
        map_name: str = "sk_3m",
        n_units: int | None = None,
        n_enemies: int | None = None,
        step_mul: int = 8,
        move_amount: float = 2.0,
        start_noise: float = 0.0,
        random_delay: bool = True,
        continuing_episode: bool = False,
        obs_all_health: bool = True,
        obs_own_health: bool = True,
        obs_last_action: bool = False,
        obs_pathing_grid: bool = False,
        obs_terrain_height: bool = False,
        obs_instead_of_state: bool = False,
        obs_timestep_number: bool = False,
        obs_own_pos: bool = False,
        state_last_action: bool = True,
        state_timestep_number: bool = False,
        reward_sparse: bool = False,
        reward_only_positive: bool = True,
        reward_death_value: float = 10.0,
        reward_win: float = 200.0,
        reward_defeat: float = 0.0,
        reward_negative_scale: float = 0.5,
        reward_scale: bool = True,
        reward_scale_rate: float = 20.0,
    ) -> None:
        given = dict(locals())
        super().__init__(seeds)
        _check(step_mul, move_amount, start_noise)
        self.map_name = map_name
        self.scenario = scenario_of(map_name, n_units, n_enemies)
        self.options = SmacOptions(**{f.name: given[f.name] for f in fields(SmacOptions) if f.name in given})
        self.rewards = RewardOptions(**{f.name: given[f.name] for f in fields(RewardOptions)})
        self.layout = SmacLayout(self.scenario, self.options, Arena(rules.WIDTH, rules.HEIGHT))
        self.n_agents, self.n_actions = self.layout.n_agents, self.layout.n_actions
        self.obs_size, self.state_size = self.layout.obs_size, self.layout.state_size
        self.episode_limit = self.scenario.limit
        self.step_mul, self.move_amount, self.start_noise = step_mul, float(move_amount), float(start_noise)
        self.random_delay, self.continuing_episode = random_delay, continuing_episode
        self.line_up = None if self.scenario.drawn else line_up(self.scenario)
        b, n = self.n_envs, self.n_agents + self.scenario.n_enemies
        self.frame = Frame(self.scenario)
        self.units = np.zeros((N_FIELDS, b, n))
        self.kind = np.zeros((b, n), dtype=np.int64)
        self.key = np.zeros(b, dtype=np.uint64)
        self.goal = np.zeros((2, b))
        self.way = np.zeros((2, self.n_actions))  # where an action walks, x and y
        self.way[0, EAST] = self.way[1, NORTH] = self.move_amount
        self.way[0, WEST] = self.way[1, SOUTH] = -self.move_amount
        self.onehot = np.eye(self.n_actions, dtype=np.float32)
        self.last_action = np.zeros((b, self.n_agents, self.n_actions), dtype=np.float32)
        self.tally = Tally(b, self.frame, self.rewards)
        self.sight = Sight(self.frame, self.layout, self.move_amount)
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
        if self.start_noise:
            places = places + rng.uniform(-self.start_noise, self.start_noise, places.shape)
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
        key = self.key.take(which) if self.random_delay else None
        battle = Battle(self.frame, units, kind, key, self.goal[:, which], self._orders(units, kind, actions))
        ticks = max(1, round(self.step_mul / rules.TICK))
        for _ in range(ticks):
            battle.tick(self.step_mul / ticks)
        battle.end_of_step(self.step_mul)
        self.units[:, which] = units
        self.last_action[which] = self.onehot.take(actions, axis=0)
        self._view = None
        return self.tally.step(which, units, kind, self.continuing_episode)

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
        changed = [
            f"{name}={value:g}" if not isinstance(value, bool) else f"{name}={value}"
            for name, value in sorted({**vars(self.options), **vars(self.rewards), **self._own_options()}.items())
            if value != _DEFAULTS[name]
        ]
        return describe_smac(
            self.layout,
            self.rewards,
            family="skirmish",
            name=":".join(["skirmish", self.map_name, *changed]),
            setting=SETTING,
            step_mul=self.step_mul,
            move_amount=self.move_amount,
            facts={"step_mul": self.step_mul, "move_amount": self.move_amount},
        )

    def _own_options(self) -> dict[str, Any]:
        drawn = self.scenario.drawn
        return {
            "n_units": self.n_agents if drawn else None,
            "n_enemies": self.scenario.n_enemies if drawn else None,
            "step_mul": self.step_mul,
            "move_amount": self.move_amount,
            "start_noise": self.start_noise,
            "random_delay": self.random_delay,
            "continuing_episode": self.continuing_episode,
        }


class SkirmishEnv(SingleEnv):
    batched = Skirmish


_DEFAULTS: dict[str, Any] = {
    **vars(SmacOptions()),
    **vars(RewardOptions()),
    "n_units": None,
    "n_enemies": None,
    "step_mul": 8,
    "move_amount": 2.0,
    "start_noise": 0.0,
    "random_delay": True,
    "continuing_episode": False,
}


def scenario_of(map_name: str, n_units: int | None, n_enemies: int | None) -> Scenario:
    """Raises UserError for an unknown map and for sizes that it cannot have."""
    if map_name not in MAPS:
        raise UserError(f"env_args.map_name={map_name} is no map of Skirmish. {_hint(map_name)}")
    name = map_name.removeprefix(PREFIX)
    if name in GEN_TYPES:
        units = GEN_UNITS if n_units is None else n_units
        enemies = units if n_enemies is None else n_enemies
        if units < 1 or enemies < 1:
            raise UserError(f"env_args.n_units={n_units} and n_enemies={n_enemies} must be at least 1")
        return gen_scenario(name, units, enemies)
    if n_units is not None or n_enemies is not None:
        raise UserError(f"env_args.n_units and n_enemies belong to the 10gen maps; {map_name} has armies of its own")
    return SCENARIOS[name]


def _hint(map_name: str) -> str:
    """A game's map is never taken for Skirmish's: the run would be filed under its name."""
    if PREFIX + map_name not in MAPS:
        return nearest(map_name, MAPS)
    game = "--env-config=sc2_v2" if map_name in GEN_TYPES else "--env-config=sc2"
    return f"Did you mean {PREFIX}{map_name}? {game} plays StarCraft II's {map_name}."


def _check(step_mul: int, move_amount: float, start_noise: float) -> None:
    if step_mul < 1:
        raise UserError(f"env_args.step_mul={step_mul} must be at least 1 game loop")
    if not 0 < move_amount <= rules.WIDTH:
        raise UserError(f"env_args.move_amount={move_amount} must be above 0 and at most {rules.WIDTH:g} cells")
    if not 0 <= start_noise < math.inf:
        raise UserError(f"env_args.start_noise={start_noise} must be a number of cells, at least 0")
