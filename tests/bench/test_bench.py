"""The commands that the pages name for their figures run, and print what the pages show."""

import json
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def module(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "bench"))
    return import_module


def test_the_table_of_parameters_is_what_the_page_shows(module, monkeypatch, capsys):
    parameters = module("parameters")
    task = "LBF 8x8-2p-2f"
    monkeypatch.setattr(parameters, "SIZES", {task: parameters.SIZES[task]})
    parameters.main()
    rows = [line for line in capsys.readouterr().out.splitlines() if line.startswith(f"| {task} |")]
    assert [row.split(" | ")[1] for row in rows[1:]] == list(parameters.CONFIGS)  # after the task's sizes
    shown = (ROOT / "docs" / "results.md").read_text().splitlines()
    assert [row for row in rows if row not in shown] == []


def test_an_update_is_timed_in_its_parts(module):
    speed = module("train_speed")
    times = speed.update_times(ROOT / "src", (4, 5, 2, 12, 15, 6), 2)
    assert len(times["ms"]) == 2
    for total, parts in zip(times["ms"], times["parts"], strict=True):
        assert set(parts) == set(speed.PARTS)
        assert all(ms > 0 for ms in parts.values()), json.dumps(parts)
        assert sum(parts.values()) <= total
