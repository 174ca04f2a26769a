"""smacv2's StarCraft II environment, with its faults corrected from outside.

smacv2 (https://github.com/oxwhirl/smacv2) is used as it is; what is wrong in it is overridden here:

- on SMAC's maps with several unit types ``get_unit_type_id`` counts agents' types as if they were enemies';
- on those maps an enemy that nobody has seen yet blanks what an agent observes of the enemies before it;
- there, too, the reward cuts off what enemies regain, where SMAC takes its size;
- ``reset`` before the first episode has ended starts a second game;
- a crash is recovered half: the next episode begins with the units of the lost game;
- its random numbers come from global generators and from the operating system.
"""

from __future__ import annotations

import contextlib
import logging
import os
import random
import signal
import sys
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from envs.sc2_options import SC2Options
from utils.errors import UserError

try:  # the one place that imports the packages
    from pysc2.lib import protocol, remote_controller, sc_process
    from smacv2.env.starcraft2.distributions import Distribution
    from smacv2.env.starcraft2.maps.smac_maps import get_smac_map_registry
    from smacv2.env.starcraft2.starcraft2 import CannotResetException, StarCraft2Env
    from smacv2.env.starcraft2.wrapper import StarCraftCapabilityEnvWrapper
except TypeError as e:  # protobuf: "Descriptors cannot be created directly"
    raise UserError(
        f"pysc2 cannot be imported: s2clientprotocol does not fit the installed protobuf ({str(e).splitlines()[0]}). "
        "Remove it (pip uninstall s2clientprotocol) and call make sc2, which installs pys2clientprotocol in its place"
    ) from e

__all__ = ["Distribution", "Game", "GameLost", "StarCraftCapabilityEnvWrapper", "get_smac_map_registry"]

log = logging.getLogger("pymarl")

GEN_MAPS = ("protoss_gen", "terran_gen", "zerg_gen")  # smacv2's map types with armies drawn anew for each episode


STAND_IN = "STAND-IN"  # what the tests' program says in the place of the version of its data


class RunningVersion(NamedTuple):
    """``game`` as ``4.10.0``; ``data``: the version of the units' values, which the game names by a hash."""

    game: str
    data: str


class GameLost(Exception):
    """The game crashed, hung or lost its connection; it has to be started again."""


LAUNCH_ERRORS = (
    sc_process.SC2LaunchError,
    remote_controller.ConnectError,
    remote_controller.RequestError,
    protocol.ProtocolError,
    protocol.ConnectionError,
    CannotResetException,
    OSError,
)


class Game(StarCraft2Env):
    """One battle after the other in one game process, until :class:`GameLost` is raised.

    changes: arguments of the package's class in place of those in ``options``.
    """

    max_reward: float
    reward_only_positive: bool
    reward_negative_scale: float
    renderer: Any
    _controller: Any
    _sc2_proc: Any
    _episode_count: int

    def __init__(self, options: SC2Options, seed: int, **changes: Any) -> None:
        self._step_timeout, self._start_timeout = options.step_timeout, options.start_timeout
        self._avail: dict[int, list[int]] = {}
        self.on_seed: Callable[[int], None] = lambda seed: None  # for others who draw
        super().__init__(**{**options.package_options(), **changes, "seed": seed})
        self._first_max_reward = self.max_reward
        self._untouched = False  # started, and no episode begun
        self.generated = self.map_type in GEN_MAPS
        self.seed_generators(seed)

    # -- chance
    def seed_generators(self, seed: int) -> None:
        """Starts the generators anew; the game itself takes ``seed`` when it is started the next time."""
        self._seed = seed
        self._rng = np.random.default_rng(seed)
        self._python_rng = random.Random(seed)
        self.on_seed(seed)

    @contextlib.contextmanager
    def own_chance(self) -> Iterator[None]:
        """Lends our generators to code that draws from the global ones."""
        ours, theirs = np.random.RandomState(self._rng.integers(2**32)), np.random.get_state()
        python = random.getstate()
        np.random.set_state(ours.get_state())
        random.setstate(self._python_rng.getstate())
        try:
            yield
        finally:
            self._python_rng.setstate(random.getstate())
            random.setstate(python)
            np.random.set_state(theirs)

    # -- the game's process
    def reset(self, episode_config: dict[str, Any] | None = None) -> tuple[list[np.ndarray], np.ndarray]:
        """Starts an episode, and the game where none runs. Raises GameLost."""
        if self._episode_count == 0:
            self.max_reward = self._first_max_reward  # the package adds the enemies' health to it
        self._avail = {}
        try:
            first = super().reset(episode_config or {})
        except LAUNCH_ERRORS as e:
            raise GameLost(f"{type(e).__name__}: {e}") from e
        self._episode_count = max(1, self._episode_count)  # 0 would make the next reset a first one again
        return first

    def start(self) -> None:
        """Starts the game where none runs, and begins no episode. Raises GameLost."""
        if self._controller is not None:
            return
        try:
            with self._start_timeouts():
                super()._launch()
        except LAUNCH_ERRORS as e:
            raise GameLost(f"{type(e).__name__}: {e}") from e
        # For every answer from now on: a game that hangs looks like a lost connection then.
        self._connection().settimeout(self._step_timeout)
        self._untouched = True

    def _connection(self) -> Any:
        return self._controller._client._sock

    def _launch(self) -> None:
        self._start_or_clear()

    def _restart(self) -> None:
        self._start_or_clear()

    def _start_or_clear(self) -> None:
        """Both of the package's ways to begin an episode: which one is right depends on the process, not on counts."""
        if self._controller is not None and not self._untouched:
            super()._restart()
        self.start()
        self._untouched = False

    @contextlib.contextmanager
    def _start_timeouts(self) -> Iterator[None]:
        """pysc2 takes this time-out from its command line's flags only."""
        flags = remote_controller.FLAGS
        before = flags.sc2_timeout
        flags.sc2_timeout = max(1, round(self._start_timeout))
        try:
            yield
        finally:
            flags.sc2_timeout = before

    def full_restart(self) -> None:
        """Called by the package where the connection is lost; whoever plays decides what follows."""
        raise GameLost("the connection to the game was lost")

    def kill(self) -> None:
        """Ends the game at once, whatever state it is in. Safe to repeat."""
        process, self._sc2_proc, self._controller = self._sc2_proc, None, None
        if process is None:
            return
        if process.pid is not None:  # asked politely, one that hangs would take seconds
            with contextlib.suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGKILL if sys.platform != "win32" else signal.SIGTERM)
        process.close()

    def close(self) -> None:
        if self.renderer is not None:
            self.renderer.close()
            self.renderer = None
        self.kill()

    def running_version(self) -> RunningVersion:
        """What the running game says of itself. Raises GameLost."""
        try:
            answer = self._controller.ping()
        except LAUNCH_ERRORS as e:
            raise GameLost(f"{type(e).__name__}: {e}") from e
        return RunningVersion(str(answer.game_version), str(answer.data_version))

    def save_replay(self) -> None:
        """All that this game process has played, into the game's folder Replays or ``replay_dir``. Raises UserError."""
        if self._controller is None:
            raise UserError("there is no StarCraft II replay to save: no episode has been played")
        # Environments that save in the same second would write one file.
        prefix = f"{self.replay_prefix or self.map_name}_seed{self._seed}"
        try:
            path = self._run_config.save_replay(self._controller.save_replay(), self.replay_dir, prefix)
        except LAUNCH_ERRORS as e:
            where = self.replay_dir or "the game's folder Replays"
            raise UserError(f"the StarCraft II replay cannot be saved to {where}: {type(e).__name__}: {e}") from e
        log.info("Saved a replay: %s", path)

    def picture(self) -> np.ndarray:
        """The current step, ``[height, width, 3]``."""
        if self._controller is None:
            raise UserError("there is nothing to draw before the first episode has begun")
        with _tolerant_shuffle():
            try:
                return self.render(mode="rgb_array")
            except ModuleNotFoundError as e:
                raise UserError(
                    f"drawing StarCraft II needs {e.name}: pip install pygame-ce and pip install --no-deps sk-video"
                ) from e

    # -- what is seen
    def get_unit_type_id(self, unit: Any, ally: bool) -> int:
        if ally and not self.generated:
            return int(unit.unit_type - self._min_unit_type)
        return int(super().get_unit_type_id(unit, ally))

    def get_obs(self) -> list[np.ndarray]:
        if self.generated:
            order = self._rng.permutation(self.n_agents).tolist()  # who looks first tells the others what is there
            with self.own_chance() if self.prob_obs_enemy < 1 else contextlib.nullcontext():
                seen = {i: self.get_obs_agent(i, fully_observable=self.fully_observable) for i in order}
            return [seen[i] for i in range(self.n_agents)]
        self.obs_enemies[:] = 1  # in SMAC an agent sees what is in its sight, whatever others have seen
        return [self.get_obs_agent(i, fully_observable=self.fully_observable) for i in range(self.n_agents)]

    def get_avail_agent_actions(self, agent_id: int) -> list[int]:
        """Computed once a step; the package asks for it several times."""
        if self.conic_fov:  # changes while the agents act
            return super().get_avail_agent_actions(agent_id)
        if agent_id not in self._avail:
            self._avail[agent_id] = super().get_avail_agent_actions(agent_id)
        return self._avail[agent_id]

    def get_true_avail_agent_actions(self, agent_id: int) -> list[int]:
        if self.action_mask:  # then the two do not differ
            return self.get_avail_agent_actions(agent_id)
        return super().get_true_avail_agent_actions(agent_id)

    def reward_battle(self) -> float:
        """SMAC's on its maps: what enemies regain counts by its size, where smacv2 counts nothing."""
        if self.generated or self.reward_sparse or not self.reward_only_positive:
            return float(super().reward_battle())
        scale, self.reward_negative_scale = self.reward_negative_scale, 0.0
        self.reward_only_positive = False  # with these two the package gives the sum before it is cut off at 0
        try:
            return abs(float(super().reward_battle()))
        finally:
            self.reward_only_positive, self.reward_negative_scale = True, scale

    def update_units(self) -> Any:
        self._avail = {}
        return super().update_units()

    def init_units(self, ally_team: Any, enemy_team: Any, episode_config: dict[str, Any] | None = None) -> None:
        self._avail = {}
        super().init_units(ally_team, enemy_team, episode_config=episode_config or {})


@contextlib.contextmanager
def _tolerant_shuffle() -> Iterator[None]:
    """pysc2's module of colours calls ``random.shuffle`` with the second argument that Python 3.11 took away."""
    shuffle = random.shuffle
    random.shuffle = lambda x, *_: shuffle(x)
    try:
        yield
    finally:
        random.shuffle = shuffle
