"""Files are whole or not there; a lock keeps a second process out until its holder ends."""

import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from llm_credit import files
from llm_credit.files import locked, write_atomically

SRC = str(Path(__file__).parents[2] / "src")


def test_a_file_that_cannot_be_finished_leaves_the_old_one(tmp_path, monkeypatch):
    path = tmp_path / "f"
    write_atomically(path, "old")

    def fails(*arguments):
        raise OSError("disk full")

    monkeypatch.setattr(files.os, "replace", fails)
    with pytest.raises(OSError, match="disk full"):
        write_atomically(path, "new")
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["f"]


def test_who_waits_is_told_and_goes_on_when_the_holder_ends(tmp_path):
    program = f"""
import sys, time
sys.path.insert(0, {SRC!r})
from pathlib import Path
from llm_credit.files import locked
with locked(Path({str(tmp_path / "lock")!r}), lambda: None):
    print("held", flush=True)
    time.sleep(60)
"""
    holder = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert holder.stdout.readline() == "held\n"
    told = []
    killer = threading.Timer(0.5, holder.kill)  # the kernel releases the lock of a process that was killed
    killer.start()
    start = time.monotonic()
    with locked(tmp_path / "lock", lambda: told.append(True)):
        assert told == [True]
        assert time.monotonic() - start > 0.3
    holder.wait()
