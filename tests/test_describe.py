"""``python src/describe.py``."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

import describe
from llm_credit.episodes import Episodes
from llm_credit.task import TaskDescription

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize("name", sorted(p.stem for p in (ROOT / "config" / "envs").glob("*.yaml")))
def test_every_shipped_environment_is_described_as_json(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    if name.startswith("sc2") and find_spec("smacv2") is None:
        assert describe.main([f"--env-config={name}"]) == 2
        assert "make sc2" in capsys.readouterr().err
        pytest.skip("smacv2, which is not on PyPI, is not installed: the refusal was tested in its place")
    assert describe.main([f"--env-config={name}"]) == 0
    task = TaskDescription.from_json(capsys.readouterr().out)
    assert task.n_agents >= 2


def test_lbf_is_described_with_what_the_command_line_changes(capsys: pytest.CaptureFixture[str]) -> None:
    assert describe.main(["--env-config=lbf", "with", "env_args.key=Foraging-15x15-4p-3f-v3"]) == 0
    task = TaskDescription.from_json(capsys.readouterr().out)
    assert (task.n_agents, task.facts["rows"], task.field("food_level").count) == (4, 15, 3)


def test_text_is_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    assert describe.main(["--text", "--env-config=lbf"]) == 0
    text = capsys.readouterr().out
    assert not text.startswith("{")
    assert "food_level" in text


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["--env-config=lbff"], "Did you mean --env-config=lbf?"),
        ([*["--env-config=lbf", "with", "env_args.kee=1"]], "did you mean key?"),
        ([*["--env-config=lbf", "with", "env_args.key=Foraging-1x1"]], "no Level-Based Foraging task"),
        (["--txt", "--env-config=lbf"], "--txt"),
    ],
)
def test_a_wrong_call_is_one_message_and_exit_code_2(
    argv: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert describe.main(argv) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert message in err


@pytest.mark.slow
def test_runs_from_anywhere_and_tells_its_exit_code(tmp_path: Path) -> None:
    def call(*argv: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(ROOT / "src" / "describe.py"), *argv]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60)

    good, bad, helped, empty = call("--env-config=lbf"), call("--env-config=x"), call("--help"), call()
    assert (good.returncode, bad.returncode, helped.returncode, empty.returncode) == (0, 2, 0, 2)
    assert TaskDescription.from_json(good.stdout).family == "lbf"
    assert "Traceback" not in bad.stderr
    assert "usage" in helped.stdout


def test_random_episodes_fit_the_task_and_repeat(capsys: pytest.CaptureFixture[str]) -> None:
    command = ["--env-config=lbf", "--episodes=3", "with", "seed=5"]
    assert describe.main(command) == 0
    text = capsys.readouterr().out
    assert describe.main(command) == 0
    assert capsys.readouterr().out == text
    task = describe.describe(["--env-config=lbf"])
    episodes = json.loads(text)
    assert len(episodes) == 3
    assert Episodes.from_list(episodes, task).states.shape[1] == task.state_dim
    low = {i: f.low for f in task.state_fields for i in f.indices()}
    high = {i: f.high for f in task.state_fields for i in f.indices()}
    for state in episodes[0]["states"]:
        assert all(low[i] <= x <= high[i] for i, x in enumerate(state))


@pytest.mark.parametrize("words", [["--episodes=0"], ["--episodes=many"], ["--episodes"], ["--episodes=2", "--text"]])
def test_wrong_numbers_of_episodes(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert describe.main(["--env-config=lbf", *words]) == 2
    assert "--episodes=N" in capsys.readouterr().err


def test_a_reader_that_has_seen_enough_is_no_error() -> None:
    command = f"{sys.executable} src/describe.py --env-config=lbf | head -1 > /dev/null; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], cwd=ROOT, capture_output=True, text=True)
    assert (done.stdout.strip(), done.stderr) == ("0", "")
