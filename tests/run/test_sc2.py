"""StarCraft II through the command line: both runners train on it, save replays, and survive the game's faults."""

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from tests.run.test_main import SMALL, run_dir

ROOT = Path(__file__).resolve().parents[2]
needs_smacv2 = pytest.mark.skipif(
    find_spec("smacv2") is None, reason="smacv2 is not installed (it is not on PyPI): docs/environments/sc2.md"
)
ALGS = pytest.mark.parametrize("alg", [["qmix_beta"], ["qmix", "batch_size_run=2"]], ids=["episode", "parallel"])


def call(results, alg, *more, env="sc2", **environ):
    command = [sys.executable, "src/main.py", f"--config={alg[0]}", f"--env-config={env}", "with", *SMALL, *alg[1:],
               f"local_results_path={results}", *more]  # fmt: skip
    environment = {**os.environ, **environ}
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, env=environment)


def logged(results, key):
    lines = [json.loads(line) for line in (run_dir(results) / "metrics.jsonl").read_text().splitlines()]
    return [line["value"] for line in lines if line["key"] == key]


@needs_smacv2
@pytest.mark.slow
@ALGS
@pytest.mark.parametrize("env", ["sc2", "sc2_v2"])
@pytest.mark.parametrize("mixer", ["tfcaf", "qmix"])
def test_it_trains_and_the_games_version_is_recorded(tmp_path, alg, env, mixer):
    done = call(tmp_path, alg, f"mixer={mixer}", "t_max=300", env=env)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (f"builtin:{env}/focus" in done.stdout) == (mixer == "tfcaf")
    assert all(loss > 0 for loss in logged(tmp_path, "loss_td"))
    assert logged(tmp_path, "battle_won_mean")
    assert logged(tmp_path, "sc2_restarts")[-1] == 0
    task = json.loads((run_dir(tmp_path) / "task.json").read_text())
    assert (task["facts"]["game_version"], task["facts"]["game_build"]) == ("4.10.0", 75689)
    assert task["facts"]["data_version"] == "STAND-IN"
    assert "NOT StarCraft II" in done.stdout + done.stderr


@needs_smacv2
@pytest.mark.slow
@ALGS
@pytest.mark.parametrize("fault", ["CRASH", "HANG"])
def test_a_fault_of_the_game_costs_an_episode(tmp_path, alg, fault):
    once = {f"FAKE_SC2_{fault}_AT_STEP": "40", "FAKE_SC2_FAULT_ONCE": str(tmp_path / "struck")}
    done = call(tmp_path / "run", alg, "t_max=300", "env_args.step_timeout=2", **once)
    assert done.returncode == 0, done.stdout + done.stderr
    assert logged(tmp_path / "run", "sc2_restarts")[-1] == 1
    assert logged(tmp_path / "run", "dropped_episodes")[-1] == 1
    assert "started again" in done.stdout + done.stderr


@needs_smacv2
@pytest.mark.slow
@ALGS
def test_a_game_that_keeps_failing_ends_the_run_which_can_be_continued(tmp_path, alg):
    """Every game dies at its 150th step: three restarts give some hundred steps."""
    done = call(tmp_path / "first", alg, "t_max=5000", "env_args.max_restarts=3", "save_training_state=True",
                FAKE_SC2_CRASH_AT_STEP="150")  # fmt: skip
    assert done.returncode == 3, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert "failed 4 times on 3m" in done.stderr
    (models,) = (tmp_path / "first" / "models").iterdir()
    assert f"checkpoint_path={models}" in done.stderr
    (step,) = models.iterdir()
    assert int(step.name) > 150
    rest = call(tmp_path / "rest", alg, f"t_max={int(step.name) + 100}", f"checkpoint_path={models}")
    assert rest.returncode == 0, rest.stdout + rest.stderr
    assert "Continuing from" in rest.stdout


@needs_smacv2
@pytest.mark.slow
@ALGS
def test_replays_are_saved_by_both_runners(tmp_path, alg):
    done = call(tmp_path / "train", alg, "t_max=100", "save_model=True")
    assert done.returncode == 0, done.stdout + done.stderr
    (models,) = (tmp_path / "train" / "models").iterdir()
    replays = tmp_path / "replays"
    shown = call(tmp_path / "eval", alg, f"checkpoint_path={models}", "evaluate=True", "save_replay=True",
                 f"env_args.replay_dir={replays}")  # fmt: skip
    assert shown.returncode == 0, shown.stdout + shown.stderr
    assert len(list(replays.glob("3m_seed*.SC2Replay"))) == (2 if len(alg) > 1 else 1)


@needs_smacv2
@pytest.mark.slow
def test_without_the_game_nothing_is_started_or_written(tmp_path):
    done = call(tmp_path / "results", ["qmix_beta"], SC2PATH=str(tmp_path / "nowhere"))
    assert done.returncode == 2
    assert done.stderr.startswith(f"error: StarCraft II is not installed at {tmp_path / 'nowhere'}")
    assert "SC2PATH" in done.stderr
    assert not (tmp_path / "results").exists()
