"""The grid of the stag hunt as tables, and where everybody appears.

A cell is a number, ``row * width + column``; the number after the last cell, ``out``, stands for everything outside the
world: behind an edge, and where caught prey and removed agents are.

Legend: C cells, K cells of a window, B environments.
"""

from __future__ import annotations

import numpy as np

from envs.stag_hunt_options import StagHuntOptions

AGENT, STAG, HARE, WALL = 1, 2, 4, 8  # bits of a cell's content; an obstacle is a wall
MOVES = ((0, 1), (1, 0), (0, -1), (-1, 0))  # right, down, left, up: the first four actions


class World:
    """neighbours ``[C + 1, 4]``: the cells that the four moves lead to.

    windows ``[C + 1, K]``: the cells seen from one, row by row. positions ``[C + 1, 2]``: row and column, -1 for `out`.
    empty ``[C + 1]``: the content of a world without anybody.
    """

    def __init__(self, options: StagHuntOptions) -> None:
        self.height, self.width = options.height, options.width
        self.out = self.height * self.width
        self._toroidal = options.toroidal
        rows, columns = options.agent_obs
        window = [(r, c) for r in range(-rows, rows + 1) for c in range(-columns, columns + 1)]
        self.neighbours = self._shifted(MOVES)
        self.windows = self._shifted(window)
        self.positions = np.full((self.out + 1, 2), -1.0, dtype=np.float32)
        self.positions[:-1] = np.indices((self.height, self.width)).reshape(2, -1).T
        self.empty = np.zeros(self.out + 1, dtype=np.uint8)
        self.empty[[*options.blocked_cells, self.out]] = WALL
        self._groups = _groups(options)

    def _shifted(self, by: tuple[tuple[int, int], ...] | list[tuple[int, int]]) -> np.ndarray:
        """``[C + 1, len(by)]``: the cell that lies so many rows and columns from each."""
        rows, columns = np.indices((self.height, self.width)).reshape(2, -1, 1)  # [C, 1] each
        steps = np.array(by)  # [k, 2]
        rows, columns = rows + steps[:, 0], columns + steps[:, 1]  # [C, k]
        cells = rows % self.height * self.width + columns % self.width
        if not self._toroidal:
            inside = (rows >= 0) & (rows < self.height) & (columns >= 0) & (columns < self.width)
            cells = np.where(inside, cells, self.out)
        return np.concatenate([cells, np.full((1, len(by)), self.out)])

    def place(self, generator: np.random.Generator) -> dict[str, np.ndarray]:
        """Cells of ``agents stags hares obstacles``, all different, each at random among those that its row leaves."""
        order = generator.permutation(self.out)
        free = self.empty[order] == 0
        placed = {}
        for name, n, row in self._groups:
            allowed = np.flatnonzero(free if row < 0 else free & (order // self.width == row))[:n]
            placed[name] = order[allowed]
            free[allowed] = False
        return placed


def _groups(options: StagHuntOptions) -> list[tuple[str, int, int]]:
    """Name, number and row (-1: any) of what is placed; those with a row first, so that they find room in it."""
    spawn = options.mountain_spawn
    groups = [
        ("agents", options.n_agents, options.mountain_agent_row),
        ("stags", options.n_stags, 0 if spawn else -1),
        ("hares", options.n_hare, options.height - 1 if spawn else -1),
        ("obstacles", options.n_obstacles, -1),
    ]
    return sorted(groups, key=lambda group: group[2] < 0)
