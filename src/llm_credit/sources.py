"""Where a function comes from: the sources of ``llm.source``, one function each."""

from __future__ import annotations

import importlib.util
import logging
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from .archive import Archive, Entry, key_of
from .builtin import builtin_source
from .errors import CreditError
from .files import sha256
from .passed import DECISIVE
from .search_run import archive_of, question_for, search_live
from .session import Session
from .settings import TFCAFSettings
from .task import TaskDescription

log = logging.getLogger("pymarl")


@dataclass(frozen=True)
class Found:
    """A source text, where it comes from, and the gate that goes with it (empty: the settings').

    trusted: it ships with the project and need not go through the jail at every start.
    """

    source: str
    origin: str
    igm: str = ""
    phi: str = ""
    trusted: bool = False
    report: dict[str, Any] | None = None  # what the checks found, where it was found under the same settings
    shipped: bool = False
    provenance: dict[str, Any] = field(default_factory=dict)


def find_source(task: TaskDescription, settings: TFCAFSettings, forms: Sequence[str]) -> Found:
    """The function's text, from the source that the settings name. Raises CreditError with what to do."""
    return SOURCES[settings.source](task, settings, forms)


def _file(task: TaskDescription, settings: TFCAFSettings, forms: Sequence[str]) -> Found:
    if not settings.file:
        raise CreditError("llm.source=file needs llm.file=PATH")
    try:
        return Found(Path(settings.file).read_text(encoding="utf-8-sig"), f"file:{settings.file}")
    except (OSError, UnicodeDecodeError) as e:
        raise CreditError(f"llm.file={settings.file} cannot be read: {e}") from e


def _builtin(task: TaskDescription, settings: TFCAFSettings, forms: Sequence[str], strict: bool = True) -> Found:
    name, source = builtin_source(task, settings.builtin, strict, settings.form)
    return Found(source, f"builtin:{name}", trusted=True)


def _archive(task: TaskDescription, settings: TFCAFSettings, forms: Sequence[str]) -> Found:
    """Fails closed: where there is no finished search, nothing is sent."""
    archive = archive_of(settings)
    entry = archive.get(settings.entry) if settings.entry else finished_search(archive, task, settings, forms)
    if entry is None:
        sound, left_out = archive.sound()
        known = [e for e in sound if e.question["task"].get("name") == task.name]
        others = "".join(f"\n  {e.hash[:12]}  {_differs(e, task, settings, forms)}" for e in known)
        hint = f" Entries for this task with other settings (llm.entry=HASH takes one):{others}" if known else ""
        hint += "".join(f"\n  not looked at: {problem}" for problem in left_out)
        raise CreditError(
            f"llm.source=archive: {archive.root} holds no finished search for {task.name} with these settings; nothing "
            f"was sent. Make one with llm.source=live, or by hand with `python -m llm_credit prompts`.{hint}"
        )
    return from_entry(entry, task, settings)


def finished_search(
    archive: Archive, task: TaskDescription, settings: TFCAFSettings, forms: Sequence[str]
) -> Entry | None:
    """The archive's search for a task and settings; one that was asked with older prompts where there is no other."""
    question = question_for(task, settings, forms)
    entry = archive.find(key_of(question))
    if entry is None and (entry := archive.find_like(question)) is not None:
        _say_of_prompts(settings.source, entry.hash[:12], entry.question["prompts"], question["prompts"])
    return entry


@cache  # a start of a run looks twice
def _say_of_prompts(source: str, entry: str, then: str, now: str) -> None:
    log.info(
        "llm.source=%s: entry %s was asked with prompts %s, and today's are %s; llm.source=live, or "
        "`python -m llm_credit prompts`, asks anew",
        source, entry, then, now,
    )  # fmt: skip


def _differs(entry: Entry, task: TaskDescription, settings: TFCAFSettings, forms: Sequence[str]) -> str:
    mine, theirs = question_for(task, settings, forms), entry.question
    names = [k for k in theirs["settings"] if theirs["settings"][k] != mine["settings"].get(k)]
    parts = [f"{k}={theirs['settings'][k]}" for k in names]
    parts += [k for k in ("task", "prompts", "forms", "episodes") if theirs.get(k) != mine[k]]
    return "differs in " + ", ".join(parts) if parts else ""


def from_entry(entry: Entry, task: TaskDescription, settings: TFCAFSettings) -> Found:
    """The function of a finished search.

    Raises CreditError if a byte of it has changed, if it is of another task, or if its gate is not what was asked for.
    """
    problems = entry.problems()
    if problems:
        raise CreditError("the archive entry is not as it was written, and is not used:\n  " + "\n  ".join(problems))
    result, question = entry.result, entry.question
    described = TaskDescription.from_dict(question["task"])
    if (described.state_fields, described.n_agents, described.n_actions) != (
        task.state_fields, task.n_agents, task.n_actions,
    ):  # fmt: skip
        raise CreditError(
            f"archive entry {entry.hash[:12]} is for {described.name}; its state layout is not that of {task.name}"
        )
    if sha256(entry.source) != result["sha256"]:
        raise CreditError(f"archive entry {entry.hash[:12]}: function.py is not the function that was accepted")
    _check_gate(entry, settings)
    provenance = {
        "entry": entry.hash, "path": str(entry.path), "calls": result["cost"], "carried": result["carried"],
        "prompts": question["prompts"],
    }  # fmt: skip
    origin = f"archive:{entry.hash[:12]}" + (" (ships with the project)" if entry.shipped else "")
    same = described.to_json() == task.to_json() and all(
        value == getattr(settings, name) for name, value in question["settings"].items() if name in DECISIVE
    )
    report = result["report"] if same else None
    return Found(
        entry.source, origin, result["igm"], result["phi"], provenance=provenance, report=report, shipped=entry.shipped
    )


def _check_gate(entry: Entry, settings: TFCAFSettings) -> None:
    """The gate that a search ended with holds where the user asked for it, or with ``auto``, which never relaxes it."""
    igm, phi = entry.result["igm"], entry.result["phi"]
    same = igm == settings.igm and (igm == "relax" or phi == settings.phi)
    if not same and (settings.igm != "auto" or igm == "relax"):
        gate = "igm=relax" if igm == "relax" else f"igm={igm}, phi={phi}"
        wanted = "llm.igm=relax" if igm == "relax" else f"llm.igm={igm} llm.phi={phi}, or llm.igm=auto,"
        raise CreditError(
            f"archive entry {entry.hash[:12]} was made for the gate {gate}, and llm.igm={settings.igm} "
            f"llm.phi={settings.phi} asks for another; use {wanted} to take it with its own gate"
        )


def _live(task: TaskDescription, settings: TFCAFSettings, forms: Sequence[str]) -> Found:
    try:
        return from_entry(search_live(task, settings, forms), task, settings)
    except CreditError as e:
        if settings.fallback != "builtin":
            raise
        found = _builtin(task, settings, forms, strict=False)
        log.warning("NO FUNCTION FROM A LANGUAGE MODEL: %s. llm.fallback=builtin: training uses %s", e, found.origin)
        return replace(found, provenance={"fallback": str(e)})


def _manual(task: TaskDescription, settings: TFCAFSettings, forms: Sequence[str]) -> Found:
    if not settings.manual:
        raise CreditError("llm.source=manual needs llm.manual=DIR, the folder of `python -m llm_credit prompts`")
    session = Session.load(Path(settings.manual))
    if session.task != task:
        raise CreditError(f"llm.manual={settings.manual} is for {session.task.name}, and not as {task.name} is now")
    entry = session.finished()
    if entry is None:
        raise CreditError(
            f"llm.manual={settings.manual}: replies are still missing. Paste them into its replies and run "
            f"`python -m llm_credit accept {settings.manual}`"
        )
    return from_entry(entry, task, settings)


def _auto(task: TaskDescription, settings: TFCAFSettings, forms: Sequence[str]) -> Found:
    """Archive, else live, else builtin; says what it chose and why."""
    if settings.builtin:
        return _builtin(task, settings, forms)
    entry = finished_search(archive_of(settings, shipped=False), task, settings, forms)
    if entry is not None:
        log.info("llm.source=auto: the archive holds a finished search for this task and these settings")
        return from_entry(entry, task, settings)
    asked_for = bool(os.environ.get("ANTHROPIC_API_KEY") or settings.base_url)
    if asked_for and importlib.util.find_spec("anthropic") is None:
        log.warning("llm.source=auto: a key is set, but the package anthropic is not there (requirements-llm.txt)")
    elif asked_for:
        log.info("llm.source=auto: the archive holds no such search and there is a key: language models are asked")
        return _live(task, settings, forms)
    else:
        log.info("llm.source=auto: no such search in the archive and no key (ANTHROPIC_API_KEY): a function that ships")
    return _builtin(task, settings, forms, strict=False)


SOURCES: dict[str, Callable[[TaskDescription, TFCAFSettings, Sequence[str]], Found]] = {
    "auto": _auto,
    "live": _live,
    "archive": _archive,
    "builtin": _builtin,
    "file": _file,
    "manual": _manual,
}
