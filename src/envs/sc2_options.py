"""The arguments of ``env=sc2`` and ``env=sc2_v2``: SMAC's and SMACv2's options under their names, and ours."""

from __future__ import annotations

import inspect
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, Literal

from envs.smac_options import BattleOptions, SmacOptions

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

    # the package fails with obs_instead_of_state: the adapter makes that state
    ours: ClassVar[tuple[str, ...]] = ("step_timeout", "start_timeout", "max_restarts", "obs_instead_of_state")

    def package_options(self) -> dict[str, Any]:
        """What the package's constructor takes."""
        return {f.name: getattr(self, f.name) for f in fields(self) if f.name not in self.ours}


@dataclass(frozen=True, kw_only=True)
class SC2v2Options(SC2Options, SmacOptions):
    """SMACv2's options, with the defaults of its shipped configs, on top of SMAC's.

    capability_config: what is drawn for each episode; config/envs/sc2_v2.yaml shows one.
    """

    capability_config: dict[str, Any] = field(default_factory=dict)
    obs_own_pos: bool = True
    use_unit_ranges: bool = True
    min_attack_range: float = 2
    fully_observable: bool = False
    prob_obs_enemy: float = 1.0
    action_mask: bool = True


def signature_of(options: type[SC2Options]) -> inspect.Signature:
    """What an adapter with these options is called with."""
    signature = inspect.signature(options, eval_str=True)
    seed = inspect.Parameter("seed", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=int | None)
    return signature.replace(
        parameters=[*signature.parameters.values(), seed], return_annotation=inspect.Signature.empty
    )
