"""Value-based learners beyond VDN and QMIX on one-step games, under random play: what each can represent, it finds."""

import pytest
from tests.run import test_policies
from tests.run.test_policies import CLIMBING, EASY, learned

PLAY = "buffer_size=500 batch_size=32 epsilon_start=1.0 epsilon_finish=1.0 target_update_interval=50"
SETTINGS = {
    "qatten": f"{PLAY} agent_own_state_size=1",
    "qplex": PLAY,
    "cw_qmix": f"{PLAY} central_mixing_embed_dim=32",
    "ow_qmix": f"{PLAY} central_mixing_embed_dim=32",
    "qtran": f"{PLAY} qtran_arch=coma_critic",
}


@pytest.fixture(autouse=True)
def _rewards_as_they_are(monkeypatch):
    monkeypatch.setattr(test_policies, "COMMON", test_policies.COMMON.replace("standardise_rewards=True ", ""))


@pytest.mark.slow
@pytest.mark.parametrize("config", SETTINGS)
def test_the_best_joint_action_of_an_easy_game_is_found(config):
    assert learned(config, SETTINGS[config], EASY, between=2) == (0, 0)


@pytest.mark.slow
@pytest.mark.parametrize("config", ["cw_qmix", "ow_qmix", "qtran"])
def test_weights_and_transformed_values_find_the_climbing_games_optimum(config):
    """Which a monotonic mixer without weights cannot represent."""
    assert learned(config, SETTINGS[config], CLIMBING, between=2) == (0, 0)


@pytest.mark.slow
def test_qatten_misses_it():
    """A documented limit: it is monotonic."""
    assert learned("qatten", SETTINGS["qatten"], CLIMBING, between=2) != (0, 0)
