"""One search from its question to an archive entry. Live here; session.py has those that are carried by hand."""

from __future__ import annotations

import json
import logging
import platform
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from threading import Lock
from typing import Any

from .archive import EPISODES, Archive, Entry, Workspace, key_of
from .episodes import read_episodes
from .examine import Report
from .files import sha256
from .jail import check_in_jail
from .llm import LLM
from .prompting import version as prompts_version
from .recorded import Recorded
from .search import Notify, Search, SearchResult
from .settings import TFCAFSettings
from .task import TaskDescription

log = logging.getLogger("pymarl")

# Settings that change what is asked or accepted; the others (budgets, paths, address, backend) do not.
ASKED = (
    "candidates", "rounds", "max_repairs", "description", "form", "igm", "phi", "bias", "model", "evaluator_model",
    "thinking", "max_output_tokens", "check_states", "check_seed",
)  # fmt: skip


def question_for(task: TaskDescription, settings: TFCAFSettings, forms: Sequence[str]) -> dict[str, Any]:
    """All that decides what is asked; its hash is the archive's key."""
    values = asdict(settings)
    episodes = ""
    if settings.episodes:
        read_episodes(settings.episodes, task)  # a wrong file is found before anything is asked
        episodes = sha256(Path(settings.episodes).read_bytes())
    return {
        "task": json.loads(task.to_json()),
        "settings": {name: values[name] for name in ASKED},
        "forms": sorted(forms),
        "prompts": prompts_version(),
        "episodes": episodes,
    }


def archive_of(settings: TFCAFSettings, shipped: bool = True) -> Archive:
    return Archive(settings.archive or "llm_archive", shipped)


def search_live(
    task: TaskDescription, settings: TFCAFSettings, forms: Sequence[str], notify: Notify | None = None
) -> Entry:
    """A finished search: the archive's, or one that is made now. Runs that start together make one between them.

    Whatever was answered before an error or a kill is kept: the next call goes on from there.
    """
    question = question_for(task, settings, forms)
    key = key_of(question)
    archive = archive_of(settings, shipped=False)

    def waiting() -> None:
        log.info("credit function: another run is asking for it; waiting for its result")

    with archive.lock(key, waiting):
        entry = archive.find(key)
        if entry is not None:
            return entry
        from .budget import Spent
        from .live import LiveLLM

        workspace = archive.workspace(key, question)
        spent = Spent.from_ledger(workspace.ledger_lines())
        llm = LiveLLM(settings, ledger=workspace.ledger, spent=spent)
        told = notify or log_progress

        def with_cost(event: str, data: dict[str, Any]) -> None:
            told(event, data)
            if event == "judgement":
                told("cost", llm.spent.to_dict())

        result = run_search(task, settings, forms, workspace, llm, with_cost)
        return conclude(archive, key, workspace, result, carried="")


def run_search(
    task: TaskDescription,
    settings: TFCAFSettings,
    forms: Sequence[str],
    workspace: Workspace,
    llm: LLM | None,
    notify: Notify,
) -> SearchResult:
    """The search on a workspace: what it holds is not asked or measured again."""
    episodes = read_episodes(settings.episodes, task)
    if episodes is not None:
        workspace.write(EPISODES, json.dumps(episodes) + "\n")  # the report shows credits over them

    one_at_a_time: defaultdict[str, Lock] = defaultdict(Lock)

    def check(source: str) -> Report:
        """What the workspace holds, always: two candidates of one text have one report, as a replay will find it."""
        with one_at_a_time[sha256(source)]:
            if workspace.check(source) is None:
                workspace.keep_check(source, check_in_jail(source, task, settings, episodes).to_dict())
            known = workspace.check(source)
        assert known is not None
        return Report.from_dict(known)

    return Search(task, settings, Recorded(workspace, llm), check, forms, notify).run()


def conclude(archive: Archive, key: str, workspace: Workspace, result: SearchResult, carried: str) -> Entry:
    """Writes the result and makes the workspace an entry. carried: who carried the replies, empty for a live search.

    A result that an earlier start wrote before it was killed stays as it is, so that there is one entry, not two.
    """
    lines = workspace.ledger_lines()
    cost = {
        "calls": len(lines) or len(list((workspace.path / "replies").glob("*.json"))),
        "tokens": sum(sum((line.get("usage") or {}).values()) for line in lines),
        "usd": round(sum(line.get("cost_usd") or 0.0 for line in lines), 6),
        "seconds": round(sum(line.get("seconds") or 0.0 for line in lines), 3),
    }
    written = {
        **result.to_dict(),
        "cost": cost,
        "carried": carried,
        "finished": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "versions": _versions(),
    }
    before = workspace.result()  # written last: where it is, the function is
    if before is None or json.loads(json.dumps(written)) != {**before, "finished": written["finished"]}:
        workspace.write("function.py", result.source)
        workspace.write("function.pt", _torchscript(result))
        workspace.write("result.json", json.dumps(written, indent=1, sort_keys=True) + "\n")
    return archive.finish(key, workspace)


def _torchscript(result: SearchResult) -> bytes:
    """The compiled function, for plain ``torch.jit.load``; its method has the form's name."""
    import tempfile

    from .compiler import compile_function
    from .screen import screen

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "function.pt"
        compile_function(screen(result.source)).save(str(path))
        return path.read_bytes()


def _versions() -> dict[str, str]:
    import torch

    def installed(name: str) -> str:
        try:
            return version(name)
        except PackageNotFoundError:
            return ""

    return {"python": platform.python_version(), "torch": torch.__version__, "anthropic": installed("anthropic")}


def log_progress(event: str, data: dict[str, Any]) -> None:
    """A search's steps as log lines."""
    line = describe_event(event, data)
    if line:
        log.info("credit function: %s", line)


def describe_event(event: str, data: dict[str, Any]) -> str:
    """A step of a search in a few words."""
    if event == "round":
        return f"round {data['round']} of {data['rounds']}"
    if event == "candidate":
        verdict = f"accepted, {data['igm']}" if data["accepted"] else f"refused, {data['reason'][:160]}"
        again = f" (repair {data['attempt']})" if data["attempt"] else ""
        return f"{data['candidate']}{again}: {verdict}"
    if event == "judgement":
        judged = data["judgement"]
        advice = f"; advice: {judged['advice'][:160]}" if judged else " (no usable judgement)"
        return f"selected {data['selected']} of {', '.join(data['functions'])}{advice}"
    if event == "cost":
        return f"so far {data['calls']} calls, {data['tokens']:,} tokens, ${data['usd']:.4f}"
    if event == "unusable":
        return f"{data['request']}: the evaluator's answer could not be used: {data['reason']}"
    return ""
