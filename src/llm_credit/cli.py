"""The commands of ``python -m llm_credit``."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from .archive import EPISODES, Archive, Entry
from .errors import CreditError
from .settings import TFCAFSettings
from .task import TaskDescription, TaskError

ARCHIVE = "llm_archive"
MIXER_FORMS = ("credit_weights", "QLLMNetwork")
ALL_FORMS = (*MIXER_FORMS, "credit_advantages")


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; what the user can mend ends in a sentence and exit code 2."""
    options = _parser().parse_args(arguments)
    try:
        return int(COMMANDS[options.command](options))
    except (CreditError, TaskError) as e:
        print(f"error: {e}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # `... | head` has seen enough
        sys.stderr.close()
        return 0
    except OSError as e:  # a full disk, a folder that is a file
        print(f"error: {e}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted; replies that came are kept, the same command goes on from there", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m llm_credit", description="Credit assignment functions written by language models."
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def add(name: str, help: str) -> argparse.ArgumentParser:
        return commands.add_parser(name, help=help, description=help)

    write = add("write", "the whole search for a task, live")
    prompts = add("prompts", "begin a search whose prompts and replies are carried by hand")
    for p in (write, prompts):
        p.add_argument("task", metavar="TASK.json", help="task description (src/describe.py prints it)")
        p.add_argument("--set", nargs="*", default=[], metavar="KEY=VALUE", help="settings, as llm.KEY in a config")
        p.add_argument(
            "--advantage", action="store_true", help="the learner has a place for the advantage form (qplex)"
        )
    write.add_argument("--out", metavar="FILE", help="write the accepted function there too")
    prompts.add_argument("--out", required=True, metavar="DIR", help="folder for questions and replies")
    prompts.add_argument("--carried-by", default="hand", metavar="WHO", help="provenance: who answers (model, place)")
    accept = add("accept", "take the replies pasted into a folder of `prompts` and go on")
    accept.add_argument("folder", metavar="DIR")

    check = add("check", "check a function: exit code 0 accepted, 2 refused")
    check.add_argument("file", metavar="FILE")
    check.add_argument("--task", required=True, metavar="TASK.json")
    check.add_argument("--json", action="store_true", help="the report as JSON")
    check.add_argument("--set", nargs="*", default=[], metavar="KEY=VALUE")

    for name, help in (
        ("show", "an archive entry: source, credits, numbers, transcript"),
        ("report", "an archive entry as one HTML page with pictures"),
        ("verify", "find any byte of the archive that has changed"),
        ("list", "the archive's entries"),
    ):
        p = add(name, help)
        p.add_argument("--archive", metavar="DIR", help=f"default: {ARCHIVE}")
        if name in ("show", "report"):
            p.add_argument("entry", metavar="ENTRY", help="hash or its first digits")
        if name == "report":
            p.add_argument("--out", required=True, metavar="FILE.html")
            p.add_argument(
                "--episodes", metavar="FILE", help="sample episodes (src/describe.py --episodes writes them)"
            )
        if name == "show":
            p.add_argument("--png", metavar="FILE", help="draw the credits (needs matplotlib)")
        if name == "verify":
            p.add_argument("--replay", action="store_true", help="also search again on the recorded replies")
    return parser


def _task(path: str) -> TaskDescription:
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as e:
        raise CreditError(f"the task description {path} cannot be read: {e}") from e
    return TaskDescription.from_json(text)


def _archive(options: argparse.Namespace) -> Archive:
    """The archive that is named, which must be there; else the default one, which may not be there yet."""
    folder = Path(options.archive or ARCHIVE)
    if not folder.is_dir() and (options.archive or folder.exists()):
        raise CreditError(f"{folder} is no folder: --archive=DIR names an archive (a run's is RESULTS/{ARCHIVE})")
    return Archive(folder)


def _settings(pairs: Sequence[str]) -> TFCAFSettings:
    """``KEY=VALUE`` with the type that the setting has."""
    defaults, values = TFCAFSettings(), dict[str, Any]()
    for pair in pairs:
        name, equals, text = pair.partition("=")
        name = name.removeprefix("llm.")
        if not equals:
            raise CreditError(f"--set {pair!r} should be KEY=VALUE")
        kind: Any = type(getattr(defaults, name, ""))  # an unknown name is refused below, with a hint
        try:
            values[name] = kind(text)
        except ValueError as e:
            raise CreditError(
                f"setting {name}={text!r} must be {'a whole number' if kind is int else 'a number'}"
            ) from e
    return TFCAFSettings.from_mapping(values)


def _write(options: argparse.Namespace) -> int:
    from .search_run import search_live

    task, settings = _task(options.task), _settings(options.set)
    view = _View()
    entry = search_live(task, settings, ALL_FORMS if options.advantage else MIXER_FORMS, view)
    cost = entry.result["cost"]
    print(f"{cost['calls']} calls, {cost['tokens']} tokens, ${cost['usd']:.4f}, {cost['seconds']:.0f} s of answering")
    return _done(entry, options.out)


def _done(entry: Entry, out: str | None = None) -> int:
    print(f"accepted: {entry.result['candidate']}, igm: {entry.result['report']['igm']}")
    print(f"entry {entry.hash[:12]} in {entry.path}")
    if out:
        _write_text(out, entry.source)
        print(f"function written to {out}")
    print(f"look at it: python -m llm_credit show {entry.hash[:12]} --archive {entry.path.parent.parent}")
    return 0


class _View:
    """The search as it goes: a line for each step, with the time since it began."""

    def __init__(self) -> None:
        self.start = time.monotonic()

    def __call__(self, event: str, data: dict[str, Any]) -> None:
        from .search_run import describe_event

        line = describe_event(event, data)
        if line:
            print(f"[{time.monotonic() - self.start:6.1f} s] {line}", flush=True)


def _prompts(options: argparse.Namespace) -> int:
    from .session import Session

    forms = ALL_FORMS if options.advantage else MIXER_FORMS
    folder = Path(options.out)
    session = Session.create(folder, _task(options.task), _settings(options.set), forms, options.carried_by)
    return _go_on(session)


def _accept(options: argparse.Namespace) -> int:
    from .session import Session

    return _go_on(Session.load(Path(options.folder)))


def _go_on(session: Any) -> int:
    outcome = session.go_on(_View())
    if isinstance(outcome, Entry):
        return _done(outcome)
    print(f"{len(outcome)} to ask; paste each answer into the file of the same name in {session.folder}/replies:")
    for path in outcome:
        print(f"  {path}")
    print(f"then: python -m llm_credit accept {session.folder}")
    return 0


def _check(options: argparse.Namespace) -> int:
    from .api import check_source

    try:
        source = Path(options.file).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as e:
        raise CreditError(f"{options.file} cannot be read: {e}") from e
    report = check_source(source, _task(options.task), _settings(options.set))
    if options.json:
        print(json.dumps(report.to_dict(), indent=1))
    elif report.accepted:
        print(f"accepted; igm: {report.igm}; {report.proof}")
        for name, value in report.numbers.items():
            print(f"  {name:32} {value:.6g}")
    else:
        line = f", line {report.line}" if report.line is not None else ""
        print(f"refused at {report.stage}{line}: {report.reason}")
    return 0 if report.accepted else 2


def _show(options: argparse.Namespace) -> int:
    from .api import admit
    from .report import show_entry

    entry = _archive(options).get(options.entry)
    admit(entry)
    show_entry(entry, options.png)
    return 0


def _report(options: argparse.Namespace) -> int:
    from .api import admit
    from .episodes import read_episodes
    from .page import page

    entry = _archive(options).get(options.entry)
    task = admit(entry)
    kept = entry.path / EPISODES
    episodes = read_episodes(options.episodes or (str(kept) if kept.exists() else ""), task)
    _write_text(options.out, page(entry, episodes))
    print(f"report written to {options.out}")
    return 0


def _write_text(path: str, text: str) -> None:
    try:
        Path(path).write_text(text, encoding="utf-8")
    except OSError as e:
        raise CreditError(f"{path} cannot be written: {e}") from e


def _verify(options: argparse.Namespace) -> int:
    archive = _archive(options)
    problems = archive.problems()
    if options.replay and not problems:
        from .replay import asked_otherwise, replay

        for entry in archive.entries():
            note = " (asked with other prompts than today's: replies by their names)" if asked_otherwise(entry) else ""
            print(f"replaying {entry.hash[:12]}{note}", flush=True)
            problems += replay(entry)
    for problem in problems:
        print(problem)
    shipped = sum(e.shipped for e in archive.entries())
    counted = f"{len(archive.entries()) - shipped} entries in {archive.root}, {shipped} that ship with the project"
    print(f"{counted}: " + (f"{len(problems)} problems" if problems else "as they were written"))
    return 2 if problems else 0


def _list(options: argparse.Namespace) -> int:
    archive = _archive(options)
    entries, left_out = archive.sound()
    for e in entries:
        task, s = e.question["task"], e.question["settings"]
        home = "ships with the project" if e.shipped else e.result["finished"]
        columns = (task.get("name"), s.get("description"), s.get("model"), e.result["report"].get("igm"), home)
        print("  ".join([e.hash[:12], *map(str, columns)]))
    for problem in left_out:
        print(f"left out: {problem}")
    if not any(archive.root in e.path.parents for e in archive.entries()):
        print(f"{archive.root} holds no entries of its own")
    return 0


COMMANDS: dict[str, Callable[[argparse.Namespace], int]] = {
    "write": _write,
    "prompts": _prompts,
    "accept": _accept,
    "check": _check,
    "show": _show,
    "report": _report,
    "verify": _verify,
    "list": _list,
}
