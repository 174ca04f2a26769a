"""The layout of SMAC's state, observations and actions, as named fields, from a map's facts and the options.

Legend: A agents, E enemies, U actions, O observation, S state.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from envs.smac_maps import Scenario
from envs.smac_options import SmacOptions
from envs.smac_units import UNITS
from llm_credit.task import Kind, StateField

N_NO_ATTACK = 6  # no-op, stop, four moves
N_PATHING, N_HEIGHT = 8, 9  # surrounding points whose walkability and height an observation may hold
SIGHT, SHOOT = 9.0, 6.0  # cells, from centre to centre, for all units
LEAST_SIGHT = 8.0  # where each type of unit sees as far as in the game


@dataclass(frozen=True)
class Arena:
    """A map's size in cells, and the part of it that can be played on; positions are told in shares of that part."""

    width: float = 32.0
    height: float = 32.0
    play_width: float = 32.0
    play_height: float = 32.0


class Feature(NamedTuple):
    """One quantity of one entity: ``size`` values that lie next to each other."""

    name: str
    low: float
    high: float
    kind: Kind
    meaning: str
    unit: str = ""
    size: int = 1


@dataclass(frozen=True)
class Block:
    """``count`` entities of ``per``, each with the same features, one entity after the other."""

    name: str
    per: str
    count: int
    features: tuple[Feature, ...]
    absent: bool = True  # whether an entity can be missing: all its values are then 0

    @property
    def width(self) -> int:
        return sum(f.size for f in self.features)


def fields_of(blocks: tuple[Block, ...], start: int = 0, prefix: str = "") -> Iterator[StateField]:
    """The blocks' features as state fields, from index ``start`` on."""
    for block in blocks:
        offset = start
        for f in block.features:
            yield StateField(
                prefix + (f"{block.name}_{f.name}" if block.name else f.name),
                offset,
                size=f.size,
                count=block.count,
                stride=block.width,
                per=block.per,
                kind=f.kind,
                low=f.low,
                high=f.high,
                unit=f.unit,
                meaning=f.meaning,
                absent=0.0 if block.absent else None,
            )
            offset += f.size
        start += block.count * block.width


@dataclass(frozen=True)
class SmacLayout:
    """Sizes, blocks and fields of one map under given options."""

    scenario: Scenario
    options: SmacOptions = field(default_factory=SmacOptions)
    arena: Arena = Arena()

    @property
    def n_agents(self) -> int:
        return self.scenario.n_agents

    @property
    def n_enemies(self) -> int:
        return self.scenario.n_enemies

    @property
    def n_no_attack(self) -> int:
        return N_NO_ATTACK + (self.options.num_fov_actions if self.options.conic_fov else 0)

    @property
    def n_targets(self) -> int:
        """Attack actions; a medivac needs one for every agent (only SMACv2 has maps with more agents than enemies)."""
        return max(self.n_enemies, self.n_agents if self.scenario.heals else 0)

    @property
    def n_actions(self) -> int:
        return self.n_no_attack + self.n_targets

    @property
    def obs_size(self) -> int:
        return sum(b.count * b.width for b in self.obs_blocks())

    @property
    def state_size(self) -> int:
        if self.options.obs_instead_of_state:
            return self.n_agents * self.obs_size
        return sum(b.count * b.width for b in self.state_blocks())

    def state_fields(self) -> tuple[StateField, ...]:
        """What the state holds, index by index."""
        if not self.options.obs_instead_of_state:
            return tuple(fields_of(self.state_blocks()))
        size = self.obs_size
        return tuple(f for i in range(self.n_agents) for f in fields_of(self.obs_blocks(), i * size, f"obs{i}_"))

    def state_blocks(self) -> tuple[Block, ...]:
        """Agents, enemies, last actions, time. A dead unit's values are all 0."""
        o = self.options
        blocks = [
            Block("agent", "agent", self.n_agents, self._agent_features()),
            Block("enemy", "enemy", self.n_enemies, self._enemy_features()),
        ]
        if o.state_last_action:
            blocks.append(Block("", "agent", self.n_agents, (self._last_action("the agent"),), absent=False))
        if o.state_timestep_number:
            blocks.append(Block("", "", 1, (_TIMESTEP,), absent=False))
        return tuple(blocks)

    def _agent_features(self) -> tuple[Feature, ...]:
        s, o = self.scenario, self.options
        kinds = s.kinds(True)
        high = max(UNITS[k].cooldown_range for k in kinds)
        pause = "time until it can attack again, in shares of " + _scales(kinds)
        energy = "; of a medivac: its energy, in shares of 200" if s.heals else ""
        features = [_HEALTH, Feature("cooldown", 0.0, high, "real", pause + energy), *self._position()]
        if s.ally_shields:
            features.append(_SHIELD)
        if o.conic_fov:
            features.append(Feature("fov", -1.0, 1.0, "real", "where it looks, as a unit vector (x, y)", size=2))
        return (*features, *_types(s.agent_types))

    def _enemy_features(self) -> tuple[Feature, ...]:
        shield = (_SHIELD,) if self.scenario.enemy_shields else ()
        return (_HEALTH, *self._position(), *shield, *_types(self.scenario.enemy_types))

    def _position(self) -> tuple[Feature, Feature]:
        a = self.arena
        x, y = 0.5 * a.width / a.play_width, 0.5 * a.height / a.play_height
        text = "{} from the centre of the map (positive: {}), in shares of the {:g} cells of its {}"
        return (
            Feature("x", -x, x, "real", text.format("distance", "east", a.play_width, "width")),
            Feature("y", -y, y, "real", text.format("distance", "north", a.play_height, "height")),
        )

    def _last_action(self, whose: str) -> Feature:
        meaning = f"what {whose} chose at the previous step, in the order of the actions; all 0 at the first step"
        return Feature("last_action", 0.0, 1.0, "one_hot", meaning, size=self.n_actions)

    def _seen(self) -> tuple[Feature, ...]:
        """Where another unit is; the package tells it in shares of the sight range even of what lies beyond it."""
        a, o = self.arena, self.options
        sight = LEAST_SIGHT if o.use_unit_ranges else SIGHT
        x, y = (max(1.0, a.width / sight), max(1.0, a.height / sight)) if o.fully_observable else (1.0, 1.0)
        far = math.hypot(x, y) if o.fully_observable else 1.0
        hidden = "not yet seen" if o.fully_observable else "out of sight"
        return (
            Feature("distance", 0.0, far, "real", f"distance in shares of the sight range; all 0 if dead or {hidden}"),
            Feature("rel_x", -x, x, "real", "how far east of the agent, in shares of the sight range"),
            Feature("rel_y", -y, y, "real", "how far north of the agent, in shares of the sight range"),
        )

    def obs_blocks(self) -> tuple[Block, ...]:
        """One agent's observation: moves, enemies, other agents, itself, time. A dead agent sees zeros."""
        s, o = self.scenario, self.options
        move = [Feature("can_move", 0.0, 1.0, "binary", "which moves are open: north, south, east, west", size=4)]
        if o.obs_pathing_grid:
            move.append(Feature("pathing", 0.0, 1.0, "binary", "whether points around it can be walked on", size=8))
        if o.obs_terrain_height:
            move.append(Feature("height", 0.0, 1.0, "real", "height of the points around it and its own", size=9))
        enemy = [_ATTACKABLE, *self._seen(), *_condition(o.obs_all_health, s.enemy_shields), *_types(s.enemy_types)]
        ally = [_VISIBLE, *self._seen(), *_condition(o.obs_all_health, s.ally_shields), *_types(s.agent_types)]
        if o.obs_last_action:
            ally.append(self._last_action("it"))
        own = _condition(o.obs_own_health or o.obs_all_health, s.ally_shields)
        if o.obs_own_pos:
            own.append(Feature("position", 0.0, 1.0, "real", "its x and y in shares of the map's size", size=2))
        if o.conic_fov:
            own.append(Feature("fov", -1.0, 1.0, "real", "where it looks, as a unit vector (x, y)", size=2))
        own += _types(s.agent_types)
        blocks = [
            Block("", "", 1, tuple(move)),
            Block("enemy", "enemy", self.n_enemies, tuple(enemy)),
            Block("ally", "seen_agent", self.n_agents - 1, tuple(ally)),
            Block("own", "", 1, tuple(own)),
            Block("", "", 1, (_TIMESTEP,) if o.obs_timestep_number else (), absent=False),
        ]
        return tuple(b for b in blocks if b.count and b.features)


_HEALTH = Feature("health", 0.0, 1.0, "real", "health in shares of its full health; 0: dead")
_SHIELD = Feature("shield", 0.0, 1.0, "real", "shield in shares of its full shield; it takes damage before health does")
_TIMESTEP = Feature("timestep", 0.0, 1.0, "real", "steps of the episode so far, in shares of its limit")
_ATTACKABLE = Feature("attackable", 0.0, 1.0, "binary", "1 if the attack action of this number is open to the agent")
_VISIBLE = Feature("visible", 0.0, 1.0, "binary", "1 if the other agent is alive and in sight")


def _condition(shown: bool, shields: bool) -> list[Feature]:
    return ([_HEALTH, _SHIELD] if shields else [_HEALTH]) if shown else []


def _types(kinds: tuple[str, ...]) -> list[Feature]:
    if not kinds:
        return []
    return [Feature("type", 0.0, 1.0, "one_hot", "its unit type: " + ", ".join(kinds), size=len(kinds))]


def _scales(kinds: tuple[str, ...]) -> str:
    each = [f"{UNITS[k].state_cooldown:g} game loops ({k})" for k in kinds if not UNITS[k].heals]
    return ", ".join(each)
