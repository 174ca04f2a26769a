"""Stag hunt, also known as predator-prey: agents catch prey together, and are punished for trying alone.

Many episodes are stepped at once (:mod:`envs.batched`). Rules, layouts and names of arguments follow PyMARL2's
``stag_hunt``; docs/environments/stag_hunt.md says where they do not.

Legend: B environments, b chosen ones, A agents, P prey, C cells, T steps.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from envs.batched import BatchedEnv, BatchStep, SingleEnv, signature_with_seeds
from envs.stag_hunt_description import describe_stag_hunt
from envs.stag_hunt_options import StagHuntOptions
from envs.stag_hunt_rules import DIRECTIONS, Hunt, Luck, Rules
from envs.stag_hunt_views import Views
from envs.stag_hunt_world import AGENT, HARE, STAG, WALL, World
from llm_credit.task import TaskDescription


class StagHunt(BatchedEnv):
    """``B`` hunts. The arguments besides ``seeds`` are those of :class:`envs.stag_hunt_options.StagHuntOptions`."""

    __signature__: ClassVar[Any] = signature_with_seeds(StagHuntOptions)

    def __init__(self, seeds: Sequence[int | None], **options: Any) -> None:
        super().__init__(seeds)
        o = self.options = StagHuntOptions(**options)
        self._world = World(o)
        self._rules = Rules(o, self._world)
        self._views = Views(o, self._world)
        self.n_agents, self.n_actions, self.episode_limit = o.n_agents, o.n_actions, o.episode_limit
        self.obs_size, self.state_size = self._views.obs_size, self._views.state_size
        b, out = self.n_envs, self._world.out
        self.agents = np.full((b, o.n_agents), out)  # [B, A] cells
        self.active = np.ones((b, o.n_agents), dtype=bool)
        self.prey = np.full((b, o.n_prey), out)  # [B, P] cells
        self.obstacles = np.full((b, o.n_obstacles), out)  # [B, n_obstacles] cells of those drawn for the episode
        self.t = np.zeros(b, dtype=np.int64)
        self.counts = np.zeros((b, 3), dtype=np.int64)  # stags, hares, miscaptures of the episode
        self.content = np.zeros((b, out + 1), dtype=np.uint8)  # [B, C + 1] what is in each cell, as bits
        # An episode's chance is drawn when it starts: one call a generator in place of one at every step.
        t = o.episode_limit
        self._agent_order = np.zeros((b, t, o.n_agents), dtype=np.uint8)
        self._prey_order = np.zeros((b, t, o.n_prey), dtype=np.uint16)
        self._directions = np.zeros((b, t, o.n_prey), dtype=np.uint8)
        self._chances = np.zeros((b, t, sum(_chance_sizes(o))), dtype=np.float32)

    def reset(self, which: np.ndarray) -> None:
        for i in which:
            generator = self.generators[i]
            placed = self._world.place(generator)
            self.agents[i] = placed["agents"]
            self.prey[i] = np.concatenate([placed["stags"], placed["hares"]])
            self.obstacles[i] = placed["obstacles"]
            content = self.content[i]
            content[:] = self._world.empty
            for name, bit in (("agents", AGENT), ("stags", STAG), ("hares", HARE), ("obstacles", WALL)):
                content[placed[name]] = bit
            for order in (self._agent_order[i], self._prey_order[i]):  # [T, n]
                order[:] = generator.random(order.shape, dtype=np.float32).argsort(axis=1, kind="stable")
            self._directions[i] = generator.integers(DIRECTIONS, size=self._directions.shape[1:], dtype=np.uint8)
            self._chances[i] = generator.random(self._chances.shape[1:], dtype=np.float32)
        self.active[which] = True
        self.t[which] = 0
        self.counts[which] = 0

    def step(self, which: np.ndarray, actions: np.ndarray) -> BatchStep:
        hunts = self._hunts(which)
        for hunt, chosen, luck in zip(hunts, np.asarray(actions).tolist(), self._luck_of(which), strict=True):
            self._rules.step(hunt, chosen, luck)
        self.agents[which] = [hunt.agents for hunt in hunts]
        self.active[which] = [hunt.active for hunt in hunts]
        self.prey[which] = [hunt.prey for hunt in hunts]
        content = np.frombuffer(b"".join([hunt.content for hunt in hunts]), dtype=np.uint8)
        self.content[which] = content.reshape(len(which), -1)  # [b * (C + 1)] -> [b, C + 1]
        caught = np.array([(hunt.stags, hunt.hares, hunt.miscaptures) for hunt in hunts])  # [b, 3]
        self.counts[which] += caught
        self.t[which] += 1
        ended = (self.prey[which] == self._world.out).all(axis=1) | ~self.active[which].any(axis=1)
        if self.options.capture_terminal:
            ended |= caught[:, :2].any(axis=1)
        late = (self.t[which] >= self.episode_limit) & ~ended
        reward = np.array([hunt.reward for hunt in hunts])
        return BatchStep(reward, ended | late, late & self.options.truncate_episodes)

    def _hunts(self, which: np.ndarray) -> list[Hunt]:
        """The chosen environments as the rules take them, copied."""
        content = [bytearray(row) for row in self.content[which]]
        lists = [array[which].tolist() for array in (self.agents, self.active, self.prey)]
        return [Hunt(*parts) for parts in zip(content, *lists, strict=True)]

    def _luck_of(self, which: np.ndarray) -> list[Luck]:
        now = self.t[which]
        drawn = [luck[which, now].tolist() for luck in (self._agent_order, self._prey_order, self._directions)]
        if not self._chances.shape[2]:
            return [Luck(*parts) for parts in zip(*drawn, strict=True)]
        chances = np.split(self._chances[which, now], np.cumsum(_chance_sizes(self.options))[:-1], axis=1)  # [b, size]
        return [Luck(*parts) for parts in zip(*drawn, *(part.tolist() for part in chances), strict=True)]

    def obs(self, which: np.ndarray) -> np.ndarray:
        return self._views.obs(self.content[which], self.agents[which], self.prey[which], self.active[which])

    def state(self, which: np.ndarray) -> np.ndarray:
        return self._views.state(
            self.content[which], self.agents[which], self.prey[which], self.active[which], self.obstacles[which]
        )

    def avail_actions(self, which: np.ndarray) -> np.ndarray:
        return self._views.avail_actions(self.content[which], self.agents[which], self.active[which])

    def episode_info(self, i: int) -> dict[str, float]:
        """How many of each were caught, and how often too few tried."""
        return dict(zip(("stags", "hares", "miscaptures"), self.counts[i].tolist(), strict=True))

    def describe(self) -> TaskDescription:
        return describe_stag_hunt(self.options, self.obs_size, self.state_size)


class StagHuntEnv(SingleEnv):
    """One hunt."""

    batched = StagHunt


def _chance_sizes(o: StagHuntOptions) -> list[int]:
    """How many numbers each of the last three parts of :class:`Luck` takes at a step."""
    rests = o.n_prey if o.p_stags_rest or o.p_hare_rest else 0
    slips = bool(o.mountain_slope)
    return [rests, slips * o.n_agents, slips * o.n_prey]
