"""The package's game with two methods computed faster and one source of irreproducibility removed.

Legend: A agents, F foods, O observation. A cell is ``(row, col)``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from lbforaging.foraging.environment import Action, ForagingEnv, Player

Triple = tuple[int, int, int]  # row, column, level
ABSENT: Triple = (-1, -1, 0)


class OrderedPlayer(Player):
    """A player whose hash is its number.

    The game keeps loading players in a ``set`` and takes them out one after the other. With the default hash, which is
    the object's address, their order would differ from process to process.
    """

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number

    def __hash__(self) -> int:
        return self.number

    def __eq__(self, other: object) -> bool:
        return self is other


class FastForaging(ForagingEnv):
    """``ForagingEnv`` whose observations and legal moves equal the package's (tested), at a fraction of the time.

    The rules themselves (moves, loading, rewards, where players and food appear) are the package's own code.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.players: list[OrderedPlayer] = [OrderedPlayer(i) for i in range(self.n_agents)]
        self.obs = np.zeros((len(self.players), *self.observation_space[0].shape), dtype=np.float32)  # [A, O]
        self.agents: list[Triple] = []  # where everybody is
        self._slots: list[Triple] = []  # the episode's foods as they were placed, row by row
        self._foods: dict[tuple[int, int], int] = {}  # cell -> level of the foods that are left

    @property
    def food_slots(self) -> list[Triple]:
        """F foods; a food keeps its slot for the episode, ABSENT once eaten or where none could be placed."""
        left = self._foods
        slots = [food if food[:2] in left else ABSENT for food in self._slots]
        return slots + [ABSENT] * (self.max_num_food - len(slots))

    def _observations(self) -> np.ndarray:
        """Every agent's vector as the package makes it, float32 ``[A, O]``: foods in sight, oneself, others in sight.

        Positions count from the corner of the window of ``sight`` cells around oneself.
        """
        agents = self.agents
        return np.array([self._values_seen(i, agents) for i in range(len(agents))], dtype=np.float32)

    def _values_seen(self, me: int, agents: list[Triple]) -> list[int]:
        row, col, level = agents[me]
        sight = self.sight
        top, left = max(row - sight, 0), max(col - sight, 0)
        foods = [
            (r - top, c - left, food)
            for (r, c), food in self._foods.items()
            if top <= r <= row + sight and left <= c <= col + sight
        ]
        # The package lets an agent near the top or left edge see others up to 2 * sight away: kept, it is the task.
        others = [
            (r - top, c - left, lev)
            for i, (r, c, lev) in enumerate(agents)
            if i != me and 0 <= r - top <= 2 * sight and 0 <= c - left <= 2 * sight
        ]
        foods += [ABSENT] * (self.max_num_food - len(foods))
        seen = [(row - top, col - left, level), *others] + [ABSENT] * (len(agents) - 1 - len(others))
        size = 3 if self._observe_agent_levels else 2
        return [v for food in foods for v in food] + [v for agent in seen for v in agent[:size]]

    # What follows replaces methods of the package.

    def spawn_food(self, *args: Any, **kwargs: Any) -> None:
        super().spawn_food(*args, **kwargs)
        cells = np.argwhere(self.field).tolist()
        self._slots = [(row, col, int(self.field[row, col])) for row, col in cells]

    def _gen_valid_moves(self) -> None:
        """Called by the package after every change, and so the place to note where agents are and what food is left."""
        field, rows, cols = self.field, self.rows, self.cols
        self.agents = [(int(p.position[0]), int(p.position[1]), int(p.level)) for p in self.players]
        foods = self._foods = {(row, col): level for row, col, level in self._slots if field[row, col]}
        self._valid_actions = {}
        for player, (row, col, _) in zip(self.players, self.agents, strict=True):
            valid = [Action.NONE]
            near_food = False
            for action, r, c in (
                (Action.NORTH, row - 1, col),
                (Action.SOUTH, row + 1, col),
                (Action.WEST, row, col - 1),
                (Action.EAST, row, col + 1),
            ):
                if (r, c) in foods:
                    near_food = True
                elif 0 <= r < rows and 0 <= c < cols:
                    valid.append(action)
            if near_food:
                valid.append(Action.LOAD)
            self._valid_actions[player] = valid

    def _make_gym_obs(self) -> tuple[np.ndarray, ...]:
        """Called by the package once per reset and step."""
        self.obs = self._observations()
        return tuple(self.obs)
