"""The shipped configs name every option of the adapters with its default; this needs no package."""

import inspect
from dataclasses import MISSING, fields
from pathlib import Path

import pytest
import yaml

from envs.sc2_options import SC2Options, SC2v2Options, signature_of
from envs.skirmish_options import SkirmishOptions

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
