"""What agents and mixer see of a stag hunt.

Legend: b environments, A agents, P prey, C cells, K cells of a window, F channels, U actions.
"""

from __future__ import annotations

import numpy as np

from envs.stag_hunt_options import StagHuntOptions
from envs.stag_hunt_rules import CATCH, STAY
from envs.stag_hunt_world import AGENT, HARE, STAG, WALL, World


class Views:
    """Arrays made from positions.

    ``content [b, C + 1]``: bits of every cell; ``agents [b, A]``, ``prey [b, P]``, ``obstacles [b, k]``: their cells
    (obstacles: those drawn for the episode); ``active [b, A]``: whether an agent is not frozen.
    """

    def __init__(self, options: StagHuntOptions, world: World) -> None:
        self._o, self._world = options, world
        self._places = np.clip(world.positions, 0.0, None) / np.float32(options.unit)  # [C + 1, 2]; `out` at 0, 0
        self._seen = _channels(4 if options.observe_one_hot else 3, options.observe_walls, options.observe_one_hot)
        own_channel = options.n_obstacles > 0
        self._grid = _channels(4 if own_channel else 3, own_channel, own_channel)
        self._hides_frozen = options.capture_freezes and options.remove_frozen

    @property
    def obs_size(self) -> int:
        channels = self._seen.shape[1]
        if self._o.observe_state:
            return self._world.out * (channels + 1)
        return self._world.windows.shape[1] * channels

    @property
    def state_size(self) -> int:
        if self._o.state == "grid":
            return self._world.out * self._grid.shape[1]
        own = 3 if self._o.capture_freezes else 2
        return own * self._o.n_agents + 3 * self._o.n_prey + 2 * self._o.n_obstacles

    def obs(self, content: np.ndarray, agents: np.ndarray, prey: np.ndarray, active: np.ndarray) -> np.ndarray:
        """``[b, A, O]``: the agent's window row by row, F values a cell: agents, stags, hares (and walls)."""
        b, a = agents.shape
        world = self._seen.take(content, axis=0)  # [b, C + 1, F]
        if self._o.observe_ids:
            self._number(world, agents, prey)
        if self._o.observe_state:
            whole = np.broadcast_to(world[:, np.newaxis, :-1], (b, a, self._world.out, world.shape[2]))
            itself = np.arange(self._world.out) == agents[:, :, np.newaxis]  # [b, A, C]
            seen = np.concatenate([whole, itself[..., np.newaxis]], axis=3, dtype=np.float32)  # [b, A, C, F + 1]
        else:
            first = np.arange(b) * (self._world.out + 1)
            cells = self._world.windows.take(agents, axis=0) + first[:, np.newaxis, np.newaxis]  # [b, A, K]
            seen = world.reshape(-1, world.shape[2]).take(cells, axis=0)  # [b, A, K, F]
        seen = seen.reshape(b, a, -1)
        if self._hides_frozen and not active.all():
            seen[~active] = 0
        return seen

    def _number(self, world: np.ndarray, agents: np.ndarray, prey: np.ndarray) -> None:
        """Writes an entity's number, from 1, in place of its one."""
        n_stags = self._o.n_stags
        for channel, cells in enumerate((agents, prey[:, :n_stags], prey[:, n_stags:])):
            numbers = np.arange(1, cells.shape[1] + 1)
            episode, entity = np.nonzero(cells != self._world.out)
            world[episode, cells[episode, entity], channel] = numbers[entity]

    def state(
        self, content: np.ndarray, agents: np.ndarray, prey: np.ndarray, active: np.ndarray, obstacles: np.ndarray
    ) -> np.ndarray:
        """``[b, S]``; entities: agents (row, column, active), prey (row, column, alive), obstacles (row, column).

        Positions are in lengths of the world's longer side: a learned mixer that is given whole cells hardly learns.
        """
        b = len(agents)
        if self._o.state == "grid":
            return self._grid.take(content[:, :-1], axis=0).reshape(b, -1)  # [b, C, F] -> [b, C * F]
        rows, columns = self._places.T
        own = 3 if self._o.capture_freezes else 2
        state = np.empty((b, self.state_size), dtype=np.float32)
        first = 0
        for cells, stride in ((agents, own), (prey, 3), (obstacles, 2)):
            end = first + cells.shape[1] * stride
            state[:, first:end:stride] = rows[cells]
            state[:, first + 1 : end : stride] = columns[cells]
            first = end
        end = own * self._o.n_agents
        if own == 3:
            state[:, 2:end:3] = active
        state[:, end + 2 : end + 3 * self._o.n_prey : 3] = prey != self._world.out
        return state

    def avail_actions(self, content: np.ndarray, agents: np.ndarray, active: np.ndarray) -> np.ndarray:
        """``[b, A, U]``: no move into walls, no catch without prey beside; nothing but ``stay`` for the frozen."""
        avail = np.empty((*agents.shape, self._o.n_actions), dtype=np.int32)
        beside = content[np.arange(len(agents))[:, np.newaxis, np.newaxis], self._world.neighbours[agents]]  # [b, A, 4]
        avail[:, :, :STAY] = beside & WALL == 0
        if self._o.capture_action:
            avail[:, :, CATCH] = (beside & (STAG | HARE) != 0).any(axis=2)
        avail *= active[:, :, np.newaxis]
        avail[:, :, STAY] = 1
        return avail


def _channels(n: int, walls: bool, own_channel: bool) -> np.ndarray:
    """What each content of a cell (16 sets of bits) looks like, ``[16, n]``."""
    table = np.zeros((16, n), dtype=np.float32)
    content = np.arange(16)
    for channel, bit in enumerate((AGENT, STAG, HARE)):
        table[:, channel] = content & bit != 0
    if walls:
        table[content & WALL != 0, 3 if own_channel else 0] = 1 if own_channel else -1
    return table
