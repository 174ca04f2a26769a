"""Particle environments, PettingZoo's and Gymnasium's interfaces and matrix games, trained through the command line."""

import json

import pytest
from tests.run.test_main import call, curve, run_dir

RUNNERS = {"episode": ("qmix_beta", "t_max=400"), "parallel": ("qmix", "t_max=900", "batch_size_run=2")}
TASKS = {
    "spread": ("mpe",),
    "tag": ("mpe", "env_args.key=simple_tag"),
    "adversary": ("mpe", "env_args.key=simple_adversary"),
    "speaker_listener": ("mpe", "env_args.key=simple_speaker_listener"),
    "pettingzoo": ("pettingzoo",),
    "gymma": ("gymma",),
    "matrix_game": ("matrix_game",),
}
BUILTIN = {
    "spread": "mpe/coverage",
    "tag": "mpe/chase",
    "adversary": "mpe/decoy",
    "speaker_listener": "mpe/understanding",
    "pettingzoo": "pettingzoo/uniform",
    "gymma": "gymma/uniform",
    "matrix_game": "matrix_game/uniform",
}


def train(folder, task, runner, *more):
    config, *settings = RUNNERS[runner]
    env, *env_args = TASKS[task]
    done = call(folder, config, env, *env_args, *settings, *more)
    assert done.returncode == 0, done.stdout + done.stderr
    return run_dir(folder)


ENDS = ("gymma", "matrix_game")  # the last food is eaten; the only step is made

# every environment with both runners and both mixers, every other game once
WHOLE = ("spread", "pettingzoo", "gymma", "matrix_game")
RUNS = [(task, runner, mixer) for task in WHOLE for runner in RUNNERS for mixer in ("qmix", "tfcaf")]
RUNS += [("tag", "episode", "tfcaf"), ("adversary", "parallel", "tfcaf"), ("speaker_listener", "parallel", "tfcaf")]


@pytest.mark.slow
@pytest.mark.parametrize(("task", "runner", "mixer"), RUNS)
def test_trains(tmp_path, task, runner, mixer):
    folder = train(tmp_path, task, runner, f"mixer={mixer}")
    assert {k for k, _, _ in curve(tmp_path)} == {"loss_td", "return_mean", "test_return_mean", "grad_norm"}
    info = json.loads((folder / "info.json").read_text())
    if task not in ENDS:
        assert info["episode_limit_mean"][-1] == 1.0  # nothing but time ends these
    if mixer == "tfcaf":
        assert info["mixer"]["origin"] == f"builtin:{BUILTIN[task]}"
        assert info["mixer"]["igm"] == "proved"


@pytest.mark.slow
def test_the_advantage_form_trains(tmp_path):
    done = call(tmp_path, "qplex", *TASKS["tag"], "t_max=600", "batch_size_run=2", "mixer=tfcaf", "llm.builtin=pincer")
    assert done.returncode == 0, done.stdout + done.stderr
    info = json.loads((run_dir(tmp_path) / "info.json").read_text())
    assert info["mixer"]["origin"] == "builtin:mpe/pincer"
    assert "catches_mean" in info
