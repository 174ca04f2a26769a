"""States are held to the ranges that are declared for them; this needs no package."""

import numpy as np

from envs.sc2_ranges import RangeKeeper
from envs.smac_layout import SmacLayout
from envs.smac_maps import SCENARIOS

LAYOUT = SmacLayout(SCENARIOS["3m"])
FIELDS = LAYOUT.state_fields()


def test_what_lies_outside_is_cut_and_said_once(caplog):
    """As with a version of the game whose marines take longer between shots."""
    keeper = RangeKeeper(FIELDS, "sc2, 3m")
    field = next(f for f in FIELDS if f.name == "agent_cooldown")
    state = np.zeros(LAYOUT.state_size, dtype=np.float32)
    state[field.slice_of(1)] = 3.5
    for _ in range(2):
        kept = keeper.keep(state)
        assert field.high - 1e-6 < kept[field.slice_of(1)] <= field.high
        assert kept.sum() == kept[field.slice_of(1)]
    (record,) = caplog.records
    assert "agent_cooldown is 3.5" in record.getMessage()
    assert "sc2, 3m" in record.getMessage()


def test_what_lies_inside_is_left_alone(caplog):
    rng = np.random.default_rng(0)
    keeper = RangeKeeper(FIELDS, "sc2, 3m")
    state = np.zeros(LAYOUT.state_size, dtype=np.float32)
    for f in FIELDS:
        state[list(f.indices())] = rng.uniform(f.low, f.high)
    np.testing.assert_array_equal(keeper.keep(state), state)
    keeper.keep(state + np.float32(1e-6))
    assert not caplog.records
