"""Entries: made whole or not at all, whenever the process ends; and no byte of them changes unseen."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from llm_credit.archive import Archive
from llm_credit.errors import CreditError

ROOT = Path(__file__).parents[2]


@pytest.fixture
def archive(tmp_path):
    return Archive(tmp_path / "archive", shipped=False)


def begun(archive):
    workspace = archive.workspace("key", {"a": 1})
    workspace.write("function.py", "x\n")
    return workspace


def test_what_a_killed_write_left_is_no_part_of_the_entry(archive):
    workspace = begun(archive)
    for folder in (workspace.path, workspace.path / "replies", archive.root / "index"):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / ".writing-abc123").write_text("half")
    entry = archive.finish("key", workspace)
    assert entry.problems() == archive.problems() == []
    assert sorted(p.name for p in entry.path.iterdir() if p.is_file()) == [
        "function.py",
        "manifest.json",
        "question.json",
    ]


def test_an_entry_that_was_almost_made_is_made_by_the_next_start(archive, monkeypatch):
    with monkeypatch.context() as stopped:

        def stops(*arguments):
            raise KeyboardInterrupt

        stopped.setattr("llm_credit.archive.os.rename", stops)
        with pytest.raises(KeyboardInterrupt):
            archive.finish("key", begun(archive))
    workspace = begun(archive)
    workspace.write("result.json", "later\n")
    entry = archive.finish("key", workspace)
    assert entry.problems() == archive.problems() == []
    assert archive.entries() == [entry] == [archive.find("key")]


def test_what_replaces_the_work_under_way_is_on_the_disk_before_that_goes(archive, monkeypatch):
    steps = []

    def noted(name, function, number):
        def call(*arguments, **named):
            steps.append((name, Path(os.readlink(f"/proc/self/fd/{number(arguments)}")) if name == "sync" else None))
            return function(*arguments, **named)

        return call

    monkeypatch.setattr("llm_credit.files.os.fsync", noted("sync", os.fsync, lambda a: a[0]))
    monkeypatch.setattr("llm_credit.archive.os.rename", noted("rename", os.rename, None))
    monkeypatch.setattr("llm_credit.archive.shutil.rmtree", noted("remove", shutil.rmtree, None))
    entry = archive.finish("key", begun(archive))
    names = [name for name, _ in steps]
    renamed, removed = names.index("rename"), names.index("remove")
    copied = {p.name for name, p in steps[:renamed] if p is not None and p.parent.parent == entry.path.parent}
    assert copied == {p.name for p in entry.path.iterdir()}
    assert {entry.path.parent, archive.root / "index"} <= {p for _, p in steps[renamed:removed]}


@pytest.mark.slow
def test_a_kill_at_any_change_of_a_file_loses_no_reply_and_blocks_nothing(tmp_path):
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}", "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "tests.llm_credit.killed", str(tmp_path)]
    run = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    tries = [json.loads(line) for line in run.stdout.splitlines()]
    bad = [t for t in tries if t["again"] or t["problems"] or t["entries"] != 1 or t["kept"] + t["asked"] != 2]
    assert bad == []  # two replies in all: those that were kept are not asked for again
    # the kills went through the whole search: into writes, the copy, the index and the removal of the workspace
    reached = " ".join(t["at"] for t in tries)
    for place in ("/searches/", "/entries/.writing-", "shutil.copyfile", "/index/", "shutil.rmtree", "os.rmdir"):
        assert place in reached


def test_every_other_byte_is_found(archive):
    """Line ends too, which reading as text would make alike."""
    entry = archive.finish("key", begun(archive))
    for path in (entry.path / "manifest.json", entry.path / "function.py", archive.root / "index" / "key"):
        before = path.read_bytes()
        for i in range(len(before)):
            for byte in {b"\r", b" ", b"0", b"1"} - {before[i : i + 1]}:
                path.write_bytes(before[:i] + byte + before[i + 1 :])
                assert archive.problems(), (path, i, byte)
        for changed in (before[:-1], before + b"\n", before[:-1] + b"\r\n"):
            path.write_bytes(changed)
            assert archive.problems(), (path, changed)
        path.write_bytes(before)
    assert archive.problems() == []


def test_only_what_pip_compiles_may_lie_beside_an_entry_that_ships(archive, monkeypatch):
    entry = archive.finish("key", begun(archive))
    compiled, other = (entry.path / "__pycache__" / name for name in ("function.cpython-311.pyc", "function.txt"))
    compiled.parent.mkdir()
    compiled.write_bytes(b"x")
    assert entry.problems() == [f"{entry.hash[:12]}: __pycache__/{compiled.name} does not belong to the entry"]
    monkeypatch.setattr("llm_credit.archive.SHIPPED", archive.root)
    assert entry.problems() == []
    other.write_bytes(b"x")
    assert entry.problems() == [f"{entry.hash[:12]}: __pycache__/{other.name} does not belong to the entry"]


@pytest.mark.parametrize("data", [b"\xff\xfe", b"", b"\x00", b"../../elsewhere\n", b"a" * 5000])
def test_an_index_that_names_no_hash_is_told(archive, data):
    archive.finish("key", begun(archive))
    (archive.root / "index" / "key").write_bytes(data)
    assert [p for p in archive.problems() if "index key has been changed" in p]
    with pytest.raises(CreditError, match="index/key"):
        archive.find("key")


@pytest.mark.parametrize(
    "data", [b"[]", b"3", b"{}", b'{"files": ["function.py"]}', b'{"files": 3}', b"\xff", b"[" * 10**5]
)
def test_a_manifest_of_another_form_is_told(archive, data):
    entry = archive.finish("key", begun(archive))
    (entry.path / "manifest.json").write_bytes(data)
    problems = archive.problems()
    assert f"{entry.hash[:12]}: manifest.json cannot be read" in problems[0]
    assert f"index key names {entry.hash[:12]}, which is not there or cannot be read" in problems


def test_an_entry_that_no_search_wrote_is_left_out(archive):
    """Its bytes are as its manifest says; what they hold is not what a search writes."""
    entry = archive.finish("key", begun(archive))
    assert archive.problems() == []
    usable, left_out = archive.sound()
    assert usable == []
    assert left_out == [
        f"archive entry {entry.hash[:12]}: question.json is not JSON as a search writes it: "
        "'task' should be an object, and is missing"
    ]
