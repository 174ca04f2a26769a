"""SMAC's reward: its options, how it reads, and what an episode can return at most."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

from envs.smac_maps import Scenario
from envs.smac_units import (
    ENERGY_AT_START,
    ENERGY_REGENERATION,
    HEAL_PER_ENERGY,
    HEALTH_REGENERATION,
    SHIELD_REGENERATION,
    UNITS,
)

BEFORE_START = (
    32  # loops, more than units of the game live before an episode's first state; medivacs gain energy in them
)


class RewardRules(NamedTuple):
    """In what environments with SMAC's reward differ.

    regains_pay: with reward_only_positive, whether a step in which enemies regain more than they lose pays the size of
        the change, as in SMAC; SMACv2 pays nothing then.
    scale_by: whose points rewards are divided by on a drawn map: each ``episode``'s own enemies', or, as in SMACv2,
        those of the ``first`` episode.
    """

    regains_pay: bool = True
    scale_by: Literal["episode", "first"] = "episode"


SMAC_RULES = RewardRules()
SMACV2_RULES = RewardRules(regains_pay=False, scale_by="first")


@dataclass(frozen=True, kw_only=True)
class RewardOptions:
    """SMAC's options for the reward, under their names. Points are those of health and shield."""

    reward_sparse: bool = False
    reward_only_positive: bool = True
    reward_death_value: float = 10.0
    reward_win: float = 200.0
    reward_defeat: float = 0.0
    reward_negative_scale: float = 0.5
    reward_scale: bool = True
    reward_scale_rate: float = 20.0

    def divisor(self, enemies: tuple[str, ...]) -> float:
        """By what all rewards are divided: the best team's points without regeneration come to reward_scale_rate."""
        return self.max_points(enemies) / self.reward_scale_rate if self.reward_scale else 1.0

    def max_points(self, enemies: tuple[str, ...]) -> float:
        """Points for winning against these units."""
        return _toughness(enemies) + len(enemies) * self.reward_death_value + self.reward_win


def _toughness(units: tuple[str, ...]) -> float:
    return sum(UNITS[u].health + UNITS[u].shield for u in units)


def return_range(
    options: RewardOptions, scenario: Scenario, loops: int, rules: RewardRules = SMAC_RULES
) -> tuple[float, float]:
    """Bounds of an episode's return; ``loops``: game loops that an episode takes at most.

    On a drawn map: the widest bounds over armies of one type. Points and divisor both grow by a number for each unit,
    so that the ratio of the two is the largest, and the smallest, for one of these.
    """
    armies = _armies(scenario, False)
    divisors = [options.divisor(army) for army in armies]
    if rules.scale_by == "first":
        divisors = [min(divisors)] * len(armies)  # the weakest enemies may come first, any others after them
    if options.reward_sparse:
        return -1.0 / min(divisors), 1.0 / min(divisors)
    own = _own_losses(options, scenario, loops)
    points = [_points(options, army, own, loops, rules) for army in armies]
    low = min(low / d for (low, _), d in zip(points, divisors, strict=True))
    return low, max(high / d for (_, high), d in zip(points, divisors, strict=True))


def _armies(scenario: Scenario, allies: bool) -> list[tuple[str, ...]]:
    """The armies whose returns are the extreme ones."""
    units = scenario.allies if allies else scenario.enemies
    return [(kind,) * len(units) for kind in scenario.occurring(allies)] if scenario.drawn else [units]


def _own_losses(options: RewardOptions, scenario: Scenario, loops: int) -> tuple[float, float]:
    """The most that agents can regain, and the most that they can lose with their deaths, in points."""
    teams = _armies(scenario, True)
    regained = max(_regained(team, loops) for team in teams)
    lost = max(_toughness(team) + _regained(team, loops) for team in teams)
    return regained, lost + scenario.n_agents * options.reward_death_value


def _points(
    o: RewardOptions, enemies: tuple[str, ...], own: tuple[float, float], loops: int, rules: RewardRules
) -> tuple[float, float]:
    """Bounds of an episode's undivided return against ``enemies``."""
    regained = _regained(enemies, loops)
    end_low, end_high = min(0.0, o.reward_defeat, o.reward_win), max(0.0, o.reward_win, o.reward_defeat)
    damage = _toughness(enemies) + regained + len(enemies) * o.reward_death_value
    if o.reward_only_positive:  # where the size of a change counts, what enemies regain pays once more
        return end_low, damage + (regained if rules.regains_pay else 0.0) + end_high
    own_regained, own_lost = own
    high = damage + end_high + o.reward_negative_scale * own_regained
    return -o.reward_negative_scale * own_lost - regained + end_low, high


def _regained(units: tuple[str, ...], loops: int) -> float:
    """Points that a side can regain in an episode: shields, health of Zerg units, what medivacs heal."""

    def of(kind: str) -> float:
        u = UNITS[kind]
        shield = SHIELD_REGENERATION * loops if u.shield else 0.0
        health = HEALTH_REGENERATION * loops if u.race == "zerg" else 0.0
        energy = ENERGY_AT_START + ENERGY_REGENERATION * (loops + BEFORE_START) if u.heals else 0.0
        return shield + health + energy * HEAL_PER_ENERGY

    return sum(of(u) for u in units)


def reward_text(options: RewardOptions, scenario: Scenario, rules: RewardRules = SMAC_RULES) -> str:
    """The reward in words."""
    o = options
    per = _scale_text(o, scenario, rules)
    if o.reward_sparse:
        return f"1 for a win, -1 for a defeat, else 0{per}."
    damage = "the health and shield points that the enemies lost in this step"
    losses = ""
    if o.reward_only_positive:
        if any(_regained((kind,), 1) > 0 for kind in scenario.occurring(False)):
            damage += (
                ", or their gain in size where they regained more than they lost"
                if rules.regains_pay
                else (" (nothing where they regained more than they lost)")
            )
    else:
        losses = (
            f", less {o.reward_negative_scale:g} times the health and shield points that the agents lost and "
            f"{o.reward_negative_scale * o.reward_death_value:g} for every agent that died"
        )
    return (
        f"Every step pays {damage}, plus {o.reward_death_value:g} for every enemy that died, plus {o.reward_win:g} for "
        f"the win and {o.reward_defeat:g} for a defeat{losses}{per}."
    )


def _scale_text(o: RewardOptions, scenario: Scenario, rules: RewardRules) -> str:
    if not scenario.drawn:
        scale = o.divisor(scenario.enemies)
        return f", all divided by {scale:g}" if scale != 1 else ""
    if not o.reward_scale:
        return ""
    whose = "episode's own" if rules.scale_by == "episode" else "first episode's"
    text = (
        f", all divided by a divisor: the points of the {whose} enemies (their health and shields, "
        f"{o.reward_death_value:g} for each, and {o.reward_win:g}), divided by {o.reward_scale_rate:g}"
    )
    if rules.scale_by == "episode":
        return text
    return f"{text}; it stays for all episodes, so that returns are the largest after the weakest first enemies"
