"""The arguments of ``env=sc2`` and ``env=sc2_v2``: SMAC's and SMACv2's options under their names, and ours."""

from __future__ import annotations

import inspect
import math
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, Literal

from envs.smac_options import BattleOptions, SmacOptions
from envs.suggest import need

Difficulty = Literal["1", "2", "3", "4", "5", "6", "7", "8", "9", "A"]


@dataclass(frozen=True, kw_only=True)
class SC2Options(BattleOptions):
    """PyMARL2's options of ``sc2``, with its defaults; docs/environments/sc2.md says what each means.

    step_timeout: seconds that the game may take to answer; after that it is taken to hang and is started again.
    start_timeout: seconds that it may take to start.
    max_restarts: how often one environment may start its game again after a crash or a hang before the run ends.
    """

    map_name: str
    difficulty: Difficulty = "7"
    game_version: str | None = None
    replay_dir: str = ""
    replay_prefix: str = ""
    heuristic_ai: bool = False
    heuristic_rest: bool = False
    debug: bool = False
    step_timeout: float = 60
    start_timeout: float = 120
    max_restarts: int = 20

    def __post_init__(self) -> None:
        """Raises UserError for impossible values."""
        super().__post_init__()
        for name in ("step_timeout", "start_timeout"):
            value = getattr(self, name)
            need(0 < value < math.inf, name, value, "a number of seconds above 0")
        need(self.max_restarts >= 0, "max_restarts", self.max_restarts, "at least 0")
        need(
            "/" not in self.replay_prefix, "replay_prefix", self.replay_prefix, "a file's name (replay_dir: its folder)"
        )
        grid = self.obs_pathing_grid or self.obs_terrain_height
        whole = self.move_amount == int(self.move_amount)
        words = "a whole number of cells with obs_pathing_grid or obs_terrain_height, which look at points so far away"
        need(whole or not grid, "move_amount", self.move_amount, words)

    # the package fails with obs_instead_of_state: the adapter makes that state
    ours: ClassVar[tuple[str, ...]] = ("step_timeout", "start_timeout", "max_restarts", "obs_instead_of_state")

    def package_options(self) -> dict[str, Any]:
        """What the package's constructor takes."""
        options = {f.name: getattr(self, f.name) for f in fields(self) if f.name not in self.ours}
        if options["move_amount"] == int(options["move_amount"]):
            options["move_amount"] = int(options["move_amount"])  # the package indexes its grids with it
        return options


@dataclass(frozen=True, kw_only=True)
class SC2v2Options(SC2Options, SmacOptions):
    """SMACv2's options, with the defaults of its shipped configs, on top of SMAC's.

    capability_config: what is drawn for each episode; config/envs/sc2_v2.yaml shows one.
    """

    capability_config: dict[str, Any] = field(default_factory=dict)
    obs_own_pos: bool = True
    use_unit_ranges: bool = True
    min_attack_range: float = 2
    prob_obs_enemy: float = 1.0
    action_mask: bool = True

    def __post_init__(self) -> None:
        super().__post_init__()
        need(self.num_fov_actions >= 1, "num_fov_actions", self.num_fov_actions, "at least 1")
        need(0 <= self.min_attack_range < math.inf, "min_attack_range", self.min_attack_range, "at least 0 cells")
        need(0 <= self.prob_obs_enemy <= 1, "prob_obs_enemy", self.prob_obs_enemy, "a probability from 0 to 1")


def signature_of(options: type[SC2Options]) -> inspect.Signature:
    """What an adapter with these options is called with."""
    signature = inspect.signature(options, eval_str=True)
    seed = inspect.Parameter("seed", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=int | None)
    return signature.replace(
        parameters=[*signature.parameters.values(), seed], return_annotation=inspect.Signature.empty
    )
