"""Environments by name."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

import envs
from utils.errors import UserError


def test_unknown_name_gets_a_hint() -> None:
    with pytest.raises(UserError, match="Did you mean env=matrix_game"):
        envs.REGISTRY["matrx_game"]
    assert "nope" not in envs.REGISTRY
    assert envs.REGISTRY.get("nope") is None


def test_missing_package_names_the_package_and_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in [name for name in sys.modules if name.split(".")[0] == "lbforaging" or name.startswith("envs.lbf")]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, "lbforaging", None)  # what an import finds where the package is not installed
    with pytest.raises(UserError, match=r"needs the package lbforaging.*pip install lbforaging"):
        envs.REGISTRY["lbf"]
    assert "lbf" in envs.REGISTRY


def test_pymarl2_name_of_the_matrix_game() -> None:
    assert envs.REGISTRY["one_step_matrix_game"] is envs.REGISTRY["matrix_game"]


def test_the_documented_example_is_an_environment() -> None:
    """docs/environments/README.md tells how to add one."""
    page = (Path(__file__).resolve().parents[2] / "docs" / "environments" / "README.md").read_text()
    source = page.split("```python\n")[1].split("```")[0]
    namespace: dict[str, Any] = {}
    exec(compile(source, "README.md", "exec"), namespace)
    env = namespace["Meeting"](seed=3)
    assert env.get_env_info()["episode_limit"] == 5
    env.reset()
    assert env.step([0, 1]) == (0.0, False, {})
    assert env.step([1, 1]) == (1.0, True, {"episode_limit": False})
    state = env.rng_state()
    starts = [env.reset()[1].tolist() for _ in range(6)]
    env.set_rng_state(state)
    assert starts == [env.reset()[1].tolist() for _ in range(6)]
