"""The stag hunt in words and numbers, made from its options."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from envs.stag_hunt_fields import state_fields
from envs.stag_hunt_options import StagHuntOptions
from llm_credit.task import Action, Agent, TaskDescription

_MOVES = (
    ("right", "to the next column"),
    ("down", "to the next row"),
    ("left", "to the column before"),
    ("up", "to the row before"),
)
_COUNTS = {1: "one agent tries", 2: "two agents try", 3: "three agents try", 4: "four agents try"}


def describe_stag_hunt(o: StagHuntOptions, obs_size: int, state_size: int) -> TaskDescription:
    """The task's description; two sets of options that differ have names that differ."""
    options = {name: _plain(value) for name, value in asdict(o).items()}
    usual = asdict(StagHuntOptions())
    changes = [f"{name}={value}" for name, value in options.items() if value != _plain(usual[name])]
    low, high = _return_range(o)
    return TaskDescription(
        name=":".join(["stag_hunt", *(change.replace(" ", "") for change in changes)]),
        family="stag_hunt",
        summary=_summary(o),
        agents=tuple(Agent(f"agent_{i}", "hunter, like all the others") for i in range(o.n_agents)),
        actions=_actions(o),
        state_fields=state_fields(o),
        state_dim=state_size,
        obs_dim=obs_size,
        reward=_reward(o),
        return_low=low,
        return_high=high,
        episode_end=_episode_end(o),
        episode_limit=o.episode_limit,
        facts=options | {"position_unit": o.unit},
    )


def _plain(value: Any) -> Any:
    """As JSON gives it back: lists in place of tuples."""
    return [_plain(v) for v in value] if isinstance(value, (list, tuple)) else value


def _actions(o: StagHuntOptions) -> tuple[Action, ...]:
    moves = [Action(name, f"move one cell {name}, {where}") for name, where in _MOVES]
    catch = [Action("catch", "try to catch the prey in all cells beside it; possible only with prey beside it")]
    return (*moves, Action("stay", "do nothing"), *(catch if o.capture_action else []))


def _summary(o: StagHuntOptions) -> str:
    prey = " and ".join(
        f"{n} {name}{'s' if n > 1 else ''}" for n, name in ((o.n_stags, "stag"), (o.n_hare, "hare")) if n
    )
    edge = "it goes on at the opposite side, so that there are no edges" if o.toroidal else "nobody can leave it"
    sights = [
        f"Stag hunt: {o.n_agents} agents hunt {prey} on a grid of {o.height} rows and {o.width} columns; {edge}. "
        "Row 0 is at the top, column 0 at the left. All appear at random cells, no two in one.",
        "At each step the agents act one after the other in a random order, then the prey does.",
        _blocking(o),
        "Prey that is not caught moves to a random free cell beside it"
        + (" or rests" if o.p_stags_rest or o.p_hare_rest else "")
        + "; beside means above, below, left or right.",
        _capture(o),
        _freezing(o),
        _obstacles(o),
        _mountain(o),
        "Each agent sees " + ("the whole grid." if o.observe_state else _window(o)),
    ]
    return " ".join(s for s in sights if s)


def _blocking(o: StagHuntOptions) -> str:
    names = [name for i, name in enumerate(("agents", "stags", "hares")) if i in o.agent_move_block]
    if not names:
        return "Agents can walk onto any entity's cell."
    return f"An agent cannot move to a cell with {' or '.join(names)} in it and then stays where it is."


def _capture(o: StagHuntOptions) -> str:
    kinds = [(n, name, i) for i, (n, name) in enumerate(((o.n_stags, "stag"), (o.n_hare, "hare"))) if n]
    if o.capture_action:
        rules = [
            f"a {name} is caught when at least {_COUNTS[o.capture_action_conditions[i]]} to catch it"
            for _, name, i in kinds
        ]
        return f"With the action catch an agent tries to catch all prey beside it; {', '.join(rules)} at the same step."
    rules = [
        f"a {name} is caught when at most {o.capture_conditions[i]} of the cells beside it are free"
        for _, name, i in kinds
    ]
    agent = " and an agent stands beside it" if o.prevent_cannibalism else ""
    return f"There is no action for catching: {', '.join(rules)}{agent}."


def _freezing(o: StagHuntOptions) -> str:
    if not o.capture_freezes:
        return "Caught prey disappears."
    rest = "leave the grid" if o.remove_frozen else "stay where they are, unable to act,"
    return f"Caught prey disappears, and the agents that took part in catching it {rest} for the rest of the episode."


def _obstacles(o: StagHuntOptions) -> str:
    fixed = f"Nobody can enter the cells (row, column) {[list(c) for c in o.obstacles]}." if o.obstacles else ""
    drawn = f"Nobody can enter {o.n_obstacles} cells that are drawn for each episode." if o.n_obstacles else ""
    return " ".join(s for s in (fixed, drawn) if s)


def _mountain(o: StagHuntOptions) -> str:
    spawn = "Stags appear in the top row, hares in the bottom row." if o.mountain_spawn else ""
    row = f"Agents appear in row {o.mountain_agent_row}." if o.mountain_agent_row >= 0 else ""
    slope = (
        f"A move up by an agent or a hare, and a move down by a stag, fails with probability {o.mountain_slope:g}."
        if o.mountain_slope
        else ""
    )
    return " ".join(s for s in (spawn, row, slope) if s)


def _window(o: StagHuntOptions) -> str:
    rows, columns = o.agent_obs
    return f"what is at most {rows} rows and {columns} columns away."


def _reward(o: StagHuntOptions) -> str:
    parts = [f"{o.reward_stag:g} for each stag that is caught"] if o.n_stags else []
    parts += [f"{o.reward_hare:g} for each hare that is caught"] if o.n_hare else []
    if o.capture_action and o.miscapture_punishment:
        parts.append(f"{o.miscapture_punishment:g} for each prey that some agents, but too few, try to catch at a step")
    if o.reward_collision:
        parts.append(f"{o.reward_collision:g} for each agent that moves against an entity")
    if o.reward_time:
        parts.append(f"{o.reward_time:g} at each step")
    return f"The team gets {', '.join(parts)}."


def _episode_end(o: StagHuntOptions) -> str:
    if o.capture_terminal:
        return f"When prey is caught, or after {o.episode_limit} steps."
    frozen = " or no agent can act any more" if o.capture_freezes else ""
    return f"When all prey is caught{frozen}, or after {o.episode_limit} steps."


def _return_range(o: StagHuntOptions) -> tuple[float, float]:
    """Bounds of the return: the best and worst catches that the freezing of agents leaves possible, and the rest."""
    catches = [
        s * o.reward_stag + h * o.reward_hare
        for s in range(o.n_stags + 1)
        for h in range(o.n_hare + 1)
        if _possible(o, s, h)
    ]
    t = o.episode_limit
    punished = t * o.n_prey * o.miscapture_punishment if o.capture_action else 0.0
    others = [punished, t * o.n_agents * o.reward_collision]
    times = [o.reward_time, t * o.reward_time]
    low = min(catches) + sum(min(x, 0.0) for x in others) + min(times)
    high = max(catches) + sum(max(x, 0.0) for x in others) + max(times)
    return low, high


def _possible(o: StagHuntOptions, stags: int, hares: int) -> bool:
    if not o.capture_freezes:
        return True
    if o.capture_action:
        needed = [n * k for n, k in zip((stags, hares), o.capture_action_conditions, strict=True)]
        return sum(needed) <= o.n_agents
    return stags + hares <= o.n_agents if o.prevent_cannibalism else True
