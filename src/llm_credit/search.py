"""The search: rounds of candidates, checked in the jail, judged by the evaluator, improved and merged.

Everything it does follows from the task, the settings and the replies: the same replies give the same function.
Bounds: ``rounds`` x (``candidates`` + 1 merge) functions, each repaired at most ``max_repairs`` times, and an evaluator
asked at most twice for each judgement.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from .coder import Coder, Unusable, function_in
from .errors import CreditError
from .evaluator import Evaluator, Judgement, judgement_in, numbers_text
from .examine import Report
from .files import sha256
from .llm import LLM, LLMError, Reply, Request
from .settings import TFCAFSettings
from .task import TaskDescription

Check = Callable[[str], Report]
Notify = Callable[[str, dict[str, Any]], None]
EVALUATOR_ATTEMPTS = 2


class Waiting(LLMError):
    """Replies that nobody has given yet: requests to be carried by hand, or missing in an archive."""

    def __init__(self, requests: Sequence[Request]) -> None:
        names = ", ".join(r.name for r in requests)
        super().__init__(f"{len(requests)} replies are missing: {names}")
        self.requests = list(requests)


class SearchFailed(CreditError):
    """No candidate of any round survived; the message holds the reasons."""


@dataclass
class Candidate:
    """One function through its repairs: the latest source and its report; ``versions`` has them all."""

    name: str
    request: Request
    source: str = ""
    report: Report | None = None
    reason: str = ""  # why there is no source to check
    versions: list[dict[str, Any]] = field(default_factory=list)

    @property
    def survived(self) -> bool:
        return self.report is not None and self.report.accepted

    def why_refused(self) -> str:
        if self.report is None:
            return self.reason
        line = f" (line {self.report.line})" if self.report.line is not None else ""
        return f"{self.report.stage}{line}: {self.report.reason}"


@dataclass(frozen=True)
class SearchResult:
    """What a search came to. igm, phi: the gate it ends with. transcript: every candidate and judgement in order."""

    source: str
    igm: str
    phi: str
    report: Report
    candidate: str
    transcript: list[dict[str, Any]]

    def to_dict(self) -> dict[str, Any]:
        return asdict(self) | {"sha256": sha256(self.source)}


def ask_all(llm: LLM, requests: Sequence[Request]) -> list[Reply]:
    """Asks at the same time. All answers that came are kept by the LLM; then the first error is raised.

    Requests that wait for somebody are raised together, as one Waiting.
    """
    with ThreadPoolExecutor(max_workers=max(1, len(requests))) as pool:
        futures = [pool.submit(llm.ask, r) for r in requests]
    errors = [f.exception() for f in futures]
    for error in errors:
        if error is not None and not isinstance(error, Waiting):
            raise error
    waiting = [r for e in errors if isinstance(e, Waiting) for r in e.requests]
    if waiting:
        raise Waiting(waiting)
    return [f.result() for f in futures]


class Search:
    """One search for one task. ``check`` gives the report on a source; ``notify`` hears of every step."""

    def __init__(
        self,
        task: TaskDescription,
        settings: TFCAFSettings,
        llm: LLM,
        check: Check,
        forms: Sequence[str],
        notify: Notify = lambda event, data: None,
    ) -> None:
        self.task, self.settings, self.llm, self.check, self.notify = task, settings, llm, check, notify
        self.advantage = settings.igm == "auto" and "credit_advantages" in forms
        self.evaluator = Evaluator(task, settings, self.advantage)
        self.form = settings.form
        self.best: Candidate | None = None
        self.judgement: Judgement | None = None
        self.merged: Candidate | None = None
        self.failures: list[str] = []
        self.transcript: list[dict[str, Any]] = []

    def run(self) -> SearchResult:
        """Raises SearchFailed if nothing survives, LLMError (Waiting among them) where answers fail to come."""
        for round in range(1, self.settings.rounds + 1):
            self.notify("round", {"round": round, "rounds": self.settings.rounds})
            candidates = self._candidates(round)
            self._settle(candidates)
            self._judge(round, [c for c in candidates if c.survived])
        if self.best is None or self.best.report is None:
            reasons = "\n".join(f"  - {f}" for f in self.failures)
            raise SearchFailed(f"no candidate survived in {self.settings.rounds} rounds:\n{reasons}")
        igm, phi = self._gate()
        return SearchResult(self.best.source, igm, phi, self.best.report, self.best.name, self.transcript)

    def _coder(self) -> Coder:
        return Coder(self.task, self.settings, self.form)

    def _candidates(self, round: int) -> list[Candidate]:
        coder, requests = self._coder(), []
        for slot in range(self.settings.candidates):
            if self.best is None or self.best.report is None or self.best.report.form != self._wanted():
                requests.append(coder.propose(round, slot, self.failures))
            else:
                advice = self.judgement.advice if self.judgement else "Find something better."
                numbers = numbers_text(self.best.report)
                requests.append(coder.improve(round, slot, self.best.source, numbers, advice))
        return [Candidate(f"r{round}-c{slot}", r) for slot, r in enumerate(requests)]

    def _wanted(self) -> str:
        """The form of the functions that count: the paper's form counts as weights."""
        if self.best is not None and self.best.report is not None and self.best.report.form == "QLLMNetwork":
            return "QLLMNetwork" if self.form == "credit_weights" else self.form
        return self.form

    def _settle(self, candidates: list[Candidate]) -> None:
        """Asks for all candidates at once, checks them, and sends back what is refused, wave after wave."""
        coder, open_ones = self._coder(), list(candidates)
        for attempt in range(self.settings.max_repairs + 1):
            replies = ask_all(self.llm, [c.request for c in open_ones])
            for candidate, reply in zip(open_ones, replies, strict=True):
                self._read(candidate, reply)
            with ThreadPoolExecutor(max_workers=max(1, len(open_ones))) as pool:
                list(pool.map(self._check, open_ones))
            for c in open_ones:
                self._note(c)
            open_ones = [c for c in open_ones if not c.survived and c.request.purpose != "declined"]
            if attempt < self.settings.max_repairs:
                for c in open_ones:
                    c.request = coder.again(c.request, c.reason) if c.report is None else coder.repair(
                        c.request, c.source, c.report
                    )  # fmt: skip
            if not open_ones:
                break
        self.failures += [f"{c.name}: {c.why_refused()}" for c in candidates if not c.survived]

    def _read(self, candidate: Candidate, reply: Reply) -> None:
        candidate.report, candidate.source, candidate.reason = None, "", ""
        try:
            candidate.source = function_in(reply)
        except Unusable as e:
            candidate.reason = str(e)
            if reply.stop_reason == "refusal":  # asked again, it would decline again
                candidate.request = replace(candidate.request, purpose="declined")

    def _check(self, candidate: Candidate) -> None:
        if candidate.source:
            report = self.check(candidate.source)
            if report.accepted and (report.form == "credit_advantages") != (self.form == "credit_advantages"):
                report = Report(False, "text", f"the function must have the form {self.form}")
            candidate.report = report

    def _note(self, c: Candidate) -> None:
        version = {
            "event": "candidate",
            "candidate": c.name,
            "request": c.request.hash,
            "attempt": c.request.attempt,
            "sha256": sha256(c.source) if c.source else "",
            "accepted": c.survived,
            "reason": "" if c.survived else c.why_refused(),
            "igm": c.report.igm if c.report else "",
        }
        c.versions.append(version)
        self.transcript.append(version)
        self.notify("candidate", version)

    def _judge(self, round: int, survivors: list[Candidate]) -> None:
        """The evaluator chooses among the round's survivors, the best so far and the last merged function."""
        before = [c for c in (self.best, self.merged) if c is not None and self._fits(c)]
        self.merged = None
        pool = list({sha256(c.source): c for c in [*before, *survivors]}.values())  # equal texts count once
        if not pool:
            return
        judgement = self._ask_evaluator(round, pool, final=False)
        self._take(round, judgement, pool)
        if judgement is None or judgement.merge is None:
            return
        first, second, how = judgement.merge
        request = self._coder().merge(round, pool[first].source, pool[second].source, how)
        merged = Candidate(f"r{round}-merge", request)
        self._settle([merged])
        if not merged.survived:
            return
        if round < self.settings.rounds:
            self.merged = merged  # competes in the next round
        elif self.best is not None and sha256(merged.source) != sha256(self.best.source):
            final = [self.best, merged]
            self._take(round, self._ask_evaluator(round, final, final=True), final)

    def _fits(self, c: Candidate) -> bool:
        """Whether a function of an earlier round has the form that is asked for now."""
        assert c.report is not None
        return (c.report.form == "credit_advantages") == (self.form == "credit_advantages")

    def _ask_evaluator(self, round: int, pool: list[Candidate], final: bool) -> Judgement | None:
        """None if no usable judgement came; then the best so far, else the first survivor, stays."""
        functions = [(c.source, c.report) for c in pool if c.report is not None]
        request = self.evaluator.evaluate(round, functions, final)
        for attempt in range(EVALUATOR_ATTEMPTS):
            reply = ask_all(self.llm, [request])[0]
            try:
                return judgement_in(reply, len(pool))
            except Unusable as e:
                self.transcript.append({"event": "unusable", "request": request.hash, "reason": str(e)})
                self.notify("unusable", {"request": request.name, "reason": str(e)})
                if attempt + 1 < EVALUATOR_ATTEMPTS:
                    request = self.evaluator.again(request, str(e))
        return None

    def _take(self, round: int, judgement: Judgement | None, pool: list[Candidate]) -> None:
        chosen = pool[judgement.selected] if judgement else pool[0]
        self.best = chosen
        if judgement is not None:
            self.judgement = judgement
            if self.advantage and round < self.settings.rounds:
                self.form = "credit_advantages" if judgement.gate["form"] == "advantage" else self.settings.form
        event = {
            "event": "judgement",
            "round": round,
            "functions": [c.name for c in pool],
            "selected": chosen.name,
            "judgement": asdict(judgement) if judgement else None,
        }
        self.transcript.append(event)
        self.notify("judgement", event)

    def _gate(self) -> tuple[str, str]:
        """The gate that training uses; with ``igm: auto`` the evaluator's last choice."""
        if self.settings.igm != "auto":
            return self.settings.igm, self.settings.phi
        chosen = self.judgement.gate["phi"] if self.judgement else self.settings.phi
        return "enforce", str(chosen)
