"""Every function that ships passes all checks on tasks of every kind, and the page says what was proved of it."""

import runpy
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def proofs():
    sys.path.insert(0, str(ROOT / "bench"))
    try:
        return runpy.run_path(str(ROOT / "bench" / "builtin_proofs.py"), run_name="proofs")
    finally:
        sys.path.remove(str(ROOT / "bench"))


def on_the_page(proofs):
    lines = proofs["PAGE"].read_text().split(proofs["BEGIN"])[1].split(proofs["END"])[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_the_page_names_every_task_and_every_function(proofs):
    expected = []
    for name, task in proofs["tasks"]():
        for form in proofs["FORMS"]:
            expected += [[name, f"{task.family}/{f}"] for f in proofs["builtins_for"](task, form)]
    assert [row[:2] for row in on_the_page(proofs)] == expected


@pytest.mark.slow
def test_the_page_says_what_the_checks_say(proofs):
    found = [row for name, task in proofs["tasks"]() for row in proofs["rows"](name, task)]
    assert all(row[3] == "proved" for row in found)
    assert found == on_the_page(proofs)
