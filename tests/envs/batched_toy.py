"""A small batched environment, with episodes of unlike length; tests register it as ``env=batched_toy``."""

from collections.abc import Sequence

import numpy as np

from envs.batched import BatchedEnv, BatchStep, SingleEnv
from llm_credit.task import Action, Agent, StateField, TaskDescription
from utils.errors import UserError


class Walks(BatchedEnv):
    """Each agent has a place on a line that drifts at random; the reward is how many are pushed to the right.

    ``ends``: an episode ends really, at a random step; else by its time limit.
    """

    n_actions = 3  # left, right, push (only where the place is above one half)
    obs_size = 2

    def __init__(self, seeds: Sequence[int | None], n_agents: int = 2, length: int = 6, ends: bool = True) -> None:
        super().__init__(seeds)
        if n_agents < 1:
            raise UserError(f"env_args.n_agents={n_agents} must be at least 1")
        self.n_agents, self.state_size, self.episode_limit, self.ends = n_agents, n_agents, length, ends
        self.place = np.zeros((self.n_envs, n_agents))
        self.t = np.zeros(self.n_envs, dtype=int)
        self.last = np.zeros(self.n_envs, dtype=int)
        self.closed = 0

    def reset(self, which):
        for i in which:
            self.last[i] = self.generators[i].integers(2, self.episode_limit + 1) if self.ends else self.episode_limit
            self.place[i] = self.generators[i].random(self.n_agents)
        self.t[which] = 0

    def step(self, which, actions):
        drift = np.array([self.generators[i].random(self.n_agents) for i in which])
        self.place[which] = (self.place[which] + drift + 0.1 * actions) % 1.0
        self.t[which] += 1
        over = self.t[which] >= self.last[which]
        return BatchStep((actions == 1).sum(axis=1).astype(float), over, over & (not self.ends))

    def obs(self, which):
        place = self.place[which]
        return np.stack([place, np.sin(place)], axis=2).astype(np.float32)

    def state(self, which):
        return self.place[which].astype(np.float32)

    def avail_actions(self, which):
        avail = np.ones((len(which), self.n_agents, 3), dtype=np.int32)
        avail[:, :, 2] = self.place[which] > 0.5
        return avail

    def episode_info(self, i):
        return {"steps": int(self.t[i])}

    def describe(self):
        return TaskDescription(
            name="batched_toy",
            family="batched_toy",
            summary="Places drift.",
            agents=tuple(Agent(f"agent_{i}") for i in range(self.n_agents)),
            actions=tuple(Action(name, "moves") for name in ("left", "right", "push")),
            state_fields=(StateField("place", 0, count=self.n_agents, per="agent", meaning="where it is"),),
            state_dim=self.state_size,
            obs_dim=self.obs_size,
            reward="The number of agents that choose right.",
            return_low=0.0,
            return_high=float(self.n_agents * self.episode_limit),
            episode_end="At random.",
            episode_limit=self.episode_limit,
        )

    def close(self):
        self.closed += 1


class WalksEnv(SingleEnv):
    batched = Walks
