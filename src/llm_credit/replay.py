"""The search of a finished entry once more, on its own replies and with no network: the function must be the same."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from .archive import Entry, Workspace
from .errors import CreditError
from .examine import Report
from .files import sha256
from .jail import check_in_jail
from .prompting import version as prompts_version
from .recorded import Recorded, RecordedByName
from .search import Search
from .settings import TFCAFSettings
from .task import TaskDescription


def replay(entry: Entry, measure_again: bool = False) -> list[str]:
    """What differs from the entry's result; empty if the search comes to the same function and gate.

    An entry whose prompts are not today's (:func:`asked_otherwise`) is repeated with the replies taken by their
    requests' names: what the search does with them must still come to the same.

    measure_again: checks the accepted function anew as well, in the jail, and compares verdict and gate.
    """
    question, result = entry.question, entry.result
    task = TaskDescription.from_dict(question["task"])
    settings = TFCAFSettings.from_mapping(question["settings"])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "search"
        shutil.copytree(entry.path, path)
        workspace = Workspace(path, question)
        try:
            replies = RecordedByName(workspace) if asked_otherwise(entry) else Recorded(workspace)
            again = Search(task, settings, replies, _Known(workspace), question["forms"]).run()
        except CreditError as e:
            return [f"{entry.hash[:12]}: the search cannot be repeated: {e}"]
    problems = []
    for name, then, now in (
        ("function", result["sha256"], sha256(again.source)),
        ("gate", [result["igm"], result["phi"]], [again.igm, again.phi]),
        ("candidate", result["candidate"], again.candidate),
    ):
        if then != now:
            problems.append(f"{entry.hash[:12]}: the {name} was {then} and is {now}")
    if measure_again:
        report = check_in_jail(again.source, task, settings)
        if (report.accepted, report.igm) != (True, result["report"]["igm"]):
            problems.append(f"{entry.hash[:12]}: checked again, the function is {report.stage or report.igm}")
    return problems


def asked_otherwise(entry: Entry) -> bool:
    """Whether an entry was asked with prompts of another version than today's."""
    return bool(entry.question["prompts"] != prompts_version())


class _Known:
    """The recorded checks; one that is not there is an error, as nothing is made up."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace

    def __call__(self, source: str) -> Report:
        known = self.workspace.check(source)
        if known is None:
            raise CreditError(f"the check of a candidate is missing ({sha256(source)[:12]})")
        return Report.from_dict(known)
