"""SMAC's reward, end of an episode and statistics, for many fights at once.

Legend: B environments, b chosen ones, A agents, E enemies, N = A + E units, F fields of a unit.
"""

from __future__ import annotations

import numpy as np

from envs import skirmish_rules as rules
from envs.batched import BatchStep
from envs.skirmish_frame import HP, HP_MAX, SH, SH_MAX, Frame
from envs.smac_reward import RewardOptions


class Tally:
    """Counts what happened in ``n_envs`` fights."""

    def __init__(self, n_envs: int, frame: Frame, rewards: RewardOptions) -> None:
        self.frame, self.rewards, self.limit = frame, rewards, frame.scenario.limit
        self.points = np.zeros((n_envs, frame.n_agents + frame.n_enemies))  # health and shield before the step
        self.divisor = np.ones(n_envs)
        self.steps = np.zeros(n_envs, dtype=np.int64)
        self.won = np.zeros(n_envs, dtype=bool)
        self.games, self.wins, self.timeouts = np.zeros((3, n_envs), dtype=np.int64)

    def start(self, which: np.ndarray, units: np.ndarray) -> None:
        r, a = self.rewards, self.frame.n_agents
        self.points[which] = units[HP] + units[SH]
        self.steps[which] = 0
        self.won[which] = False
        if r.reward_scale:  # SMAC divides by the first episode's enemies; they are the same ones but on drawn maps
            toughness = (units[HP_MAX, :, a:] + units[SH_MAX, :, a:]).sum(axis=1)
            most = toughness + self.frame.n_enemies * r.reward_death_value + r.reward_win
            self.divisor[which] = most / r.reward_scale_rate

    def step(self, which: np.ndarray, units: np.ndarray, kind: np.ndarray, continuing_episode: bool) -> BatchStep:
        a, r = self.frame.n_agents, self.rewards
        alive = units[HP] > 0
        reward = self._damage_reward(which, units[HP] + units[SH], alive)
        fighters = alive & (rules.ENERGY[kind] == 0) if self.frame.heals else alive  # medivacs alone have lost
        ours, theirs = fighters[:, :a].any(axis=1), fighters[:, a:].any(axis=1)
        self.steps[which] += 1
        out_of_time = ours & theirs & (self.steps[which] >= self.limit)
        won, lost = ours & ~theirs, theirs & ~ours
        if r.reward_sparse:
            reward = won * 1.0 - lost * 1.0
        else:
            reward = reward + won * r.reward_win + lost * r.reward_defeat
        over = ~ours | ~theirs | out_of_time
        self.won[which] = won
        self.games[which] += over
        self.wins[which] += won
        self.timeouts[which] += out_of_time
        return BatchStep(reward / self.divisor[which], over, out_of_time & continuing_episode)

    def _damage_reward(self, which: np.ndarray, points: np.ndarray, alive: np.ndarray) -> np.ndarray:
        """``[b]``: points that changed in this step, and deaths; rows of the units ``[b, N]``."""
        a, r = self.frame.n_agents, self.rewards
        before = self.points[which]
        self.points[which] = points
        loss = before - points
        died = (before > 0) & ~alive
        gain = loss[:, a:].sum(axis=1) + died[:, a:].sum(axis=1) * r.reward_death_value
        if r.reward_only_positive:
            return np.abs(gain)  # SMAC's: what enemies regain pays as well
        cost = loss[:, :a].sum(axis=1) + died[:, :a].sum(axis=1) * r.reward_death_value
        return gain - r.reward_negative_scale * cost

    def share_of_time(self, which: np.ndarray) -> np.ndarray:
        return self.steps[which] / self.limit

    def episode_info(self, i: int) -> dict[str, float]:
        dead = self.points[i] <= 0
        a = self.frame.n_agents
        return {
            "battle_won": bool(self.won[i]),
            "dead_allies": int(dead[:a].sum()),
            "dead_enemies": int(dead[a:].sum()),
        }

    def stats(self, i: int) -> dict[str, float]:
        """SMAC's statistics; before the first battle is over the win rate is 0."""
        return {
            "battles_won": int(self.wins[i]),
            "battles_game": int(self.games[i]),
            "battles_draw": int(self.timeouts[i]),
            "win_rate": float(self.wins[i] / max(1, self.games[i])),
            "timeouts": int(self.timeouts[i]),
            "restarts": 0,
        }
