"""One-step matrix games: every agent chooses once, the payoff tensor pays the team.

Legend: A agents, U actions.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from envs.multiagentenv import MultiAgentEnv
from llm_credit.task import Action, Agent, StateField, TaskDescription
from utils.errors import UserError


class MatrixGame(MultiAgentEnv):
    """One step with a constant state.

    payoff: nested lists, one level per agent: ``payoff[u_0][u_1]...`` is the team's reward. Agents may have unlike
        numbers of actions.
    seed: unused, the game has no chance in it.
    """

    def __init__(self, payoff: list[Any], seed: int | None = None) -> None:
        self.payoff = _tensor(payoff)
        self.n_agents = self.payoff.ndim
        self.episode_limit = 1
        self._n_actions = max(self.payoff.shape)
        self._over = 0

    def reset(self) -> tuple[list[np.ndarray], np.ndarray]:
        self._over = 0
        return self.get_obs(), self.get_state()

    def step(self, actions: Sequence[int] | np.ndarray) -> tuple[float, bool, dict[str, Any]]:
        self._over = 1
        return float(self.payoff[tuple(int(a) for a in actions)]), True, {}

    def get_obs(self) -> list[np.ndarray]:
        return [self.get_state() for _ in range(self.n_agents)]

    def get_obs_size(self) -> int:
        return 2

    def get_state(self) -> np.ndarray:
        return np.eye(2, dtype=np.float32)[self._over]  # [1, 0] before the step, [0, 1] after it, as in PyMARL

    def get_state_size(self) -> int:
        return 2

    def get_avail_agent_actions(self, agent_id: int) -> list[int]:
        own = self.payoff.shape[agent_id]
        return [1] * own + [0] * (self._n_actions - own)

    def get_total_actions(self) -> int:
        return self._n_actions

    def describe(self) -> TaskDescription:
        return TaskDescription(
            name=f"matrix_game:{self.payoff.tolist()}",
            family="matrix_game",
            summary=(
                f"A one-step game of {self.n_agents} agents. All choose an action at the same time; the payoff of "
                f"their joint action is the team's reward, and the episode is over. The payoffs, one nesting level per "
                f"agent: {self.payoff.tolist()}."
            ),
            agents=tuple(
                Agent(f"agent_{i}", f"chooses the index of axis {i} of the payoffs, 0 to {n - 1}")
                for i, n in enumerate(self.payoff.shape)
            ),
            actions=tuple(Action(f"action_{u}", f"choose index {u}") for u in range(self._n_actions)),
            state_fields=(
                StateField(
                    "step", 0, size=2, kind="one_hot", meaning="[1, 0] before the agents act, [0, 1] afterwards"
                ),
            ),
            state_dim=2,
            obs_dim=2,
            reward="The payoff of the joint action.",
            return_low=float(self.payoff.min()),
            return_high=float(self.payoff.max()),
            episode_end="After one step.",
            episode_limit=1,
            facts={"payoff": self.payoff.tolist()},
        )

    def seed(self, seed: int | None = None) -> None:
        """There is no chance in the game."""

    def rng_state(self) -> dict[str, Any]:
        return {}

    def set_rng_state(self, state: dict[str, Any]) -> None:
        """There is no chance in the game."""

    def close(self) -> None:
        """There is nothing to free."""


def _tensor(payoff: Any) -> np.ndarray:
    """The payoffs, one axis per agent. Raises UserError for anything that is no full tensor of numbers."""
    shape: list[int] = []
    level = payoff
    while isinstance(level, (list, tuple)) and level:
        shape.append(len(level))
        level = level[0]
    if len(shape) < 2 or not _is_full(payoff, shape):
        raise UserError(
            "env_args.payoff must be nested lists of finite numbers, one nesting level per agent (two or more) and all "
            f"lists of a level of one length, as [[1, 0], [0, 2]], not {payoff}"
        )
    return np.array(payoff, dtype=float)


def _is_full(values: Any, shape: list[int]) -> bool:
    if not shape:
        return isinstance(values, (int, float)) and not isinstance(values, bool) and math.isfinite(values)
    if not isinstance(values, (list, tuple)) or len(values) != shape[0]:
        return False
    return all(_is_full(value, shape[1:]) for value in values)
