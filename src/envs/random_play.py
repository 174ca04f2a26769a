"""Episodes of a policy that chooses among the available actions at random: data for a credit function's numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from envs.multiagentenv import MultiAgentEnv


def random_episodes(env: MultiAgentEnv, n: int, seed: int) -> list[dict[str, list[Any]]]:
    """``n`` episodes as ``{"states": [T][S], "actions": [T][A], "rewards": [T]}``: what an agent saw, did and got."""
    rng = np.random.default_rng(seed)
    episodes: list[dict[str, list[Any]]] = []
    while len(episodes) < n:
        episode, whole = _episode(env, rng)
        if whole:
            episodes.append(episode)
    return episodes


def _episode(env: MultiAgentEnv, rng: np.random.Generator) -> tuple[dict[str, list[Any]], bool]:
    """One episode, and whether it is whole (an environment whose program failed drops its episode)."""
    info: dict[str, Any] = {}
    episode: dict[str, list[Any]] = {"states": [], "actions": [], "rewards": []}
    env.reset()
    terminated = False
    while not terminated:
        actions = [int(rng.choice(np.flatnonzero(avail))) for avail in env.get_avail_actions()]
        episode["states"].append(np.asarray(env.get_state()).tolist())
        reward, terminated, info = env.step(actions)
        episode["actions"].append(actions)
        episode["rewards"].append(float(reward))
    return episode, not info.get("episode_dropped", False)
