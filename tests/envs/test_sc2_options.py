"""The shipped configs name every option of the adapters with its default; this needs no package."""

import inspect
from dataclasses import MISSING, fields
from pathlib import Path

import pytest
import yaml

from envs.sc2_options import SC2Options, SC2v2Options, signature_of
from envs.sc2_sight import seen_text, target_text
from envs.skirmish_options import SkirmishOptions
from envs.smac_layout import Arena, SmacLayout
from envs.smac_maps import gen_scenario
from envs.smac_options import SmacOptions
from utils.errors import UserError

ENVS = Path(__file__).resolve().parents[2] / "config" / "envs"


@pytest.mark.parametrize(
    ("name", "options"), [("sc2", SC2Options), ("sc2_v2", SC2v2Options), ("skirmish", SkirmishOptions)]
)
def test_the_config_sets_every_option_to_its_default(name, options):
    values = yaml.safe_load((ENVS / f"{name}.yaml").read_text())["env_args"]
    assert set(values) == {f.name for f in fields(options)} == set(signature_of(options).parameters) - {"seed"}
    for f in fields(options):
        if f.default is not MISSING and f.name != "map_name":
            assert values[f.name] == f.default, f.name


def test_the_signature_has_types():
    parameters = signature_of(SC2v2Options).parameters
    assert parameters["step_mul"].annotation is int
    assert parameters["map_name"].default is inspect.Parameter.empty
    assert parameters["game_version"].annotation == (str | None)


def test_the_package_gets_only_what_it_takes():
    given = SC2Options(map_name="3m", obs_instead_of_state=True, max_restarts=1).package_options()
    assert not {"max_restarts", "step_timeout", "start_timeout", "obs_instead_of_state"} & set(given)
    assert given["map_name"] == "3m"


def test_a_whole_number_of_cells_reaches_the_package_as_one():
    """It indexes its grids with it, and a command line's 2 may come as 2.0."""
    given = SC2Options(map_name="3m", move_amount=2.0, obs_pathing_grid=True).package_options()
    assert type(given["move_amount"]) is int
    assert SC2Options(map_name="3m", move_amount=1.5).package_options()["move_amount"] == 1.5


@pytest.mark.parametrize(
    ("options", "name", "value"),
    [
        (SC2Options, "step_mul", 0),
        (SC2Options, "move_amount", 0.0),
        (SC2Options, "move_amount", float("inf")),
        (SC2Options, "step_timeout", 0),
        (SC2Options, "start_timeout", -1),
        (SC2Options, "max_restarts", -1),
        (SC2Options, "reward_scale_rate", 0.0),
        (SC2Options, "reward_win", -1000.0),
        (SC2Options, "reward_negative_scale", -0.5),
        (SC2Options, "reward_defeat", float("nan")),
        (SC2Options, "replay_prefix", "a/b"),
        (SC2v2Options, "num_fov_actions", 0),
        (SC2v2Options, "prob_obs_enemy", 2.0),
        (SC2v2Options, "min_attack_range", -1.0),
        (SkirmishOptions, "reward_scale_rate", -20.0),
    ],
)
def test_impossible_values_are_refused(options, name, value):
    with pytest.raises(UserError, match=f"env_args.{name}="):
        options(**{"map_name": "3m", name: value})


def test_points_around_an_agent_are_whole_cells_away():
    for grid in ("obs_pathing_grid", "obs_terrain_height"):
        with pytest.raises(UserError, match=r"move_amount=1\.5 must be a whole number of cells"):
            SC2Options(map_name="3m", move_amount=1.5, **{grid: True})


LAYOUT = SmacLayout(gen_scenario("10gen_terran", 5, 5), SmacOptions(use_unit_ranges=True))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, "An agent sees 8 to 11 cells far"),
        (
            {"use_unit_ranges": False},
            "An agent sees units up to 9 cells away and may choose targets up to 6 cells away.",
        ),
        ({"conic_fov": True, "num_fov_actions": 8}, "only inside a cone of 45 degrees"),
        ({"fully_observable": True}, "told of all living agents"),
        ({"prob_obs_enemy": 0.25}, "only with probability 0.25"),
    ],
)
def test_what_agents_see_is_said(options, words):
    given = SC2v2Options(map_name="10gen_terran", **options)
    assert words in seen_text(given, LAYOUT)
    others = ("cone", "told of all", "probability")
    assert sum(w in seen_text(given, LAYOUT) for w in others) == sum(w in words for w in others)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, "open while it lives in range of the agent's type"),
        ({"use_unit_ranges": False, "conic_fov": True}, "open while it lives within 6 cells and in its cone"),
        (
            {"action_mask": False},
            "open while it lives, and does nothing to a target that is not in range of the agent's type",
        ),
    ],
)
def test_when_an_attack_is_open_is_said(options, words):
    assert target_text(SC2v2Options(map_name="10gen_terran", **options)) == words


def test_what_is_seen_everywhere_has_ranges_of_the_whole_map():
    arena = Arena(width=32.0, height=24.0)
    fields = {
        whole: {f.name: f for f in SmacLayout(LAYOUT.scenario, SmacOptions(**options), arena).state_fields()}
        for whole, options in {
            True: {"obs_instead_of_state": True, "fully_observable": True, "use_unit_ranges": True},
            False: {"obs_instead_of_state": True},
        }.items()
    }
    assert fields[False]["obs0_enemy_distance"].high == fields[False]["obs0_enemy_rel_x"].high == 1
    assert fields[True]["obs0_enemy_distance"].high == 5  # 40 cells across, of which a zergling sees 8
    assert (fields[True]["obs0_ally_rel_x"].low, fields[True]["obs0_ally_rel_y"].high) == (-4, 3)
