"""SMACv2's options of what agents see and may choose as targets, in words."""

from __future__ import annotations

from envs.sc2_options import SC2v2Options
from envs.smac_description import SEEN, TARGET
from envs.smac_layout import SmacLayout
from envs.smac_units import UNITS

UNIT_RANGES = (
    "An agent sees 8 to 11 cells far, and may choose targets within the range of its type's weapon, but at least "
    "{least:g} cells away: {ranges}."
)
CONE = (
    " It sees, and may choose targets, only inside a cone of {degrees:g} degrees around the direction in which it "
    "looks; its look_k actions turn it."
)
EVERYTHING = (
    " Of this only the targets are limited: it is told of all living agents, and of all enemies that an agent has had "
    "in sight, wherever they are."
)
SELDOM = (
    " When an enemy comes into an agent's sight that none of them knows, each other agent can see it only with "
    "probability {p:g}, until the first agent or the enemy is dead."
)


def seen_text(options: SC2v2Options, layout: SmacLayout) -> str:
    """What an agent sees and may choose as targets."""
    text = SEEN
    if options.use_unit_ranges:
        least = options.min_attack_range
        ranges = (f"{kind} {max(UNITS[kind].reach, least):g}" for kind in layout.scenario.occurring(True))
        text = UNIT_RANGES.format(least=least, ranges=", ".join(ranges))
    if options.conic_fov:
        text += CONE.format(degrees=360 / options.num_fov_actions)
    if options.fully_observable:
        text += EVERYTHING
    return text + (SELDOM.format(p=options.prob_obs_enemy) if options.prob_obs_enemy < 1 else "")


def target_text(options: SC2v2Options) -> str:
    """When an attack action is open."""
    text = "open while it lives in range of the agent's type" if options.use_unit_ranges else TARGET
    if options.conic_fov:
        text += " and in its cone"
    if options.action_mask:
        return text
    limits = text.removeprefix("open while it lives ")
    return f"open while it lives, and does nothing to a target that is not {limits}"
