"""The numbers of the original PyMARL2 where old episodes are learned from: DOP, and RIIT's off-policy steps.

Recorded as PyMARL2's ``dop_run`` and ``on_off_run`` call their learners, four rounds each: old episodes are not the new
ones. DOP's target networks are updated after the second and the fourth round, RIIT's after the off-policy step of the
third.
"""

import numpy as np
import pytest
from tests.learners.test_parity import Case, assert_close

ROUNDS = list(enumerate((0, 1, 200, 201)))
DROPPED = {"q_max_var", "q_min_var", "q_max_first", "q_min_first"}  # metrics that docs/algorithms/dop.md gives up


@pytest.fixture
def dop(logger):
    return Case("dop", logger, optimizer="rmsprop")  # PyMARL2's, whatever `optimizer` was when this was recorded


@pytest.fixture
def riit(logger):
    return Case("riit_off", logger)


def expected_stats(case, step, dropped=frozenset()):
    stats = {k.split("/")[1]: float(case.data[k]) for k in case.data.files if k.startswith(f"stat{step}/")}
    return {k: v for k, v in stats.items() if k not in dropped}


def assert_stats(got, expected, step):
    assert set(expected) <= set(got)
    for key, value in expected.items():
        assert got[key] == pytest.approx(value, rel=1e-3, abs=2e-5), (step, key)


def logged(case):
    return {key: values[-1] for key, values in case.logger.stats.items()}


def assert_weights(case):
    for name, module in case.modules().items():
        state = module.state_dict()
        for key, value in case.weights("after4", name).items():
            moved = (state[key] - case.weights("init", name)[key].float()).abs().max()
            assert moved > 1e-4, f"{name}.{key} learned nothing"
            np.testing.assert_allclose(state[key].numpy(), value.numpy(), atol=1e-4, err_msg=f"{name}.{key}")


def test_dop_outputs(dop):
    assert_close(dop.mac.unroll(dop.batch).out, dop.data["agent_out"])
    assert_close(dop.learner.mixer(dop.tensor("mixer_in"), dop.batch["state"]), dop.data["mixer_out"])


def test_dop_four_rounds(dop):
    for step, _ in ROUNDS:
        dop.logger.stats.clear()
        dop.learner.train_critic(dop.new_batch()[0:4], dop.new_batch()[2:6])
        dop.learner.train(dop.new_batch(), (step + 1) * 100, 0)
        assert_stats(logged(dop), expected_stats(dop, step, DROPPED), step)
    assert (dop.learner.critic_training_steps, dop.learner.last_target_update) == (36, 36)
    assert_weights(dop)


def test_riit_four_rounds_with_old_episodes(riit, monkeypatch):
    critic_steps = []  # the off-policy step's metrics are not logged
    train_critic = riit.learner.train_critic
    monkeypatch.setattr(
        riit.learner, "train_critic", lambda *args: critic_steps.append(train_critic(*args)) or critic_steps[-1]
    )
    for step, episode in ROUNDS:
        riit.logger.stats.clear()
        riit.learner.train_off_policy(riit.new_batch()[0:4], (step + 1) * 100, episode)
        old = {f"off_{key}": value.item() for key, value in critic_steps[-1].items()}
        riit.learner.train(riit.new_batch()[2:6], (step + 1) * 100, episode)
        assert_stats({**logged(riit), **old}, expected_stats(riit, step), step)
    assert_weights(riit)
