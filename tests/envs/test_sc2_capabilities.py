"""SMACv2's capability_config is completed from the map and checked before anything starts; this needs no package."""

from pathlib import Path

import pytest
import yaml

from envs.sc2_capabilities import complete, in_words, label, occurring
from envs.smac_maps import GEN_TYPES
from utils.errors import UserError

ENVS = Path(__file__).resolve().parents[2] / "config" / "envs"
SHIPPED = yaml.safe_load((ENVS / "sc2_v2.yaml").read_text())["env_args"]["capability_config"]


def changed(part=None, **values):
    """The shipped configuration with ``values`` in ``part``, or at its top."""
    return {**SHIPPED, part: {**SHIPPED[part], **values}} if part else {**SHIPPED, **values}


@pytest.mark.parametrize(
    ("name", "alone"), [("10gen_terran", ["medivac"]), ("10gen_protoss", []), ("10gen_zerg", ["baneling"])]
)
def test_what_is_left_out_is_smacv2s_config_of_the_map(name, alone):
    before = yaml.safe_dump(SHIPPED)
    teams = complete(name, SHIPPED)["team_gen"]
    assert teams["unit_types"] == list(GEN_TYPES[name])
    assert teams["exception_unit_types"] == alone
    assert dict(zip(teams["unit_types"], teams["weights"], strict=True))[GEN_TYPES[name][2]] == 0.1
    assert yaml.safe_dump(SHIPPED) == before
    assert complete(name, complete(name, SHIPPED)) == complete(name, SHIPPED)


def test_weights_follow_the_types():
    full = complete("10gen_terran", changed("team_gen", unit_types=["medivac", "marine"]))
    assert full["team_gen"]["weights"] == pytest.approx([0.1 / 0.55, 0.45 / 0.55])
    full = complete("10gen_terran", changed("team_gen", unit_types=["marauder", "marine"], weights=[1.0, 0.0]))
    assert occurring(full) == ("marauder",)


@pytest.mark.parametrize(
    ("config", "words"),
    [
        (changed("team_gen", unit_types=["marine"], weights=[0.45, 0.45, 0.1]), "must be 1 numbers"),
        (changed("team_gen", weights=[0.5, 0.5, 0.1]), "must add up to 1"),
        (changed("team_gen", weights=[1.2, -0.1, -0.1]), "between 0 and 1"),
        (changed("team_gen", unit_types=["zealot"]), "zealot, which 10gen_terran does not have"),
        (changed("team_gen", unit_types=["medivac"]), "leaves no type"),
        (changed("team_gen", unit_types=[]), "must be a list of unit types"),
        (changed("team_gen", unit_types="marine"), "must be a list of unit types"),
        (changed("team_gen", exception_unit_types=["zergling"]), "zergling, which 10gen_terran does not have"),
        (changed("team_gen", observe="yes"), "True or False"),
        (changed("team_gen", dist_type="fixed"), "weighted_teams or all_teams"),
        (changed(team_gen={**SHIPPED["team_gen"], "dist_type": "all_teams"}, n_enemies=6), "n_enemies must equal"),
        (changed(team_gen="marines"), "group of settings"),
        (changed("start_positions", p=2), r"start_positions\.p"),
        (changed("start_positions", map_x=64), "must be 32"),
        (changed(enemy_mask={"dist_type": "mask"}), "mask_probability"),
        (changed(n_units=0), "n_units must be"),
        (changed(health={}), "health is not offered"),
        (changed(team_gen=None), "lacks team_gen"),
        (changed("team_gen", weigts=[1]), r"team_gen\.weigts does not exist\. Did you mean weights"),
        (changed("start_positions", foo=1), r"start_positions\.foo does not exist\. .*dist_type, p, map_x, map_y"),
        (changed("start_positions", n_enemies=6), r"start_positions\.n_enemies must be left out, or 5"),
        (changed(enemy_mask={"dist_type": "mask", "mask_probability": 0.5, "probability": 1}), "mask_probability"),
    ],
)
def test_mistakes_are_the_users_to_mend(config, words):
    with pytest.raises(UserError, match=words):
        complete("10gen_terran", config)


def test_sizes_that_smacv2s_own_files_repeat_in_a_group_change_nothing():
    assert complete("10gen_terran", changed("start_positions", n_enemies=5)) == complete("10gen_terran", SHIPPED)


def test_unlike_draws_have_unlike_names_and_words():
    mask = {"dist_type": "mask", "mask_probability": 0.5}
    configs = [
        SHIPPED,
        changed(n_enemies=6),
        changed(n_enemies=4),
        changed("team_gen", weights=[0.2, 0.7, 0.1]),
        changed("team_gen", unit_types=["marine", "marauder"]),
        changed("team_gen", exception_unit_types=[]),
        changed("team_gen", dist_type="all_teams"),
        changed("start_positions", p=0.7),
        changed("start_positions", dist_type="surrounded"),
        changed("start_positions", dist_type="reflect_position"),
        changed(start_positions=None),
        changed(enemy_mask=mask),
    ]
    full = [complete("10gen_terran", config) for config in configs]
    assert label("10gen_terran", full[0]) == "5_vs_5"
    assert len({label("10gen_terran", config) for config in full}) == len(full)
    assert len({in_words(config) for config in full}) == len(full)
