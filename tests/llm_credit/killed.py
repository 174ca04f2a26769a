"""Kills one search at its n-th change of a file, for every n, and starts it anew; run by test_archive.

Prints one JSON line for each n: at what it was killed, what the second start asked although its reply was kept, the
problems of the archive and the number of its entries then. A real SIGKILL: no handler tidies up.
"""

import json
import os
import signal
import sys
from pathlib import Path
from types import SimpleNamespace

import llm_credit.live
from llm_credit import search_run
from llm_credit.archive import Archive
from llm_credit.examine import Report
from llm_credit.settings import TFCAFSettings

from .conftest import make_task
from .scripted import UNIFORM, Scripted, code, judgement

CHANGES = {"os.rename", "os.mkdir", "os.remove", "os.rmdir", "os.chmod", "tempfile.mkstemp", "tempfile.mkdtemp"}
CHANGES |= {"shutil.copyfile", "shutil.copytree", "shutil.rmtree"}
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT
fuse = SimpleNamespace(left=0, note="")
asked: list[str] = []


def burn(event, arguments):
    if fuse.left and (event in CHANGES or (event == "open" and (arguments[2] or 0) & WRITES)):
        fuse.left -= 1
        if not fuse.left:
            Path(fuse.note).write_text(f"{event} {arguments[0]}")
            os.kill(os.getpid(), signal.SIGKILL)


class Answers(Scripted):
    """The provider. What it was asked is kept by the test, not by the search."""

    def __init__(self, *arguments, **named):
        super().__init__({"propose": code(UNIFORM), "evaluate": judgement(0)})
        self.spent = SimpleNamespace(to_dict=dict)

    def ask(self, request):
        asked.append(request.hash)
        return super().ask(request)


def search(folder):
    settings = TFCAFSettings(archive=str(folder), candidates=1, rounds=1)
    return search_run.search_live(make_task(), settings, ("credit_weights",), lambda event, data: None)


def kept(folder):
    return {p.stem for p in folder.glob("*/*/replies/*.json")}


def main(root):
    sys.addaudithook(burn)
    llm_credit.live.LiveLLM = Answers
    search_run.check_in_jail = lambda *arguments: Report(True, igm="proved", form="credit_weights")
    search_run._torchscript = lambda result: b"a program"  # what the bytes are is tested with a whole search
    killed, n = True, 0
    while killed:
        n += 1
        folder = root / str(n)
        child = os.fork()
        if child == 0:
            fuse.note = str(root / f"{n}.txt")
            fuse.left = n
            search(folder)
            os._exit(0)
        killed = os.WIFSIGNALED(os.waitpid(child, 0)[1])
        before = kept(folder)
        asked.clear()
        entry = search(folder)
        archive = Archive(folder, shipped=False)
        at = (root / f"{n}.txt").read_text() if killed else ""
        told = {"at": at, "again": sorted(before & set(asked)), "kept": len(before)}
        told |= {"asked": len(asked), "problems": archive.problems() + entry.problems()}
        print(json.dumps({**told, "entries": len(archive.entries())}), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
