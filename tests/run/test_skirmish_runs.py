"""Skirmish trains through the command line: with both runners, QMIX's mixer and both forms of a credit function."""

import json

import pytest
from tests.run.test_main import call, curve, run_dir

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("alg", "env", "origin", "more"),
    [
        ("qmix_beta", "sk_3m", "focus", ["t_max=300"]),
        ("qmix", "sk_2s3z", "focus", ["t_max=500", "batch_size_run=4"]),
        ("qplex", "sk_MMM2", "concentrate", ["t_max=300", "batch_size_run=4", "llm.builtin=concentrate"]),
    ],
)
def test_training_with_a_credit_function(tmp_path, alg, env, origin, more):
    done = call(tmp_path, alg, env, "mixer=tfcaf", "llm.source=builtin", *more)
    assert done.returncode == 0, done.stdout + done.stderr
    info = json.loads((run_dir(tmp_path) / "info.json").read_text())
    assert info["mixer"]["origin"] == f"builtin:skirmish/{origin}"
    assert info["test_battle_won_mean"]
    assert info["dead_enemies_mean"]
    assert "grad_norm" in {key for key, _, _ in curve(tmp_path)}


@pytest.mark.parametrize("alg", [("qmix_beta", "t_max=300"), ("qmix", "t_max=500", "batch_size_run=4")])
def test_training_with_qmix(tmp_path, alg):
    done = call(tmp_path, alg[0], "sk_2s3z", "mixer=qmix", *alg[1:])
    assert done.returncode == 0, done.stdout + done.stderr
    info = json.loads((run_dir(tmp_path) / "info.json").read_text())
    assert info["test_battle_won_mean"]
    assert info["dead_enemies_mean"]
    assert all(loss > 0 for key, _, loss in curve(tmp_path) if key == "loss_td")
    assert "grad_norm" in {key for key, _, _ in curve(tmp_path)}
