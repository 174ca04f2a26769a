import numpy as np
import pytest

from components.standardise import RunningMeanStd


def test_batches_merge_to_the_moments_of_all_values():
    values = np.random.default_rng(0).normal(3, 2, size=1000)
    stats = RunningMeanStd()
    for part in np.split(values, [10, 11, 500]):
        stats.update(part)
    stats.update(np.array([]))
    assert stats.mean == pytest.approx(values.mean())
    assert stats.var == pytest.approx(values.var())
    assert stats.standardise(values).std() == pytest.approx(1)


def test_state_round_trip():
    stats, other = RunningMeanStd(), RunningMeanStd()
    stats.update(np.arange(5.0))
    other.load_state_dict(stats.state_dict())
    stats.update(np.arange(3.0))
    other.update(np.arange(3.0))
    assert stats.state_dict() == other.state_dict()
