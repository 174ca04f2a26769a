"""Environments by name."""

from __future__ import annotations

import sys

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
