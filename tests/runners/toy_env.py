"""A small deterministic environment that can also misbehave; tests register it as ``env=toy``."""

from __future__ import annotations

import os
import time
from typing import Any

import numpy as np

from envs.multiagentenv import MultiAgentEnv
from llm_credit.task import Action, Agent, StateField, TaskDescription
from utils.errors import EnvironmentLost


class ToyEnv(MultiAgentEnv):
    """Two agents, random states; the reward is the number of agents that choose action 1.

    ``length``: steps until it ends; ``ends``: really, or by its time limit. ``fault`` happens at step 2 of episode 2.
    """

    n_agents = 2

    def __init__(self, length: int = 5, ends: bool = True, fault: str = "", seed: int | None = None) -> None:
        self.episode_limit = length
        self.ends, self.fault = ends, fault
        self.own_seed = seed or 0
        self.rng = np.random.default_rng(seed)
        self.t = self.episode = 0
        self._draw()

    def _draw(self) -> None:
        self.state = self.rng.random(4).astype(np.float32)

    def reset(self) -> tuple[list[np.ndarray], np.ndarray]:
        self.t = 0
        self.episode += 1
        # episodes of unlike length, so that padding matters
        self.last = int(self.rng.integers(2, self.episode_limit + 1)) if self.ends else self.episode_limit
        self._draw()
        return self.get_obs(), self.get_state()

    def step(self, actions: Any) -> tuple[float, bool, dict[str, Any]]:
        self.t += 1
        self._draw()
        if self.fault and self.episode == 2 and self.t == 2:
            if self.fault == "drop" or (self.fault == "drop_some" and self.own_seed % 2):
                return 0.0, True, {"episode_dropped": True}
            if self.fault != "drop_some":
                self._misbehave()
        over = self.t >= self.last
        return (
            float(np.sum(np.asarray(actions) == 1)),
            over,
            {"episode_limit": over and not self.ends, "won": float(over)},
        )

    def _misbehave(self) -> None:
        if self.fault == "die":
            os.kill(os.getpid(), 9)
        if self.fault == "hang":
            time.sleep(1000)
        if self.fault == "lose":
            raise EnvironmentLost("the toy is lost")
        raise RuntimeError("the toy broke")

    def get_obs(self) -> list[np.ndarray]:
        return [self.state[:3], self.state[1:]]

    def get_obs_size(self) -> int:
        return 3

    def get_state(self) -> np.ndarray:
        return self.state

    def get_state_size(self) -> int:
        return 4

    def get_avail_agent_actions(self, agent_id: int) -> list[int]:
        return [1, 1, 0] if agent_id == 0 else [1, 1, 1]

    def get_total_actions(self) -> int:
        return 3

    def describe(self) -> TaskDescription:
        return TaskDescription(
            name="toy",
            family="toy",
            summary="Choose action 1.",
            agents=(Agent("a"), Agent("b")),
            actions=tuple(Action(f"action_{u}") for u in range(3)),
            state_fields=(StateField("noise", 0, size=4),),
            state_dim=4,
            obs_dim=3,
            reward="The number of agents that choose action 1.",
            return_low=0.0,
            return_high=2.0 * self.episode_limit,
            episode_end="At random.",
            episode_limit=self.episode_limit,
        )

    def get_stats(self) -> dict[str, float]:
        return {"toy_episodes": self.episode}

    def seed(self, seed: int | None = None) -> None:
        self.rng = np.random.default_rng(seed)

    def rng_state(self) -> Any:
        return self.rng.bit_generator.state

    def set_rng_state(self, state: Any) -> None:
        self.rng.bit_generator.state = state

    def close(self) -> None:
        pass
