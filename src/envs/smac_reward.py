"""SMAC's reward: its options, how it reads, and what an episode can return at most."""

from __future__ import annotations

from dataclasses import dataclass

from envs.smac_maps import Scenario
from envs.smac_units import HEAL_PER_ENERGY, HEALTH_REGENERATION, SHIELD_REGENERATION, UNITS


@dataclass(frozen=True)
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

    def divisor(self, scenario: Scenario) -> float:
        """By what all rewards are divided: the best team's points without regeneration come to reward_scale_rate."""
        return self.max_points(scenario) / self.reward_scale_rate if self.reward_scale else 1.0

    def max_points(self, scenario: Scenario) -> float:
        """Points for winning against ``scenario.enemies`` (on a drawn map: those of the first episode)."""
        return _toughness(scenario.enemies) + scenario.n_enemies * self.reward_death_value + self.reward_win


def _toughness(units: tuple[str, ...]) -> float:
    return sum(UNITS[u].health + UNITS[u].shield for u in units)


def return_range(options: RewardOptions, scenario: Scenario, loops: int) -> tuple[float, float]:
    """Bounds of an episode's return; ``loops``: game loops that an episode takes at most."""
    o = options
    divisor = o.divisor(scenario)
    if o.reward_sparse:
        return -1.0 / divisor, 1.0 / divisor
    regained = _regained(scenario.enemies, scenario.kinds(False) if scenario.drawn else (), loops)
    toughest = _toughest(scenario, False) if scenario.drawn else _toughness(scenario.enemies)
    deaths = scenario.n_enemies * o.reward_death_value
    if o.reward_only_positive:  # the size of a change counts, so what enemies regain pays twice
        high = toughest + 2 * regained + deaths + max(0.0, o.reward_win, o.reward_defeat)
        return min(0.0, o.reward_defeat, o.reward_win) / divisor, high / divisor
    own = _regained(scenario.allies, scenario.kinds(True) if scenario.drawn else (), loops)
    own_toughest = _toughest(scenario, True) if scenario.drawn else _toughness(scenario.allies)
    high = toughest + regained + deaths + max(0.0, o.reward_win, o.reward_defeat) + o.reward_negative_scale * own
    loss = own_toughest + own + scenario.n_agents * o.reward_death_value
    low = -o.reward_negative_scale * loss - regained + min(0.0, o.reward_defeat, o.reward_win)
    return low / divisor, high / divisor


def _toughest(scenario: Scenario, allies: bool) -> float:
    count = scenario.n_agents if allies else scenario.n_enemies
    return count * max(_toughness((kind,)) for kind in scenario.kinds(allies))


def _regained(units: tuple[str, ...], drawn: tuple[str, ...], loops: int) -> float:
    """Points that a side can regain in an episode: shields, health of Zerg units, what medivacs heal."""

    def of(kind: str) -> float:
        u = UNITS[kind]
        shield = SHIELD_REGENERATION * loops if u.shield else 0.0
        health = HEALTH_REGENERATION * loops if u.race == "zerg" else 0.0
        return shield + health + 1.5 * u.energy * HEAL_PER_ENERGY  # more energy than it holds: some comes back

    return len(units) * max(of(k) for k in drawn) if drawn else sum(of(u) for u in units)


def reward_text(options: RewardOptions, scenario: Scenario) -> str:
    """The reward in words."""
    o = options
    scale = o.divisor(scenario)
    per = f", all divided by {scale:g}" if scale != 1 else ""
    if o.reward_sparse:
        return f"1 for a win, -1 for a defeat, else 0{per}."
    regains = _regained(scenario.kinds(False), (), 1) > 0
    damage = "the health and shield points that the enemies lost in this step"
    negative = ""
    if o.reward_only_positive:
        damage += ", or their gain in size where they regained more than they lost" if regains else ""
    else:
        negative = (
            f" From it is taken {o.reward_negative_scale:g} times the health and shield points that the agents lost "
            f"plus {o.reward_death_value:g} for every agent that died."
        )
    return (
        f"Every step pays {damage}, plus {o.reward_death_value:g} for every enemy that died, plus {o.reward_win:g} for "
        f"the win and {o.reward_defeat:g} for a defeat{per}.{negative}"
    )
