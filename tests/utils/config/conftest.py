"""A copy of the shipped config to break, and calls against it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from utils.config import CONFIG_DIR, load_config
from utils.errors import UserError

Load = Callable[..., Any]


@pytest.fixture
def config_dir(tmp_path: Path) -> Path:
    folder = tmp_path / "config"
    shutil.copytree(CONFIG_DIR, folder)
    return folder


@pytest.fixture
def load(config_dir: Path) -> Load:
    """``load("lr=1", alg="qmix", env="matrix_game")`` -> Config."""

    def _load(*overrides: str, alg: str = "qmix", env: str = "matrix_game") -> Any:
        return load_config([f"--config={alg}", f"--env-config={env}", "with", *overrides], config_dir)

    return _load


@pytest.fixture
def refusal(load: Load) -> Callable[..., str]:
    """The message with which such a call is refused."""

    def _refusal(*overrides: str, **names: str) -> str:
        with pytest.raises(UserError) as caught:
            load(*overrides, **names)
        return str(caught.value)

    return _refusal
