"""What never changes on one map of Skirmish, and the order of a unit's fields.

Legend: A agents, E enemies, N = A + E units.
"""

from __future__ import annotations

import numpy as np

from envs import skirmish_rules as rules
from envs.smac_maps import Scenario

# Fields of a unit. QUIET: loops since it was last hit; SHOTS: how often it has fired; REACH: with its own radius.
X, Y, HP, RADIUS, SH, EN, CD, QUIET, SHOTS, HP_MAX, SH_MAX, REACH, SPEED = range(13)
N_FIELDS = 13
SEEN = 4  # the first ones are what a unit has to know of its target


class Frame:
    """What never changes between the episodes of a map.

    own ``[N]``: numbers of the units. acquire: squared cells within which an enemy leaves its way to attack. The flags
    say whether there can be units that heal, splash, explode, have shields, or heal by themselves.
    """

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.n_agents, self.n_enemies = scenario.n_agents, scenario.n_enemies
        self.own = np.arange(self.n_agents + self.n_enemies)
        # drawn armies may start anywhere on the map, without a place to march to
        self.acquire = np.inf if scenario.drawn else rules.ACQUIRE**2
        self.ally_shields, self.enemy_shields = scenario.ally_shields, scenario.enemy_shields
        self.ally_heals = scenario.heals
        self.enemy_heals = bool((rules.ENERGY[rules.kinds_of(scenario.kinds(False))] > 0).any())
        self.ally_order, self.enemy_order = rules.kinds_of(scenario.agent_types), rules.kinds_of(scenario.enemy_types)
        kinds = rules.kinds_of(scenario.kinds(True) + scenario.kinds(False))
        self.heals = bool((rules.ENERGY[kinds] > 0).any())
        self.splashes = bool((rules.SPLASH[kinds] > 0).any())
        self.banelings = bool(rules.BANELING[kinds].any())
        self.shields = bool((rules.SHIELD[kinds] > 0).any())
        self.zerg = bool(rules.ZERG[kinds].any())
