import pytest

import envs


@pytest.fixture
def toy(monkeypatch):
    """Makes ``env=toy`` exist here; worker processes are given its module by name."""
    entry = envs._Entry("tests.runners.toy_env", "ToyEnv", "")
    monkeypatch.setattr(envs, "_ENTRIES", {**envs._ENTRIES, "toy": entry})
    return entry
