"""SMAC's options under their names, each said once: what is seen, and what every environment with its battles takes."""

from __future__ import annotations

from dataclasses import dataclass, fields

from envs.smac_reward import RewardOptions


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
    """SMACv2's too."""

    obs_own_pos: bool = False
    conic_fov: bool = False
    num_fov_actions: int = 12  # with conic_fov


@dataclass(frozen=True, kw_only=True)
class BattleOptions(ViewOptions, RewardOptions):
    """What an environment with SMAC's battles takes, with SMAC's defaults.

    step_mul: game loops of a step. move_amount: cells that a move aims at.
    continuing_episode: the time limit is no end of the task, and its last state still has a value.
    """

    step_mul: int = 8
    move_amount: float = 2.0
    continuing_episode: bool = False

    def view(self) -> SmacOptions:
        """All that shapes state and observations; SMACv2's defaults are off where an environment lacks the option."""
        return SmacOptions(**{f.name: getattr(self, f.name) for f in fields(SmacOptions) if hasattr(self, f.name)})
