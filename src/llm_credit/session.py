"""A search that is carried by hand, round by round: what to ask is written out, replies are pasted."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from .archive import Archive, Entry, Workspace, key_of
from .errors import CreditError
from .files import write_atomically
from .llm import Reply, Request
from .records import read_record
from .search import Notify, Waiting
from .search_run import archive_of, conclude, question_for, run_search
from .settings import TFCAFSettings
from .task import TaskDescription


class Session:
    """A search carried by hand, in a folder of its own: questions to read, replies to paste, until it is done.

    <dir>/session.json           task, settings, forms, who carries the replies
    <dir>/ask/NAME.md            what to ask now
    <dir>/replies/NAME.txt       where the answer goes
    <dir>/search/                the workspace
    """

    def __init__(
        self, folder: Path, task: TaskDescription, settings: TFCAFSettings, forms: Sequence[str], carried: str
    ) -> None:
        self.folder, self.task, self.settings, self.forms = folder, task, settings, tuple(forms)
        self.carried = carried
        self.question = question_for(task, settings, forms)
        self.key = key_of(self.question)

    @classmethod
    def create(
        cls, folder: Path, task: TaskDescription, settings: TFCAFSettings, forms: Sequence[str], carried: str
    ) -> Session:
        session = cls(folder, task, settings, forms, carried)
        path = folder / "session.json"
        data = {
            "task": json.loads(task.to_json()),
            "settings": asdict(settings),
            "forms": list(forms),
            "carried": carried,
        }
        if path.exists() and _read(folder) != json.loads(json.dumps(data)):
            raise CreditError(f"{folder} holds another search already; name a new folder")
        write_atomically(path, json.dumps(data, indent=1, sort_keys=True) + "\n")
        return session

    @classmethod
    def load(cls, folder: Path) -> Session:
        data = _read(folder)
        task, settings = TaskDescription.from_dict(data["task"]), TFCAFSettings.from_mapping(data["settings"])
        return cls(folder, task, settings, data["forms"], data["carried"])

    def archive(self) -> Archive:
        return archive_of(self.settings, shipped=False)

    def finished(self) -> Entry | None:
        return self.archive().find(self.key)

    def go_on(self, notify: Notify) -> Entry | list[Path]:
        """Takes the replies that are there; gives the finished entry, or the files of what to ask next."""
        entry = self.finished()
        if entry is not None:
            return entry
        workspace = Workspace(self.folder / "search", self.question)
        while True:
            try:
                result = run_search(self.task, self.settings, self.forms, workspace, None, notify)
            except Waiting as e:
                missing = [r for r in e.requests if not self._take(r, workspace)]
                if missing:
                    return [self._ask(r) for r in missing]
                continue
            return conclude(self.archive(), self.key, workspace, result, self.carried)

    def _take(self, request: Request, workspace: Workspace) -> bool:
        """Keeps a pasted reply; False if there is none yet."""
        path = self._reply_path(request)
        try:
            text = path.read_text(encoding="utf-8-sig") if path.exists() else ""
        except UnicodeDecodeError as e:
            raise CreditError(f"{path} is not UTF-8 text: {e}; save the answer as UTF-8") from e
        if not text.strip():
            return False
        reply = Reply(text, model=f"{request.model} (as asked for; carried by hand)")
        workspace.keep_reply(request, reply)
        line = {"time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "request": request.hash,
                "name": request.name, "carried": self.carried, "stop_reason": reply.stop_reason,
                "characters_in": len(request.system) + len(request.prompt), "characters_out": len(text)}  # fmt: skip
        workspace.ledger(line)
        return True

    def _reply_path(self, request: Request) -> Path:
        return self.folder / "replies" / f"{request.name}-{request.hash[:8]}.txt"

    def _ask(self, request: Request) -> Path:
        """Writes what to ask, and an empty file for the answer."""
        path = self.folder / "ask" / f"{request.name}-{request.hash[:8]}.md"
        write_atomically(path, hand_carried_text(request))
        reply = self._reply_path(request)
        if not reply.exists():
            write_atomically(reply, "")
        return path


def _read(folder: Path) -> dict[str, Any]:
    """What ``session.json`` holds. Raises CreditError where it is not there or not as a session writes it."""
    path = folder / "session.json"
    try:
        data = read_record(path.read_bytes(), {"task": dict, "settings": dict, "forms": list, "carried": str})
        if not all(isinstance(form, str) for form in data["forms"]):
            raise ValueError("'forms' should be a list of text")
    except (OSError, ValueError) as e:
        raise CreditError(
            f"{folder} is no folder of `python -m llm_credit prompts`: {path.name} cannot be read: {e}; "
            "`prompts` with a new folder begins a new search"
        ) from e
    return data


def hand_carried_text(request: Request) -> str:
    """A request as one text for a chat window: the schema, which a program would pass beside it, stands in it."""
    parts = [request.system, request.prompt]
    if request.schema is not None:
        schema = json.dumps(request.schema, indent=1)
        parts.append(f"Answer with one JSON object that follows this JSON schema, and nothing else:\n{schema}\n")
    return "\n".join(parts)
