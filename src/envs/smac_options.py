"""SMAC's options under their names, each said once: what is seen, and what every environment with its battles takes."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

from envs.smac_reward import RewardOptions
from envs.suggest import need


@dataclass(frozen=True, kw_only=True)
class ViewOptions:
    """SMAC's options that shape state and observations."""

    obs_all_health: bool = True
    obs_own_health: bool = True
    obs_last_action: bool = False
    obs_pathing_grid: bool = False
    obs_terrain_height: bool = False
    obs_instead_of_state: bool = False
    obs_timestep_number: bool = False
    state_last_action: bool = True
    state_timestep_number: bool = False


@dataclass(frozen=True, kw_only=True)
class SmacOptions(ViewOptions):
    """SMACv2's too.

    conic_fov: an agent sees and shoots inside a cone, which it turns by one of num_fov_actions actions.
    use_unit_ranges: each type of unit sees and shoots as far as in the game. fully_observable: at any distance.
    """

    obs_own_pos: bool = False
    conic_fov: bool = False
    num_fov_actions: int = 12
    use_unit_ranges: bool = False
    fully_observable: bool = False


@dataclass(frozen=True, kw_only=True)
class BattleOptions(ViewOptions, RewardOptions):
    """What an environment with SMAC's battles takes, with SMAC's defaults. Raises UserError for impossible values.

    step_mul: game loops of a step. move_amount: cells that a move aims at.
    continuing_episode: the time limit is no end of the task, and its last state still has a value.
    """

    step_mul: int = 8
    move_amount: float = 2.0
    continuing_episode: bool = False

    def __post_init__(self) -> None:
        need(self.step_mul >= 1, "step_mul", self.step_mul, "at least 1 game loop")
        need(0 < self.move_amount < math.inf, "move_amount", self.move_amount, "a number of cells above 0")
        need(0 < self.reward_scale_rate < math.inf, "reward_scale_rate", self.reward_scale_rate, "above 0")
        for name in ("reward_death_value", "reward_win", "reward_negative_scale"):
            value = getattr(self, name)
            need(0 <= value < math.inf, name, value, "a number of at least 0")
        need(math.isfinite(self.reward_defeat), "reward_defeat", self.reward_defeat, "a finite number")

    def view(self) -> SmacOptions:
        """All that shapes state and observations; SMACv2's defaults are off where an environment lacks the option."""
        return SmacOptions(**{f.name: getattr(self, f.name) for f in fields(SmacOptions) if hasattr(self, f.name)})
