"""Content-addressed record of every search: finished ones as entries that never change, others as work under way.

    <root>/entries/<hash>/     a finished search; <hash> is that of its manifest, which names every file's hash
    <root>/index/<key>         the entry for a task and settings
    <root>/searches/<key>/     a search under way: replies and checks as they come, so that nothing is asked twice
    <root>/locks/<key>

Entries that ship with the project lie in ``llm_credit/examples`` and are read in the same way.
"""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import tarfile
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .errors import CreditError
from .files import WRITING, append_line, locked, settle, sha256, write_atomically
from .llm import Reply, Request, canonical
from .records import read_record

SHIPPED = Path(__file__).parent / "examples"
MANIFEST = "manifest.json"
EPISODES = "episodes.json"  # the sample episodes that a search was given, if any
FORMAT = 1
_QUESTION = {"task": dict, "settings": dict, "forms": list, "prompts": str}
_RESULT = {"sha256": str, "igm": str, "phi": str, "report": dict, "candidate": str, "transcript": list}
_RESULT |= {"cost": dict, "carried": str, "finished": str}


@dataclass(frozen=True)
class Entry:
    """A finished search on disk."""

    path: Path

    @property
    def hash(self) -> str:
        return self.path.name

    def text(self, name: str) -> str:
        try:
            return (self.path / name).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as e:
            raise CreditError(f"archive entry {self.hash[:12]}: {name} cannot be read: {e}") from e

    def _record(self, name: str, types: Mapping[str, type]) -> dict[str, Any]:
        try:
            return read_record(self.text(name), types)
        except ValueError as e:
            raise CreditError(f"archive entry {self.hash[:12]}: {name} is not JSON as a search writes it: {e}") from e

    @property
    def source(self) -> str:
        return self.text("function.py")

    @property
    def result(self) -> dict[str, Any]:
        """What the search came to: see :meth:`search.SearchResult.to_dict`."""
        return self._record("result.json", _RESULT)

    @property
    def question(self) -> dict[str, Any]:
        """What was asked: see :func:`search_run.question_for`."""
        return self._record("question.json", _QUESTION)

    def asks(self, question: Mapping[str, Any]) -> bool:
        """Whether the entry can be read and answers a question, with whatever prompts it was asked."""
        try:
            self.result  # noqa: B018 reading it is the check
            return _but_prompts(self.question) == _but_prompts(question)
        except CreditError:
            return False

    @property
    def shipped(self) -> bool:
        return SHIPPED in self.path.parents

    def _of_pip(self, path: Path) -> bool:
        """Whether pip made the file when it installed the project: it compiles every .py file that ships."""
        return self.shipped and path.parent.name == "__pycache__" and path.suffix == ".pyc"

    def packed(self) -> bytes:
        """The whole entry as a gzipped tar file, for another record."""
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
            tar.add(self.path, arcname=self.hash)
        return buffer.getvalue()

    def problems(self) -> list[str]:
        """What differs from what was written; empty if every byte is as it was."""
        where = self.hash[:12]
        try:
            manifest = (self.path / MANIFEST).read_bytes()  # as text, a changed line end would look like the old one
            files: dict[str, str] = read_record(manifest, {"files": dict})["files"]
        except (OSError, ValueError) as e:
            return [f"{where}: {MANIFEST} cannot be read: {e}"]
        found = []
        if sha256(manifest) != self.hash:
            found.append(f"{where}: {MANIFEST} is not the one that gave the entry its name")
        files_there = (p for p in self.path.rglob("*") if p.is_file() and not self._of_pip(p))
        there = {str(p.relative_to(self.path)) for p in files_there} - {MANIFEST}
        found += [f"{where}: {name} is missing" for name in sorted(set(files) - there)]
        found += [f"{where}: {name} does not belong to the entry" for name in sorted(there - set(files))]
        for name in sorted(there & set(files)):
            if sha256((self.path / name).read_bytes()) != files[name]:
                found.append(f"{where}: {name} has been changed")
        return found


class Workspace:
    """A search under way. Everything that costs something is written before it is used."""

    def __init__(self, path: Path, question: Mapping[str, Any]) -> None:
        self.path = path
        self._write("question.json", json.dumps(question, indent=1, sort_keys=True) + "\n")

    def _write(self, name: str, data: str | bytes) -> None:
        write_atomically(self.path / name, data)

    def write(self, name: str, data: str | bytes) -> None:
        self._write(name, data)

    def reply(self, request: Request) -> Reply | None:
        path = self.path / "replies" / f"{request.hash}.json"
        return Reply.from_dict(json.loads(path.read_text(encoding="utf-8"))["reply"]) if path.exists() else None

    def replies_by_name(self) -> dict[str, Reply]:
        """All replies under their requests' names, which are unique within a search."""
        records = [json.loads(p.read_text(encoding="utf-8")) for p in (self.path / "replies").glob("*.json")]
        return {record["name"]: Reply.from_dict(record["reply"]) for record in records}

    def keep_reply(self, request: Request, reply: Reply) -> None:
        record = {"name": request.name, "request": request.to_dict(), "reply": reply.to_dict()}
        self._write(f"replies/{request.hash}.json", json.dumps(record, indent=1, sort_keys=True) + "\n")

    def check(self, source: str) -> dict[str, Any] | None:
        path = self.path / "checks" / f"{sha256(source)}.json"
        return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None

    def keep_check(self, source: str, report: Mapping[str, Any]) -> None:
        """Kept because its timings stand in prompts: measured again, they would make other prompts."""
        self._write(f"checks/{sha256(source)}.json", json.dumps(report, indent=1, sort_keys=True) + "\n")

    def result(self) -> dict[str, Any] | None:
        path = self.path / "result.json"
        return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None

    def ledger(self, line: Mapping[str, Any]) -> None:
        append_line(self.path / "ledger.jsonl", json.dumps(line, sort_keys=True))

    def ledger_lines(self) -> list[dict[str, Any]]:
        """Every attempt so far; a last line that a crash cut off is left out."""
        path, lines = self.path / "ledger.jsonl", []
        for text in path.read_text(encoding="utf-8").splitlines() if path.exists() else []:
            try:
                lines.append(json.loads(text))
            except ValueError:
                continue
        return lines


class Archive:
    """The searches under one folder, and those that ship with the project (read only)."""

    def __init__(self, root: str | Path, shipped: bool = True) -> None:
        self.root = SHIPPED if Path(root).resolve() == SHIPPED.resolve() else Path(root)
        self.homes = [self.root, SHIPPED] if shipped and self.root != SHIPPED else [self.root]

    def find(self, key: str) -> Entry | None:
        """The finished search for a key, the user's own before the shipped ones."""
        for home in self.homes:
            index = home / "index" / key
            if index.is_file():
                entry = _named_in(index)
                if not entry.path.is_dir():
                    raise CreditError(f"{index} names the entry {entry.hash[:12]}, which is not there")
                return entry
        return None

    def find_like(self, question: Mapping[str, Any]) -> Entry | None:
        """The finished search for a question that was asked with prompts of another version; the newest of several.

        What is asked for is the same, only the words are others: they change with the project, and nobody should have
        to pay again for that. Entries that cannot be read are passed over.
        """
        for home in self.homes:
            found = [e for e in _entries_in(home) if e.asks(question)]
            if found:
                return max(found, key=lambda e: (str(e.result["finished"]), e.hash))
        return None

    def get(self, prefix: str) -> Entry:
        """The entry whose hash begins with ``prefix``. Raises CreditError for none or several."""
        found = [e for e in self.entries() if e.hash.startswith(prefix)]
        if len(found) != 1:
            what = "no entry" if not found else f"{len(found)} entries"
            raise CreditError(f"{what} in {self.root} begins with {prefix!r}; `python -m llm_credit list` shows them")
        return found[0]

    def entries(self) -> list[Entry]:
        """All entries by their hashes; of one that is the user's and ships too, the user's."""
        found = {e.hash: e for home in reversed(self.homes) for e in _entries_in(home)}
        return [found[name] for name in sorted(found)]

    def workspace(self, key: str, question: Mapping[str, Any]) -> Workspace:
        return Workspace(self.root / "searches" / key, question)

    @contextmanager
    def lock(self, key: str, waiting: Callable[[], None]) -> Iterator[None]:
        """Eight runs that start together ask once: seven wait here and then find the entry."""
        with locked(self.root / "locks" / key, waiting):
            yield

    def finish(self, key: str, workspace: Workspace) -> Entry:
        """Makes the workspace an entry: its name is the hash of its manifest, so that no byte can change unseen.

        Killed anywhere here, it is called again by the next start and comes to a whole entry: what the first call left
        (half-written files, its manifest) is no part of that.
        """
        files = {
            str(p.relative_to(workspace.path)): sha256(p.read_bytes())
            for p in sorted(workspace.path.rglob("*"))
            if p.is_file() and not p.name.startswith(WRITING) and p != workspace.path / MANIFEST
        }
        manifest = canonical({"format": FORMAT, "key": key, "files": files}) + "\n"
        write_atomically(workspace.path / MANIFEST, manifest)
        target = self.root / "entries" / sha256(manifest)
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            # copied, then renamed: the workspace may lie on another file system, and an entry is whole or not there
            temporary = Path(tempfile.mkdtemp(dir=target.parent, prefix=WRITING))
            leftovers = shutil.ignore_patterns(WRITING + "*")
            shutil.copytree(workspace.path, temporary, ignore=leftovers, dirs_exist_ok=True)
            temporary.chmod(0o755)
            settle(*temporary.rglob("*"), temporary)
            os.rename(temporary, target)
        write_atomically(self.root / "index" / key, target.name + "\n")
        settle(target.parent, self.root / "index")
        shutil.rmtree(workspace.path)
        return Entry(target)

    def problems(self) -> list[str]:
        """Everything that is not as it was written, of all entries and of the index."""
        found = [problem for home in self.homes for entry in _entries_in(home) for problem in entry.problems()]
        for home in self.homes:
            for index in sorted(p for p in (home / "index").glob("*") if not p.name.startswith(WRITING)):
                found += _problems_of(index)
        return found

    def sound(self) -> tuple[list[Entry], list[str]]:
        """The entries that can be used, and what is wrong with each of the others."""
        usable, left_out = [], []
        for entry in self.entries():
            problems = entry.problems()
            try:
                entry.question, entry.result  # noqa: B018 reading them is the check
            except CreditError as e:
                problems.append(str(e))
            if problems:
                left_out.append(problems[0])
            else:
                usable.append(entry)
        return usable, left_out


def _named_in(index: Path) -> Entry:
    """The entry that a file of an index names, which may not be there."""
    try:
        name = index.read_bytes().decode("ascii").strip()
    except (OSError, UnicodeDecodeError) as e:
        raise CreditError(
            f"{index} cannot be read: {e}; `python -m llm_credit verify` looks at the whole archive"
        ) from e
    if not re.fullmatch("[0-9a-f]{64}", name):
        raise CreditError(f"{index} should name an entry by its hash, not {name[:80]!r}")
    return Entry(index.parent.parent / "entries" / name)


def _problems_of(index: Path) -> list[str]:
    where = f"index {index.name[:12]}"
    try:
        entry = _named_in(index)
    except CreditError as e:
        return [f"{where} has been changed: {e}"]
    found = [] if index.read_bytes() == f"{entry.hash}\n".encode() else [f"{where} has been changed"]
    try:
        key = read_record(entry.text(MANIFEST), {"key": str})["key"]
    except (CreditError, ValueError):
        return [*found, f"{where} names {entry.hash[:12]}, which is not there or cannot be read"]
    return found if key == index.name else [*found, f"{where} names {entry.hash[:12]}, the entry of another question"]


def _entries_in(home: Path) -> list[Entry]:
    folders = sorted(p for p in (home / "entries").glob("*") if p.is_dir() and not p.name.startswith("."))
    return [Entry(p) for p in folders]


def _but_prompts(question: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in question.items() if name != "prompts"}


def key_of(question: Mapping[str, Any]) -> str:
    """The address of a question: what is asked, of which models, with which prompts."""
    return sha256(canonical(question))
