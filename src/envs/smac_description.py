"""A battle with SMAC's layout as a task description, from the map's facts and the options."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from envs.smac_layout import SHOOT, SIGHT, SmacLayout
from envs.smac_maps import Scenario
from envs.smac_reward import SMAC_RULES, RewardOptions, RewardRules, return_range, reward_text
from envs.smac_units import LOOPS_PER_STEP, UNITS
from llm_credit.task import Action, Agent, TaskDescription

SEEN = f"An agent sees units up to {SIGHT:g} cells away and may choose targets up to {SHOOT:g} cells away."
TARGET = f"open while it lives within {SHOOT:g} cells"
NEAR = "The enemies attack what is near them."


def describe_smac(
    layout: SmacLayout,
    rewards: RewardOptions,
    *,
    family: str,
    name: str,
    setting: str,
    step_mul: int = LOOPS_PER_STEP,
    move_amount: float = 2.0,
    seen: str = SEEN,
    target: str = TARGET,
    draws: str = "",
    enemies: str = NEAR,
    rules: RewardRules = SMAC_RULES,
    facts: Mapping[str, Any] | None = None,
) -> TaskDescription:
    """The task of one map.

    setting: one or two sentences: which game this is. seen: what units see and may choose as targets, and target: when
    an attack is open, where it is not SMAC's rule.
    draws: how a drawn map draws its armies and places; enemies: what the enemies do; in sentences.
    rules: how the reward is paid and scaled.
    facts: what else the environment wants to state; added to the layout's own.
    """
    s = layout.scenario
    low, high = return_range(rewards, s, s.limit * step_mul, rules)
    return TaskDescription(
        name=name,
        family=family,
        summary=f"{setting} {_summary(layout, seen, draws, enemies)}",
        agents=tuple(Agent(f"agent_{i}", _role(s, i)) for i in range(s.n_agents)),
        actions=actions_of(layout, move_amount, target),
        state_fields=layout.state_fields(),
        state_dim=layout.state_size,
        obs_dim=layout.obs_size,
        reward=reward_text(rewards, s, rules),
        return_low=low,
        return_high=high,
        episode_end=(
            f"When one side has no units left (medivacs alone do not count), or after {s.limit} steps, which is no win."
        ),
        episode_limit=s.limit,
        facts={**layout_facts(layout), **(facts or {})},
    )


def layout_facts(layout: SmacLayout) -> dict[str, Any]:
    """What a credit function needs besides the fields: unit types by index and by bit, ranges, sizes of the map."""
    s = layout.scenario
    kinds = sorted({*s.kinds(True), *s.kinds(False)})
    return {
        "n_enemies": s.n_enemies,
        "first_attack": layout.n_no_attack,
        "drawn": s.drawn,
        "agent_units": [] if s.drawn else list(s.allies),
        "agent_types": list(s.agent_types),
        "enemy_types": list(s.enemy_types),
        "play_width": layout.arena.play_width,
        "play_height": layout.arena.play_height,
        "sight": SIGHT,
        "shoot": SHOOT,
        "units": {k: {**UNITS[k]._asdict(), "tags": list(UNITS[k].tags)} for k in kinds},
    }


def actions_of(layout: SmacLayout, move_amount: float, target: str = TARGET) -> tuple[Action, ...]:
    """The actions by name, in SMAC's order."""
    far = f"up to {move_amount:g} cells"
    fov = layout.n_no_attack - 6
    turns = [
        Action(f"look_{k}", f"look at {360 * k / fov:g} degrees, counted from east anticlockwise") for k in range(fov)
    ]
    return (
        Action("no-op", "nothing: the only action of a dead unit, and closed to the living"),
        Action("stop", "stay and hold fire"),
        Action("move_north", f"walk {far} north (y grows)"),
        Action("move_south", f"walk {far} south (y falls)"),
        Action("move_east", f"walk {far} east (x grows)"),
        Action("move_west", f"walk {far} west (x falls)"),
        *turns,
        *(Action(_target_name(layout, k), _target_meaning(layout, k, target)) for k in range(layout.n_targets)),
    )


def _target_name(layout: SmacLayout, k: int) -> str:
    attack, heal = k < layout.n_enemies, layout.scenario.heals and k < layout.n_agents
    if attack and heal:
        return f"attack_enemy_{k}_or_heal_agent_{k}"
    return f"attack_enemy_{k}" if attack else f"heal_agent_{k}"


def _target_meaning(layout: SmacLayout, k: int, target: str) -> str:
    parts = []
    if k < layout.n_enemies:
        parts.append(f"attack enemy {k}, walking up to it first where the weapon does not reach; {target}")
    if layout.scenario.heals and k < layout.n_agents:
        parts.append(f"for a medivac: heal agent {k}, no medivac itself")
    return "; ".join(parts)


def _role(s: Scenario, i: int) -> str:
    if s.drawn:
        return "unit of a type drawn anew for each episode: " + ", ".join(s.occurring(True))
    return unit_text(s.allies[i])


def unit_text(kind: str) -> str:
    """A unit type's values in words."""
    u = UNITS[kind]
    parts = [f"{u.health:g} health"]
    if u.shield:
        parts.append(f"{u.shield:g} shield")
    parts.append(f"armor {u.armor:g}")
    if u.heals:
        parts.append(f"heals from {u.reach:g} cells away, no weapon, flies")
    else:
        bonus = f" (+{u.bonus:g} against {u.bonus_against})" if u.bonus else ""
        times = f"{u.shots} x " if u.shots > 1 else ""
        reach = f"range {u.reach:g}" if u.reach > 1 else "in close combat"
        parts.append(f"{times}{u.damage:g} damage{bonus} every {u.cooldown:g} game loops, {reach}")
        if u.splash:
            parts.append(f"hits what is within {u.splash:g} cells of its target too")
    if kind == "baneling":
        parts.append("dies as it attacks")
    parts.append(f"walks {u.speed * LOOPS_PER_STEP:.2g} cells in {LOOPS_PER_STEP} loops" if u.speed else "cannot walk")
    return f"{kind}: " + ", ".join(parts)


def _army(kinds: tuple[str, ...]) -> str:
    return ", ".join(f"{n} {k}{'s' if n > 1 else ''}" for k, n in Counter(kinds).items())


def _summary(layout: SmacLayout, seen: str, draws: str, enemies: str) -> str:
    s = layout.scenario
    if s.drawn:
        armies = f"{s.n_agents} agents fight {s.n_enemies} enemies. {draws}"
    else:
        armies = f"{s.n_agents} agents ({_army(s.allies)}) fight {s.n_enemies} enemies ({_army(s.enemies)})."
    enemy_kinds = [unit_text(k) for k in s.occurring(False)]
    shields = (
        " A shield takes damage before health does and comes back once its unit has not been hit for a while."
        if s.ally_shields or s.enemy_shields
        else ""
    )
    return (
        f"{armies} {enemies} The types on the enemies' side: {'; '.join(enemy_kinds)}."
        f"{shields} An agent is one unit and does nothing by itself. {seen} An attack goes on over as many steps as it "
        "is chosen: a weapon fires when its cooldown is over. Killing enemies one after the other, and keeping the "
        "hurt out of reach, wins battles."
    )
