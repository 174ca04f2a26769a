"""What others call: check a source, compile it, build what a mixer needs."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

from .archive import Entry
from .episodes import read_episodes
from .errors import CreditError, Refused
from .examine import Report, examine, load
from .files import sha256
from .jail import check_in_jail, close_server
from .llm import canonical
from .passed import is_remembered, remember
from .screen import screen
from .settings import TFCAFSettings
from .task import TaskDescription
from .tfcaf import CreditFunction

_PASSED: set[str] = set()  # what came through the jail in this process: it need not go twice
MIXER_FORMS = ("credit_weights", "QLLMNetwork")


def check_source(source: str, task: TaskDescription, settings: TFCAFSettings | None = None) -> Report:
    """Screens, compiles and probes a source; never raises for a bad candidate (CreditError for bad settings).

    The text is looked at here; whatever runs it runs in the jail.
    """
    try:
        screen(source)
    except Refused as e:
        return Report.refusal(e)
    settings = settings or TFCAFSettings()
    return check_in_jail(source, task, settings, read_episodes(settings.episodes, task))


def compile_source(
    source: str,
    task: TaskDescription,
    igm: str = "enforce",
    bias: str = "off",
    phi: str = "clamp",
    backend: str = "torchscript",
    origin: str = "source",
    settings: TFCAFSettings | None = None,
    trusted: bool = False,
) -> Any:
    """The module that ``source`` stands for: a TFCAF, or an AdvantageTFCAF for the advantage form.

    Raises Refused where :func:`check_source` refuses: the source goes through the jail first, except where it is
    ``trusted`` (a function that ships with the project).
    """
    chosen = {"igm": igm, "bias": bias, "phi": phi, "backend": backend}
    TFCAFSettings.from_mapping(chosen)
    settings = replace(settings or TFCAFSettings(), **chosen)  # type: ignore[arg-type]
    key = sha256(canonical([source, task.to_json(), asdict(settings)]))
    if not trusted and key not in _PASSED:
        check_source(source, task, settings).raise_refusal()
        _PASSED.add(key)
    return examine(source, task, settings, origin)


def build_tfcaf(task: TaskDescription, settings: TFCAFSettings, forms: tuple[str, ...] = MIXER_FORMS) -> CreditFunction:
    """The function for a task, from the source that the settings name. Raises CreditError, Refused among them.

    forms: those that the caller has a place for (``credit_advantages`` only in QPLEX's).
    """
    from .sources import find_source

    found = find_source(task, settings, forms)
    chosen = replace(settings, igm=found.igm or settings.igm, phi=found.phi or settings.phi)
    form = screen(found.source).form
    if form not in forms:
        hint = "" if form in MIXER_FORMS else "; --config=qplex has a place for it"
        raise Refused("text", f"the form {form} has no place here; this mixer takes {' or '.join(forms)}{hint}")
    known = found.shipped or is_remembered(found.source, task, chosen)
    function: CreditFunction
    if found.report is not None and known:
        function = load(found.source, task, chosen, found.origin, found.report)
    else:
        function = compile_source(
            found.source, task, chosen.igm, chosen.bias, chosen.phi, chosen.backend, found.origin, chosen,
            trusted=found.trusted,
        )  # fmt: skip
        if not found.trusted:
            remember(found.source, task, chosen)
    function.provenance = found.provenance
    close_server()  # training needs the memory more
    return function


def admit(entry: Entry) -> TaskDescription:
    """The task of an entry whose function may run here: it is as it was written, and came through the jail.

    What ships with the project, and what this machine has seen pass, is not checked again. Raises CreditError.
    """
    problems, question, result = entry.problems(), {}, {}
    if not problems:
        question, result = entry.question, entry.result
        if sha256(entry.source) != result["sha256"]:
            problems = ["function.py is not the function that was accepted"]
    if problems:
        raise CreditError("the archive entry is not as it was written:\n  " + "\n  ".join(problems))
    task = TaskDescription.from_dict(question["task"])
    settings = TFCAFSettings.from_mapping({**question["settings"], "igm": result["igm"], "phi": result["phi"]})
    if not entry.shipped and not is_remembered(entry.source, task, settings):
        check_source(entry.source, task, settings).raise_refusal()
        remember(entry.source, task, settings)
    return task
