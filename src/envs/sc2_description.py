"""A StarCraft II battle described from its map, the options and the running game."""

from __future__ import annotations

import logging
from copy import deepcopy
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

from envs.sc2_capabilities import in_words, label, occurring
from envs.sc2_game import STAND_IN, GameLost, RunningVersion
from envs.sc2_options import SC2v2Options
from envs.sc2_sight import seen_text, target_text
from envs.smac_description import describe_smac
from envs.smac_layout import Arena, SmacLayout
from envs.smac_maps import SCENARIOS, Scenario, gen_scenario
from envs.smac_reward import SMAC_RULES, SMACV2_RULES
from llm_credit.task import TaskDescription
from utils.errors import UserError

if TYPE_CHECKING:
    from envs.sc2 import SC2Env

log = logging.getLogger("pymarl")

SETTING = (
    "StarCraft II micromanagement (the StarCraft Multi-Agent Challenge): two small armies fight on a map; agents "
    "command the units of one, the game's own computer player of difficulty {difficulty} (of 1 to 9 and A) the other."
)
NO_GAME = (
    "SC2PATH names the tests' stand-in program and NOT StarCraft II: no result of this run is a SMAC result, and none "
    "may be compared with one (its record says data_version STAND-IN)"
)


def describe_sc2(env: SC2Env) -> TaskDescription:
    """The task of ``env``; its game is started for it where none runs. Raises UserError where it does not start."""
    try:
        env.game.start()
        version = env.game.running_version()
    except GameLost as e:
        env.game.kill()
        raise UserError(
            f"StarCraft II does not start ({e}). Run its program by hand to see what it lacks (memory, libraries): "
            f"build {env.installed.build}, see docs/environments/sc2.md"
        ) from e
    if version.data == STAND_IN:
        log.warning(NO_GAME)
    layout = layout_of(env)
    _check_sizes(env, layout)
    options = env.options
    own: dict[str, str] = {}
    if isinstance(options, SC2v2Options):
        own = {"seen": seen_text(options, layout), "target": target_text(options)}
    return describe_smac(
        layout,
        options,
        family=env.config_name,
        name=_name(env),
        setting=SETTING.format(difficulty=options.difficulty),
        step_mul=options.step_mul,
        move_amount=options.move_amount,
        rules=SMACV2_RULES if env.draws_armies else SMAC_RULES,
        draws=in_words(env.capability_config) if env.capability_config else "",
        facts=_facts(env, version),
        **own,
    )


def layout_of(env: SC2Env) -> SmacLayout:
    """The layout of the running game's state and observations."""
    game = env.game
    arena = Arena(float(game.map_x), float(game.map_y), float(game.max_distance_x), float(game.max_distance_y))
    return SmacLayout(_scenario(env), env.options.view(), arena)


def _scenario(env: SC2Env) -> Scenario:
    if not env.draws_armies:
        return SCENARIOS[env.map_name]
    assert env.capability_config is not None
    scenario = gen_scenario(env.map_name, int(env.game.n_agents), int(env.game.n_enemies))
    return replace(scenario, draws=occurring(env.capability_config))


def _facts(env: SC2Env, version: RunningVersion) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "map_name": env.map_name,
        "game_version": version.game,
        "game_build": env.installed.build,
        "data_version": version.data,
    }
    if env.capability_config is not None:
        facts["capability_config"] = deepcopy(env.capability_config)
    return facts


def _name(env: SC2Env) -> str:
    """The map, and what of the options changes the task."""
    defaults = {f.name: f.default for f in fields(env.options)}
    settled = {"map_name", "replay_dir", "replay_prefix", "debug", "step_timeout", "start_timeout", "max_restarts"}
    changed = {k: v for k, v in vars(env.options).items() if k not in settled and v != defaults[k]}
    if env.capability_config is not None:
        changed["capability_config"] = label(env.map_name, env.capability_config)
    return ":".join([env.config_name, env.map_name, *(f"{k}={v}" for k, v in sorted(changed.items()))])


def _check_sizes(env: SC2Env, layout: SmacLayout) -> None:
    ours = (layout.state_size, layout.obs_size, layout.n_actions)
    package = (env.get_state_size(), env.get_obs_size(), env.get_total_actions())
    if ours != package:
        raise RuntimeError(
            f"{env.map_name}: the described sizes of state, observation and actions are {ours}, smacv2's {package}: "
            "another version of smacv2?"
        )
