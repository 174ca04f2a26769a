"""The arguments of the stag hunt, under PyMARL2's names, and what they may be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from envs.suggest import need


@dataclass(frozen=True)
class StagHuntOptions:
    """Rewards are the team's; pairs of kinds of prey are ``[stag, hare]``; positions and shapes are ``[row, column]``.

    n_agents, n_stags, n_hare: how many of each; 1 to 64 agents.
    world_shape: height and width. toroidal: the world has no edges, it goes on at the other side.
    obstacles: cells that nobody can enter, the same in every episode. n_obstacles: so many more, drawn anew for each.
    capture_action: prey is caught by an action ``catch`` (True) or by leaving it no free cell (False).
    capture_action_conditions: with ``catch``: how many agents must catch at the same step.
    capture_conditions: without ``catch``: prey with at most so many free cells around it is caught.
    prevent_cannibalism: without ``catch``: prey is not caught unless an agent stands next to it.
    miscapture_punishment: added for each prey that some agents, but too few, tried to catch at a step.
    reward_stag, reward_hare, reward_collision (each move that an entity in the way prevents), reward_time (each step).
    capture_freezes: agents that took part in catching prey cannot act any more in that episode.
    remove_frozen: they leave the world, else they stand where they are. capture_terminal: any catch ends the episode.
    agent_move_block: what an agent cannot walk onto: 0 agents, 1 stags, 2 hares.
    p_stags_rest, p_hare_rest: the probability that prey stays at a step when it could move.
    mountain_slope: the probability that a step up (agents, hares) or down (stags) fails.
    mountain_spawn: stags appear in the top row, hares in the bottom row.
    mountain_agent_row: agents appear in that row; -1: anywhere.
    agent_obs: how many rows and columns an agent sees to each side. observe_state: it sees the whole world instead.
    observe_walls: it sees the world's edges and obstacles, as -1 in the agents' channel; observe_one_hot: as 1 in a
        channel of their own. observe_ids: it sees numbers, from 1, in place of ones.
    episode_limit: steps.
    truncate_episodes: an episode that runs out of time is only cut off, its last state has a value.
    state: ``entities`` (positions, one after the other, in lengths of the world's longer side) or ``grid`` (a value for
        each cell and kind, as PyMARL2).
    """

    n_agents: int = 8
    n_stags: int = 8
    n_hare: int = 0
    world_shape: Sequence[int] = (10, 10)
    toroidal: bool = False
    obstacles: Sequence[Any] = ()
    n_obstacles: int = 0
    capture_action: bool = True
    capture_action_conditions: Sequence[int] = (2, 1)
    capture_conditions: Sequence[int] = (0, 1)
    prevent_cannibalism: bool = True
    miscapture_punishment: float = 0.0
    reward_stag: float = 10.0
    reward_hare: float = 1.0
    reward_collision: float = 0.0
    reward_time: float = 0.0
    capture_freezes: bool = True
    remove_frozen: bool = True
    capture_terminal: bool = False
    agent_move_block: Sequence[int] = (0, 1, 2)
    p_stags_rest: float = 0.0
    p_hare_rest: float = 0.0
    mountain_slope: float = 0.0
    mountain_spawn: bool = False
    mountain_agent_row: int = -1
    agent_obs: Sequence[int] = (2, 2)
    observe_state: bool = False
    observe_walls: bool = False
    observe_one_hot: bool = False
    observe_ids: bool = False
    episode_limit: int = 200
    truncate_episodes: bool = True
    state: Literal["entities", "grid"] = "entities"

    def __post_init__(self) -> None:
        """Raises UserError for values that make no game."""
        need(1 <= self.n_agents <= 64, "n_agents", self.n_agents, "a whole number from 1 to 64")
        for name in ("n_stags", "n_hare", "n_obstacles"):
            need(getattr(self, name) >= 0, name, getattr(self, name), "a whole number of at least 0")
        need(self.n_prey >= 1, "n_stags", self.n_stags, "at least 1, or n_hare must be: there is no prey")
        need(self.episode_limit >= 1, "episode_limit", self.episode_limit, "at least 1")
        need(self.state in ("entities", "grid"), "state", self.state, "entities or grid")
        for name in ("p_stags_rest", "p_hare_rest", "mountain_slope"):
            need(0 <= getattr(self, name) <= 1, name, getattr(self, name), "a probability from 0 to 1")
        least = 3 if self.toroidal else 1  # in a narrower torus the cells on both sides of prey would be one cell
        _check_numbers("world_shape", self.world_shape, 2, least, 1000)
        _check_numbers("agent_obs", self.agent_obs, 2, 0, 100)
        _check_numbers("capture_action_conditions", self.capture_action_conditions, 2, 1, 4)
        _check_numbers("capture_conditions", self.capture_conditions, 2, 0, 3)
        _check_numbers("agent_move_block", self.agent_move_block, None, 0, 2)
        for cell in self.obstacles:
            _check_numbers("obstacles", cell, 2, 0, 999)
            inside = all(x < side for x, side in zip(cell, self.world_shape, strict=True))
            need(
                inside, "obstacles", self.obstacles, f"cells of a world of {self.height} rows and {self.width} columns"
            )
        self._check_rows()

    def _check_rows(self) -> None:
        row = self.mountain_agent_row
        need(-1 <= row < self.height, "mountain_agent_row", row, f"-1, or a row from 0 to {self.height - 1}")
        wanted = self.n_agents + self.n_prey + self.n_obstacles
        free = self.height * self.width - len(self.blocked_cells)
        need(wanted <= free, "world_shape", list(self.world_shape), f"larger: {free} free cells for {wanted} entities")
        in_row = [0] * self.height
        for start, n in ((row, self.n_agents if row >= 0 else 0), (0, self._n_top), (self.height - 1, self._n_bottom)):
            in_row[start] += n
        for r, n in enumerate(in_row):
            room = self.width - sum(cell // self.width == r for cell in self.blocked_cells)
            need(
                n <= room,
                "world_shape",
                list(self.world_shape),
                f"wider: {n} are to appear in row {r}, room for {room}",
            )

    @property
    def _n_top(self) -> int:
        return self.n_stags if self.mountain_spawn else 0

    @property
    def _n_bottom(self) -> int:
        return self.n_hare if self.mountain_spawn else 0

    @property
    def height(self) -> int:
        return self.world_shape[0]

    @property
    def width(self) -> int:
        return self.world_shape[1]

    @property
    def unit(self) -> int:
        """Cells of the world's longer side: the length in which the entities' state gives positions."""
        return max(self.world_shape)

    @property
    def n_prey(self) -> int:
        return self.n_stags + self.n_hare

    @property
    def n_actions(self) -> int:
        return 6 if self.capture_action else 5

    @property
    def blocked_cells(self) -> set[int]:
        """The fixed obstacles' cells, ``row * width + column``."""
        return {row * self.width + column for row, column in self.obstacles}


def _check_numbers(name: str, values: Any, n: int | None, low: int, high: int) -> None:
    """``n`` whole numbers (None: any number of them) from ``low`` to ``high``."""
    right = isinstance(values, (list, tuple)) and (n is None or len(values) == n)
    right = right and all(type(x) is int and low <= x <= high for x in values)
    need(right, name, values, f"a list of {'' if n is None else f'{n} '}whole numbers from {low} to {high}")
