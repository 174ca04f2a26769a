"""A short run of what `make fuzz` does for ten minutes."""

import pytest

from .fuzz import fuzz


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1])
def test_mutated_functions_crash_nothing_and_mean_the_same_everywhere(seed):
    counts, found = fuzz(seconds=120.0, seed=seed, limit=60)
    assert not found, "\n".join(f"{stage}: {problem}\n{source}" for stage, problem, source in found)
    assert counts["accepted"]
