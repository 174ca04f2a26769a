"""The arguments of Skirmish: SMAC's options under their names, and its own."""

from __future__ import annotations

import math
from dataclasses import dataclass

from envs import skirmish_rules as rules
from envs.smac_maps import GEN_TYPES, SCENARIOS, Scenario, gen_scenario
from envs.smac_options import BattleOptions
from envs.suggest import nearest, need
from utils.errors import UserError

PREFIX = "sk_"
MAPS = tuple(PREFIX + name for name in (*SCENARIOS, *GEN_TYPES))
GEN_UNITS = 5  # a side, where a drawn map is not told


@dataclass(frozen=True, kw_only=True)
class SkirmishOptions(BattleOptions):
    """Raises UserError for impossible values.

    map_name: ``sk_`` and the name of a SMAC map (``sk_3m``), or ``sk_10gen_terran``, ``_protoss``, ``_zerg``.
    n_units, n_enemies: units a side on the ``10gen`` maps (null: 5, and as many enemies); null on all others.
    start_noise: cells by which a unit may start off its place, in x and in y; drawn anew for each episode.
    random_delay: whether the pause after a shot varies from shot to shot, as in the game.
    obs_own_pos: SMACv2's; the agent's own position in its observation.
    """

    map_name: str = "sk_3m"
    n_units: int | None = None
    n_enemies: int | None = None
    start_noise: float = 0.0
    random_delay: bool = True
    obs_own_pos: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        need(self.move_amount <= rules.WIDTH, "move_amount", self.move_amount, f"at most {rules.WIDTH:g} cells")
        need(0 <= self.start_noise < math.inf, "start_noise", self.start_noise, "a number of cells, at least 0")


def scenario_of(options: SkirmishOptions) -> Scenario:
    """Raises UserError for an unknown map and for sizes that it cannot have."""
    map_name, n_units, n_enemies = options.map_name, options.n_units, options.n_enemies
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
