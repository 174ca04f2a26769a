"""Every value-based config through the command line, and with a credit function in its mixer's place."""

import pytest
from tests.run.test_main import call, curve, run_dir

CONFIGS = {
    "qatten": (),
    "qplex": (),
    "cw_qmix": (),
    "ow_qmix": (),
    "qtran": (),
    "vdn_tfcaf": ("mixer=tfcaf",),
    "qatten_tfcaf": ("mixer=tfcaf",),
    "cw_qmix_tfcaf": ("mixer=tfcaf",),
    "ow_qmix_tfcaf": ("mixer=tfcaf",),
    "qplex_tfcaf": ("mixer=tfcaf",),
    "qplex_advantage": ("mixer=tfcaf", "llm.builtin=together"),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", CONFIGS)
def test_trains_and_repeats_exactly(tmp_path, name):
    config = name.removesuffix("_tfcaf").removesuffix("_advantage")
    more = (*CONFIGS[name], "t_max=400", "batch_size_run=2", "central_mixing_embed_dim=16")
    for folder in ("a", "b"):
        done = call(tmp_path / folder, config, "lbf", *more)
        assert done.returncode == 0, done.stdout + done.stderr
    keys = ("loss", "loss_td", "grad_norm", "return_mean", "test_return_mean")
    assert curve(tmp_path / "a", keys) == curve(tmp_path / "b", keys)
    assert {"grad_norm", "return_mean"} <= {k for k, _, _ in curve(tmp_path / "a", keys)}
    assert ((run_dir(tmp_path / "a") / "mixer.json").exists()) == ("tfcaf" in "".join(CONFIGS[name]))


@pytest.mark.slow
def test_qplex_finds_the_best_joint_action_of_the_climbing_game(tmp_path):
    """Which no monotonic mixer can represent (Qatten here)."""
    more = ("runner=episode", "batch_size_run=1", "t_max=4000", "epsilon_anneal_time=3999", "epsilon_finish=1.0",
            "rnn_hidden_dim=32", "test_interval=5000", "batch_size=32")  # fmt: skip
    done = call(tmp_path, "qplex", "matrix_climbing", *more)
    assert "The agents choose (0, 0): payoff 11.00" in done.stdout, done.stdout[-2000:]
    done = call(tmp_path, "qatten", "matrix_climbing", "agent_own_state_size=1", *more)
    assert "payoff 11.00 (the best" not in done.stdout


@pytest.mark.parametrize(
    ("config", "more", "words"),
    [
        ("qtran", "mixer=tfcaf", "mixer=tfcaf goes with --config=qmix, vdn or qatten"),
        ("qplex", "mixer=null", "mixer=null does not go with learner=dmaq_qatten_learner"),
        ("qplex", "mixer=qmix", "mixer=qmix goes with --config=qmix"),
        ("qmix", "mixer=dmaq", "mixer=dmaq goes with --config=qplex"),
        ("qatten", "env_args.state=observations", "set agent_own_state_size"),
        ("qmix", "llm.builtin=together mixer=tfcaf", "has no place here"),
    ],
)
def test_impossible_pairs_end_before_the_run(tmp_path, config, more, words):
    done = call(tmp_path, config, "lbf", "t_max=300", *more.split())
    assert done.returncode == 2, done.stdout + done.stderr
    assert words in done.stderr
    assert not (tmp_path / "sacred").exists()
