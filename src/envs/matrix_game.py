"""One-step matrix games: every agent chooses once, the payoff tensor pays the team.

Legend: A agents, U actions.
"""

from __future__ import annotations

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
            agents=tuple(Agent(f"agent_{i}", f"has {n} actions") for i, n in enumerate(self.payoff.shape)),
            actions=tuple(Action(f"action_{u}", f"choose number {u}") for u in range(self._n_actions)),
            state_fields=(
                StateField("step", 0, size=2, kind="one_hot", meaning="[1, 0] before the agents act, [0, 1] afterwards"),
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

    def rng_state(self) -> Any:
        return {}

    def set_rng_state(self, state: Any) -> None:
        """There is no chance in the game."""

    def close(self) -> None:
        """There is nothing to free."""


def _tensor(payoff: Any) -> np.ndarray:
    """The payoffs, one axis per agent. Raises UserError for anything that is no full tensor of numbers."""
    try:
        tensor = np.array(payoff, dtype=float)
    except (TypeError, ValueError) as e:
        raise UserError(
            f"env_args.payoff must be nested lists of numbers, all of one length at each level, as [[1, 0], [0, 2]]: {e}"
        ) from e
    if tensor.ndim < 2 or 0 in tensor.shape or not np.isfinite(tensor).all():
        raise UserError(f"env_args.payoff needs two agents or more (nesting levels) and finite numbers, not {payoff}")
    return tensor
