"""Level-Based Foraging described from the game itself.

Legend: A agents, F foods.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from envs.lbf_fields import global_fields, observation_fields
from envs.lbf_game import FastForaging
from llm_credit.task import Action, Agent, TaskDescription

BLOCKED = "does nothing at the edge of the grid, before a food, and where another agent stays or moves to as well"
ACTIONS = (
    Action("none", "stay"),
    Action("north", f"move one cell up (row - 1); {BLOCKED}"),
    Action("south", f"move one cell down (row + 1); {BLOCKED}"),
    Action("west", f"move one cell left (col - 1); {BLOCKED}"),
    Action("east", f"move one cell right (col + 1); {BLOCKED}"),
    Action(
        "load",
        "stay and try to eat the food in a neighbouring cell (above, below, left or right); it is eaten if the levels "
        "of all agents that load it at this step add up to at least its level; does nothing without such a food",
    ),
)


def describe_lbf(
    game: FastForaging, key: str, state: str, reward_scale: float, changes: Mapping[str, Any]
) -> TaskDescription:
    """The task of ``game``. state: ``global``, ``scaled`` or ``observations``; changes: what differs from the id."""
    facts = _facts(game, key, state, reward_scale)
    a, limit = len(game.players), int(game._max_episode_steps)
    low, high = _return_range(facts, a, limit)
    level = f"{facts['min_player_level']} to {facts['max_player_level']}"
    fields = global_fields(facts, a) if state != "observations" else observation_fields(facts, a)
    return TaskDescription(
        name=":".join(["lbf", key, state, *(f"{k}={v}" for k, v in sorted(changes.items()))]),
        family="lbf",
        summary=_summary(facts, a),
        agents=tuple(Agent(f"agent_{i}", f"forager of level {level}, drawn anew for each episode") for i in range(a)),
        actions=ACTIONS,
        state_fields=fields,
        state_dim=sum(f.size * f.count for f in fields),
        obs_dim=int(game.observation_space[0].shape[0]),
        reward=_reward(facts),
        return_low=low,
        return_high=high,
        episode_end=f"When the last food is eaten, or after {limit} steps.",
        episode_limit=limit,
        facts=facts,
    )


def highest_food_level(game: FastForaging) -> int:
    """Of any episode."""
    if game.max_food_level is not None:
        return int(max(game.max_food_level))
    return int(sum(sorted(game.max_player_level)[:3]))  # the package's rule: the three lowest agent levels' sum


def _facts(game: FastForaging, key: str, state: str, reward_scale: float) -> dict[str, Any]:
    highest = highest_food_level(game)
    scale = {"position_unit": max(game.rows, game.cols), "level_unit": highest} if state == "scaled" else {}
    return scale | {
        "key": key,
        "state": state,
        "rows": int(game.rows),
        "cols": int(game.cols),
        "n_food": int(game.max_num_food),
        "min_player_level": int(min(game.min_player_level)),
        "max_player_level": int(max(game.max_player_level)),
        "min_food_level": int(min(game.min_food_level)),
        "max_food_level": highest,
        "food_level_follows_agents": game.max_food_level is None,
        "force_coop": bool(game.force_coop),
        "sight": int(game.sight),
        "observe_agent_levels": bool(game._observe_agent_levels),
        "normalize_reward": bool(game._normalize_reward),
        "penalty": float(game.penalty),
        "reward_scale": float(reward_scale),
    }


def _summary(facts: dict[str, Any], n_agents: int) -> str:
    n_food, rows, cols = facts["n_food"], facts["rows"], facts["cols"]
    if facts["food_level_follows_agents"]:
        lowest = {2: "both agents' levels", 3: "the three agents' levels"}.get(
            n_agents, "the three lowest agent levels"
        )
        levels = f"the sum of {lowest}"
    else:
        levels = f"{facts['max_food_level']} (the highest food level)"
    rule = (
        f"Cooperation is forced: the level of a food is {levels}"
        if facts["force_coop"]
        else f"The level of a food lies between {facts['min_food_level']} and {levels}: one agent can eat some foods, "
        "others need several"
    )
    sight = (
        "the whole grid"
        if facts["sight"] >= max(rows, cols) - 1
        else f"what is at most {facts['sight']} rows and {facts['sight']} columns away"
    )
    return (
        f"Level-Based Foraging: {n_agents} agents walk on a grid of {rows} rows and {cols} columns to eat "
        f"{n_food} food{'s' if n_food > 1 else ''}. Agents and foods have levels and appear at random cells when an "
        "episode starts; foods do not move. A food is eaten when agents that stand next to it (above, below, left or "
        "right of it) load at the same step and their levels add up to at least the food's level. "
        f"{rule}. Nobody can walk onto a food, and agents that move to the same cell all stay where they are. Row 0 is "
        f"at the top, column 0 at the left. Each agent sees {sight}."
    )


def _reward(facts: dict[str, Any]) -> str:
    per = "" if facts["reward_scale"] == 1.0 else ", all divided by the number of agents"
    penalty = (
        f" An attempt to load that fails costs each loading agent {facts['penalty']:g}." if facts["penalty"] else ""
    )
    if facts["normalize_reward"]:
        text = (
            "The team is rewarded only when a food is eaten: with the food's level divided by the sum of the levels of "
            "all foods of the episode, so that eating every food gives 1 in all, however long it takes"
        )
    else:
        text = (
            "The team is rewarded only when a food is eaten: with the food's level times the sum of the levels of the "
            "agents that loaded it"
        )
    return f"{text}{per}.{penalty}"


def _return_range(facts: dict[str, Any], n_agents: int, limit: int) -> tuple[float, float]:
    high = 1.0
    if not facts["normalize_reward"]:
        high = float(facts["n_food"] * facts["max_food_level"] * n_agents * facts["max_player_level"])
    low = -facts["penalty"] * n_agents * limit
    return (low if low else 0.0) * facts["reward_scale"], high * facts["reward_scale"]
