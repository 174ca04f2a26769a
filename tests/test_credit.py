"""``src/credit.py`` as a user calls it, and the figures that it prints against values computed by hand."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from run.compare_credit import RunCredits, credits_of_runs
from tests.run.test_main import call, run_dir
from utils.plotting.credits import correlation, entropy, leads, table

ROOT = Path(__file__).resolve().parents[1]


def credit(*args):
    return subprocess.run(
        [sys.executable, "src/credit.py", *map(str, args)], cwd=ROOT, capture_output=True, text=True, timeout=300
    )


def test_shares_are_parts_of_the_whole_and_equal_where_there_is_none():
    run = RunCredits("a", [np.array([[1.0, 3.0], [0.0, 0.0]]), np.array([[2.0, 0.0]])])
    assert run.shares.tolist() == [[0.25, 0.75], [0.5, 0.5], [1.0, 0.0]]


def test_figures_by_hand():
    shares = np.array([[0.25, 0.75], [0.5, 0.5], [1.0, 0.0], [0.9, 0.1]])
    assert leads(shares) == pytest.approx([(0 + 0.5 + 1 + 1) / 4, (1 + 0.5) / 4])
    assert entropy(np.array([[0.5, 0.5]])) == pytest.approx(1)
    assert entropy(np.array([[1.0, 0.0]])) == pytest.approx(0, abs=1e-9)
    assert correlation(shares, shares) == pytest.approx(1)
    assert correlation(shares, 1 - shares) == pytest.approx(-1)
    assert np.isnan(correlation(shares, np.full_like(shares, 0.5)))


def test_the_table_names_every_run_and_agent():
    runs = [RunCredits("qmix", [np.array([[1.0, 3.0], [2.0, 2.0]])]), RunCredits("vdn", [np.ones((2, 2))])]
    text = table(runs)
    assert "1 episodes, 2 steps" in text
    (row,) = [line for line in text.splitlines() if line.startswith("qmix")]
    assert row.split()[1:] == ["4.000", "0.906", "0.375", "0.625", "0.250", "0.750"]
    assert [line.split()[-2:] for line in text.splitlines() if line.startswith("(1)")] == [["1.000", "-"]]


@pytest.mark.slow
def test_mixers_of_trained_runs_side_by_side(tmp_path):
    runs = []
    more = ("t_max=300", "save_model=True", "batch_size_run=2", "buffer_size=8", "off_batch_size=6")
    for config, mixer in (("qmix", "qmix"), ("qplex", "dmaq"), ("qmix", "tfcaf"), ("vmix", "qmix"), ("dop", "vdn")):
        folder = tmp_path / f"{config}_{mixer}"
        done = call(folder, config, "lbf", f"mixer={mixer}", *more)
        assert done.returncode == 0, done.stderr
        runs.append(run_dir(folder))
    done = credit(*runs, "--out", tmp_path / "deep" / "c.png", "--episodes", "2")
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "deep" / "c.png").read_bytes().startswith(b"\x89PNG")
    for label in ("(mixer=qmix)", "(mixer=dmaq)", "(mixer=tfcaf)", "(mixer=vdn)"):
        assert label in done.stdout
    vdn = next(line for line in done.stdout.splitlines() if line.startswith("dop"))
    assert vdn.split("(mixer=vdn)")[1].split()[:2] == ["2.000", "1.000"]  # credits of 1 each, equal shares
    config = json.loads((runs[0] / "config.json").read_text())
    del config["optimizer_epsilon"], config["standardise_advantages"]  # as in a run of an earlier version
    (runs[0] / "config.json").write_text(json.dumps(config))
    again = credit(*runs, "--out", tmp_path / "c.png", "--episodes", "2")
    assert again.stdout.splitlines()[:-1] == done.stdout.splitlines()[:-1]  # the same seed, the same episodes


@pytest.mark.slow
def test_noisy_agents_are_compared_without_their_noise(tmp_path):
    done = call(tmp_path, "qmix", "lbf", "agent=noisy_rnn", "t_max=200", "save_model=True", "batch_size_run=2")
    assert done.returncode == 0, done.stderr
    first, second, third = credits_of_runs([run_dir(tmp_path)] * 3, n_episodes=1, seed=3)
    assert np.array_equal(first.shares, second.shares)
    assert np.array_equal(second.shares, third.shares)


@pytest.mark.slow
def test_wrong_input_says_what_is_wrong(tmp_path):
    assert call(tmp_path / "iql", "iql_beta", "lbf", "t_max=200", "save_model=True").returncode == 0
    assert call(tmp_path / "bare", "vdn_beta", "lbf", "t_max=200").returncode == 0
    iql, bare = run_dir(tmp_path / "iql"), run_dir(tmp_path / "bare")
    for args, words in (
        ((tmp_path,), "is not the folder of a run"),
        ((bare,), "train with save_model=True"),
        ((iql,), "mixes no utilities"),
        ((iql, "--episodes", "0"), "at least one episode"),
    ):
        done = credit(*args)
        assert done.returncode == 2, done.stdout + done.stderr
        assert words in done.stderr
        assert "Traceback" not in done.stderr
