"""Level-Based Foraging described from the game itself.

Legend: A agents, F foods, S state.
"""

from __future__ import annotations

from typing import Any

from envs.lbf_game import FastForaging
from llm_credit.task import Action, Agent, StateField, TaskDescription

ACTIONS = (
    Action("none", "do nothing"),
    Action("north", "move one row up (row - 1), if that cell is free"),
    Action("south", "move one row down (row + 1), if that cell is free"),
    Action("west", "move one column left (col - 1), if that cell is free"),
    Action("east", "move one column right (col + 1), if that cell is free"),
    Action(
        "load",
        "try to take a food in one of the four neighbouring cells; it succeeds if the levels of all agents that "
        "load it in this step add up to at least its level",
    ),
)


def describe_lbf(game: FastForaging, key: str, state: str, state_dim: int, obs_dim: int) -> TaskDescription:
    """The task of ``game``; ``state`` is ``global`` or ``observations``."""
    facts = _facts(game, key, state)
    n_agents, n_food = len(game.players), int(game.max_num_food)
    fields = _global_fields(facts, n_agents, n_food) if state == "global" else _obs_fields(facts, n_agents, n_food)
    return TaskDescription(
        name=f"lbf:{key}:{state}",
        family="lbf",
        summary=_summary(facts, n_agents, n_food),
        agents=tuple(Agent(f"agent_{i}", "forager; its level is drawn anew in every episode") for i in range(n_agents)),
        actions=ACTIONS,
        state_fields=fields,
        state_dim=state_dim,
        obs_dim=obs_dim,
        reward=(
            "The team is rewarded when a food is taken: with the food's level divided by the sum of the levels of all "
            "foods of the episode, so that taking every food gives 1 in all. Nothing else is rewarded."
        ),
        return_low=0.0,
        return_high=1.0,
        episode_end=f"When the last food is taken, or after {game._max_episode_steps} steps.",
        episode_limit=int(game._max_episode_steps),
        facts=facts,
    )


def _facts(game: FastForaging, key: str, state: str) -> dict[str, Any]:
    max_player_level = int(max(game.max_player_level))
    if game.max_food_level is not None:
        max_food_level = int(max(game.max_food_level))
    else:  # the game draws food levels up to the sum of the three lowest player levels
        max_food_level = int(sum(sorted(game.max_player_level)[:3]))
    return {
        "key": key,
        "state": state,
        "rows": int(game.rows),
        "cols": int(game.cols),
        "n_food": int(game.max_num_food),
        "max_player_level": max_player_level,
        "max_food_level": max_food_level,
        "force_coop": bool(game.force_coop),
        "sight": int(game.sight),
    }


def _summary(facts: dict[str, Any], n_agents: int, n_food: int) -> str:
    coop = (
        " Every food's level is the sum of the (up to three lowest) agents' levels, so that these must load together."
        if facts["force_coop"]
        else " A food's level lies between 1 and the sum of the (up to three lowest) agents' levels, so that some foods "
        "can be taken by one agent and others need several."
    )
    return (
        f"Level-Based Foraging: {n_agents} agents walk on a grid of {facts['rows']} rows and {facts['cols']} columns "
        f"and collect {n_food} food{'s' if n_food > 1 else ''}. Agents and foods have levels. Agents that stand next "
        f"to a food (above, below, left or right of it) and load it in the same step take it if their levels add up to "
        f"at least the food's level.{coop} Nobody can walk onto a food, and agents that move to the same cell all stay "
        f"where they are. Each agent sees the cells up to {facts['sight']} rows and columns away."
    )


def _global_fields(facts: dict[str, Any], a: int, f: int) -> tuple[StateField, ...]:
    rows, cols = facts["rows"] - 1, facts["cols"] - 1
    agent = {"count": a, "stride": 3, "per": "agent", "kind": "integer"}
    food = {"count": f, "stride": 3, "per": "food", "kind": "integer"}
    there = "-1 once it is taken (or was never placed)"
    return (
        StateField("agent_row", 0, low=0, high=rows, unit="cells", meaning="row of the agent, 0 at the top", **agent),
        StateField("agent_col", 1, low=0, high=cols, unit="cells", meaning="column, 0 at the left", **agent),
        StateField(
            "agent_level", 2, low=1, high=facts["max_player_level"], unit="levels", meaning="the agent's level", **agent
        ),
        StateField(
            "food_row", 3 * a, low=-1, high=rows, unit="cells", absent=-1, meaning=f"row of the food; {there}", **food
        ),
        StateField(
            "food_col", 3 * a + 1, low=-1, high=cols, unit="cells", absent=-1, meaning=f"column; {there}", **food
        ),
        StateField(
            "food_level",
            3 * a + 2,
            low=0,
            high=facts["max_food_level"],
            unit="levels",
            absent=0,
            meaning="the level that its loaders must reach together; 0 once it is taken (or was never placed)",
            **food,
        ),
        StateField(
            "last_action",
            3 * (a + f),
            size=len(ACTIONS),
            count=a,
            stride=len(ACTIONS),
            per="agent",
            kind="one_hot",
            meaning="the agent's last action, one-hot in the order of the actions; all 0 before the first step",
        ),
    )


def _obs_fields(facts: dict[str, Any], a: int, f: int) -> tuple[StateField, ...]:
    """The observations of agent 0, 1, ... one after the other: foods, then oneself, then the other agents."""
    span_r = min(2 * facts["sight"], facts["rows"] - 1)
    span_c = min(2 * facts["sight"], facts["cols"] - 1)
    where = "counted from the corner of the cells in sight; -1 if there is none in sight"
    fields = []
    for i in range(a):
        start = i * 3 * (f + a)
        for per, at, count, high in (
            ("food", start, f, facts["max_food_level"]),
            ("seen_agent", start + 3 * f, a, facts["max_player_level"]),
        ):
            what = "food in sight" if per == "food" else "agent in sight, itself first"
            base = {"count": count, "stride": 3, "per": per, "kind": "integer"}
            name, mine = f"obs{i}_{per}", f"as agent {i} sees it: {what}"
            fields += [
                StateField(
                    f"{name}_row", at, low=-1, high=span_r, absent=-1, unit="cells", meaning=f"{mine}, row {where}", **base
                ),
                StateField(
                    f"{name}_col", at + 1, low=-1, high=span_c, absent=-1, unit="cells", meaning="column, likewise", **base
                ),
                StateField(
                    f"{name}_level", at + 2, low=0, high=high, absent=0, unit="levels", meaning="level, likewise", **base
                ),
            ]
    return tuple(fields)
