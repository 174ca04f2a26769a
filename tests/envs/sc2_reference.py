"""Plays episodes of the public smac package and writes down what it showed: ``python sc2_reference.py MAP SEED FILE``.

A program of its own: smac and smacv2 define the same maps and cannot be imported together.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np

EPISODES = 2


def record(env: Any, seed: int) -> dict[str, np.ndarray]:
    """Everything that an environment with SMAC's methods shows in episodes of random actions."""
    rng = np.random.default_rng(seed)
    seen: dict[str, list[Any]] = {key: [] for key in ("state", "obs", "avail", "reward", "over")}
    for _ in range(EPISODES):
        env.reset()
        over = False
        while True:
            seen["state"].append(env.get_state())
            seen["obs"].append(np.array(env.get_obs()))
            seen["avail"].append(env.get_avail_actions())
            if over:
                break
            actions = [int(rng.choice(np.flatnonzero(row))) for row in seen["avail"][-1]]
            reward, over, _ = env.step(actions)
            seen["reward"].append(reward)
            seen["over"].append(over)
    return {key: np.array(values) for key, values in seen.items()}


def main(map_name: str, seed: str, file: str) -> None:
    from smac.env import StarCraft2Env

    env = StarCraft2Env(map_name=map_name, seed=int(seed))
    try:
        np.savez(Path(file), **record(env, int(seed)))
    finally:
        env.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
