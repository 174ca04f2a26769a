"""The stag hunt through the command line."""

import json

import pytest
from tests.run.test_main import call, run_dir

SHORT = ("t_max=400", "env_args.episode_limit=20", "env_args.world_shape=[6,6]")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("alg", "more", "mixer"),
    [
        ("qmix_beta", (), "qmix"),
        ("qmix_beta", ("mixer=tfcaf",), "hunters"),
        ("qmix", ("batch_size_run=4",), "qmix"),
        ("qmix", ("batch_size_run=4", "mixer=tfcaf"), "hunters"),
        ("qplex", ("batch_size_run=4", "mixer=tfcaf", "llm.form=credit_advantages"), "catchers"),
    ],
    ids=["episode", "episode_tfcaf", "parallel", "parallel_tfcaf", "advantages"],
)
def test_it_trains_with_either_runner(tmp_path, alg, more, mixer):
    done = call(tmp_path, alg, "predator_prey", *SHORT, *more)
    assert done.returncode == 0, done.stdout + done.stderr
    info = json.loads((run_dir(tmp_path) / "info.json").read_text())
    assert max(info["updates"]) > 1
    assert {"stags_mean", "miscaptures_mean", "test_return_mean"} <= set(info)
    if mixer != "qmix":
        assert info["mixer"]["origin"] == f"builtin:stag_hunt/{mixer}"
        assert info["mixer"]["igm"] == "proved"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("env_args.world_shape=[3,3]", "9 free cells for 16 entities"),
        ("env_args.n_hares=2", "did you mean n_hare?"),
        ("env_args.random_ghosts=True", "does not exist for env=stag_hunt"),
    ],
)
def test_what_cannot_be_played_ends_before_the_run(tmp_path, change, words):
    done = call(tmp_path, "qmix_beta", "stag_hunt", change)
    assert done.returncode == 2, done.stdout + done.stderr
    assert words in done.stderr + done.stdout
    assert not (tmp_path / "sacred").exists()
