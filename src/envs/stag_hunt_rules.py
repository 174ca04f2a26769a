"""One step of one stag hunt.

Agents, and then prey, act one after the other in a drawn order, and each finds the world as those before it left it.
Such a rule cannot be carried out for all entities at once. For one entity, these few look-ups cost less than a NumPy
call over the batch would, up to some dozens of environments; so this module is plain Python, and all the rest is NumPy.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from envs.stag_hunt_options import StagHuntOptions
from envs.stag_hunt_world import AGENT, HARE, STAG, WALL, World

UP, DOWN, STAY, CATCH = 3, 1, 4, 5
DIRECTIONS = 12  # prey takes the free cell of number (direction modulo their number): 12 is fair to 1, 2, 3 and 4


class Luck(NamedTuple):
    """All the chance in a step, for one environment.

    The two orders name agents and prey. directions: a whole number below ``DIRECTIONS`` for each prey. The others are
    numbers from 0 to 1 by prey or agent; they are empty where the options need none.
    """

    agent_order: list[int]
    prey_order: list[int]
    directions: list[int]
    rests: Sequence[float] = ()
    agent_slips: Sequence[float] = ()
    prey_slips: Sequence[float] = ()


@dataclass
class Hunt:
    """One environment during a step, changed by it. ``content[cell]`` holds what is in a cell, as bits."""

    content: bytearray
    agents: list[int]  # cells; ``out`` for those that were removed
    active: list[bool]  # not frozen
    prey: list[int]  # cells, stags first; ``out`` for those that are caught
    reward: float = 0.0
    stags: int = 0  # caught at this step
    hares: int = 0
    miscaptures: int = 0


class Rules:
    """The game that the options make of a world."""

    def __init__(self, options: StagHuntOptions, world: World) -> None:
        self._o = options
        self._out = world.out
        self._around = [tuple(cells) for cells in world.neighbours.tolist()]
        self._blocks = WALL | sum(bit for i, bit in enumerate((AGENT, STAG, HARE)) if i in options.agent_move_block)
        self._agents_share_cells = 0 not in options.agent_move_block
        self._bits = [STAG] * options.n_stags + [HARE] * options.n_hare
        self._prey_may_stay = bool(options.p_stags_rest or options.p_hare_rest or options.mountain_slope)

    def step(self, hunt: Hunt, actions: list[int], luck: Luck) -> None:
        """Agents move, then prey is caught or moves."""
        hunt.reward += self._o.reward_time
        self._move_agents(hunt, actions, luck)
        self._turn_of_prey(hunt, actions, luck)

    def _move_agents(self, hunt: Hunt, actions: list[int], luck: Luck) -> None:
        content, agents, active, around = hunt.content, hunt.agents, hunt.active, self._around
        slope, blocks = self._o.mountain_slope, self._blocks
        for a in luck.agent_order:
            action = actions[a]
            if action >= STAY or not active[a] or (slope and action == UP and luck.agent_slips[a] < slope):
                continue
            here = agents[a]
            there = around[here][action]
            if content[there] & blocks:
                if not content[there] & WALL:
                    hunt.reward += self._o.reward_collision
                continue
            content[here] ^= AGENT
            content[there] |= AGENT
            agents[a] = there
            if self._agents_share_cells:
                self._mark_agents(hunt)

    def _mark_agents(self, hunt: Hunt) -> None:
        """An agent that left a cell took away the mark of others who stand there too."""
        for cell in hunt.agents:
            if cell != self._out:
                hunt.content[cell] |= AGENT

    def _turn_of_prey(self, hunt: Hunt, actions: list[int], luck: Luck) -> None:
        """The inner loop of the environment: what is seldom so is asked elsewhere, and only if it can be."""
        content, prey, around, bits, out = hunt.content, hunt.prey, self._around, self._bits, self._out
        directions, may_stay = luck.directions, self._prey_may_stay
        hands = self._hands(hunt, actions)
        by_blocking = not self._o.capture_action
        for p in luck.prey_order:
            here = prey[p]
            if here == out:
                continue
            free = [cell for cell in around[here] if not content[cell]]
            if (by_blocking or here in hands) and self._is_caught(hunt, p, len(free), hands):
                self._catch(hunt, p, actions, hands)
            elif free:
                there = free[directions[p] % len(free)]
                if may_stay and self._stays(hunt, p, there, luck):
                    continue
                content[here] ^= bits[p]
                content[there] |= bits[p]
                prey[p] = there

    def _hands(self, hunt: Hunt, actions: list[int]) -> dict[int, int]:
        """How many agents beside a cell try to catch what is in it; cells with none are left out."""
        hands: dict[int, int] = {}
        if self._o.capture_action and CATCH in actions:
            for a, action in enumerate(actions):
                if action == CATCH and hunt.active[a]:
                    for cell in self._around[hunt.agents[a]]:
                        hands[cell] = hands.get(cell, 0) + 1
        return hands

    def _is_caught(self, hunt: Hunt, p: int, n_free: int, hands: dict[int, int]) -> bool:
        """Whether the agents catch it; too few who try are punished."""
        kind = 0 if self._bits[p] == STAG else 1
        if self._o.capture_action:
            n = hands[hunt.prey[p]]
            caught = n >= self._o.capture_action_conditions[kind]
            if n and not caught:
                hunt.reward += self._o.miscapture_punishment
                hunt.miscaptures += 1
            return caught
        if n_free > self._o.capture_conditions[kind]:
            return False
        around = self._around[hunt.prey[p]]
        return not self._o.prevent_cannibalism or any(hunt.content[cell] & AGENT for cell in around)

    def _catch(self, hunt: Hunt, p: int, actions: list[int], hands: dict[int, int]) -> None:
        around = self._around[hunt.prey[p]]
        hunt.content[hunt.prey[p]] ^= self._bits[p]
        hunt.prey[p] = self._out
        if self._bits[p] == STAG:
            hunt.reward += self._o.reward_stag
            hunt.stags += 1
        else:
            hunt.reward += self._o.reward_hare
            hunt.hares += 1
        if self._o.capture_freezes:
            for a, cell in enumerate(hunt.agents):
                if hunt.active[a] and cell in around and (not self._o.capture_action or actions[a] == CATCH):
                    self._freeze(hunt, a)
                    for beside in self._around[cell] if self._o.capture_action else ():
                        hands[beside] -= 1  # it catches nothing else at this step

    def _freeze(self, hunt: Hunt, a: int) -> None:
        hunt.active[a] = False
        if self._o.remove_frozen:
            hunt.content[hunt.agents[a]] &= ~AGENT
            hunt.agents[a] = self._out
            if self._agents_share_cells:
                self._mark_agents(hunt)

    def _stays(self, hunt: Hunt, p: int, there: int, luck: Luck) -> bool:
        """Whether it rests, or fails to climb; with an agent on its cell it does neither."""
        here = hunt.prey[p]
        if hunt.content[here] & AGENT:
            return False
        chance, steep = (self._o.p_stags_rest, DOWN) if self._bits[p] == STAG else (self._o.p_hare_rest, UP)
        if chance and luck.rests[p] < chance:
            return True
        slope = self._o.mountain_slope
        return bool(slope) and there == self._around[here][steep] and luck.prey_slips[p] < slope
