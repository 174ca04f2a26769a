"""StarCraft II micromanagement (SMAC's maps) through the public packages smacv2 and pysc2.

Legend: A agents, E enemies, O observation, S state, U actions.
"""

from __future__ import annotations

import inspect
import logging
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from envs.multiagentenv import MultiAgentEnv
from envs.sc2_description import describe_sc2, layout_of
from envs.sc2_game import Game, GameLost, get_smac_map_registry
from envs.sc2_install import check_install, check_replay_dir
from envs.sc2_options import SC2Options, signature_of
from envs.sc2_ranges import RangeKeeper
from envs.suggest import nearest
from llm_credit.task import TaskDescription
from utils.errors import EnvironmentLost, UserError
from utils.seeding import draw_seed, env_seed

log = logging.getLogger("pymarl")


class SC2Env(MultiAgentEnv):
    """One SMAC map, played in one game process that is started at the first use and again after a crash.

    seed: of the game and of all else that is drawn; null draws one. options: the fields of SC2Options.
    Raises UserError for an unknown map, and where the game, its version or the map's file is missing.
    """

    __signature__: ClassVar[inspect.Signature] = signature_of(SC2Options)  # the keys of env_args
    options_class: ClassVar[type[SC2Options]] = SC2Options
    config_name: ClassVar[str] = "sc2"
    draws_armies: ClassVar[bool] = False  # SMACv2 does; SMAC's maps bring their units
    capability_config: dict[str, Any] | None = None  # what SMACv2 draws

    def __init__(self, seed: int | None = None, **options: Any) -> None:
        self.options = self.options_class(**options)
        self.map_name = self.options.map_name
        self.installed = check_install(self.map_name, self._map_file(), self.options.game_version)
        if self.options.replay_dir:
            check_replay_dir(self.options.replay_dir)
        self._seed = draw_seed() if seed is None else seed
        self.restarts = 0
        self.game = self._build_game()
        self.n_agents = int(self.game.n_agents)
        self.episode_limit = int(self.game.episode_limit)
        self._obs: list[np.ndarray] = []
        self._state = np.zeros(0, dtype=np.float32)
        self._ranges: RangeKeeper | None = None  # from the first episode on: the game knows the size of the map

    def _map_file(self) -> str:
        registry = get_smac_map_registry()
        names = [name for name in registry if name.startswith("10gen_") == self.draws_armies]
        if self.map_name in names:
            return f"SMAC_Maps/{registry[self.map_name]['map_name']}.SC2Map"
        other = "--env-config=sc2 has SMAC's maps" if self.draws_armies else "--env-config=sc2_v2 has the 10gen maps"
        hint = f"{other}." if self.map_name in registry else nearest(self.map_name, names)
        if self.map_name.startswith("sk_"):
            hint = f"--env-config=skirmish plays {self.map_name}, without the game."
        raise UserError(f"env_args.map_name={self.map_name} is no map of env={self.config_name}. {hint}")

    # -- what sc2_v2 does differently
    def _build_game(self) -> Game:
        return Game(self.options, seed=self._seed)

    def _draw_episode(self) -> dict[str, Any]:
        """What the package's reset is told."""
        return {}

    # -- episodes
    def reset(self) -> tuple[list[np.ndarray], np.ndarray]:
        """Raises EnvironmentLost where the game does not come up any more."""
        while True:
            try:
                self._observe(*self.game.reset(self._draw_episode()))
            except GameLost as e:
                self._restart_game(e)
            else:
                return self._obs, self._state

    def step(self, actions: Sequence[int] | np.ndarray) -> tuple[float, bool, dict[str, Any]]:
        """See the base class; an episode whose game is lost ends as a dropped one."""
        try:
            reward, over, info = self.game.step([int(a) for a in actions])
        except GameLost as e:
            self._restart_game(e)
            return 0.0, True, {"episode_dropped": True}
        self._observe(self.game.get_obs(), self.game.get_state())
        return float(reward), bool(over), info

    def _observe(self, obs: Sequence[np.ndarray], state: np.ndarray) -> None:
        """Keeps what is seen at this step: looking twice could show other things (SMACv2's partial observability)."""
        self._obs = [np.asarray(o, dtype=np.float32) for o in obs]  # A x [O]
        whole = self.options.obs_instead_of_state
        seen = np.concatenate(self._obs) if whole else np.asarray(state, dtype=np.float32)  # [S]
        if self._ranges is None:
            self._ranges = RangeKeeper(layout_of(self).state_fields(), f"{self.config_name}, {self.map_name}")
        self._state = self._ranges.keep(seen)

    def _restart_game(self, cause: GameLost) -> None:
        """Ends what is left of the game; the next reset starts another, with a seed of its own."""
        self.game.kill()
        self.restarts += 1
        if self.restarts > self.options.max_restarts:
            raise EnvironmentLost(
                f"StarCraft II failed {self.restarts} times on {self.map_name} (env_args.max_restarts="
                f"{self.options.max_restarts}); the last time: {cause}"
            ) from cause
        self.game.seed_generators(env_seed(self._seed, self.restarts))  # not the episodes of the lost game once more
        log.warning(
            "StarCraft II failed on %s (%s); it is started again, restart %d of at most %d",
            self.map_name,
            cause,
            self.restarts,
            self.options.max_restarts,
        )

    # -- what is seen
    def get_obs(self) -> list[np.ndarray]:
        return self._obs

    def get_obs_size(self) -> int:
        return int(self.game.get_obs_size())

    def get_state(self) -> np.ndarray:
        return self._state

    def get_state_size(self) -> int:
        if self.options.obs_instead_of_state:
            return self.n_agents * self.get_obs_size()
        return int(self.game.get_state_size())

    def get_avail_agent_actions(self, agent_id: int) -> list[int]:
        return self.game.get_avail_agent_actions(agent_id)

    def get_total_actions(self) -> int:
        return int(self.game.get_total_actions())

    def describe(self) -> TaskDescription:
        """Starts the game, which knows the size of the map. Raises UserError where it does not start."""
        return describe_sc2(self)

    def get_stats(self) -> dict[str, float]:
        """Counts over all episodes; those of a lost game's last episode are not among the battles."""
        game = self.game
        return {
            "battles_game": game.battles_game,
            "battles_won": game.battles_won,
            "timeouts": game.timeouts,
            "sc2_restarts": self.restarts,
        }

    # -- the rest
    def seed(self, seed: int | None = None) -> int:
        """A new seed needs a new game: the next reset starts it."""
        if seed is not None:
            self._seed = seed
            self.game.kill()
            self.game.seed_generators(seed)
        return self._seed

    def render(self) -> np.ndarray:
        """The current step as an image, ``[height, width, 3]``. Raises UserError where a package for it is missing."""
        return self.game.picture()

    def save_replay(self) -> None:
        """Saves all episodes since the game was started, as the game's own replay file."""
        self.game.save_replay()

    def close(self) -> None:
        self.game.close()
