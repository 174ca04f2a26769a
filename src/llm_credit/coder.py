"""What is asked of the coder, and its function taken out of its answer."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from .examine import Report
from .llm import Reply, Request
from .prompting import coder_system, fill
from .settings import TFCAFSettings
from .task import TaskDescription

_BLOCK = re.compile(r"^[ \t]*(```+|~~~+)[ \t]*([\w+-]*)[^\n]*\n(.*?)^[ \t]*\1[ \t]*$", re.DOTALL | re.MULTILINE)
FAILURES_TOLD = 6


class Unusable(Exception):
    """An answer with which nothing can be done; the message goes back to the model."""


@dataclass(frozen=True)
class Coder:
    """Makes the coder's requests for one task and form."""

    task: TaskDescription
    settings: TFCAFSettings
    form: str

    def _request(self, purpose: str, round: int, slot: int, prompt: str) -> Request:
        s = self.settings
        system = coder_system(self.task, s, self.form)
        return Request(
            "coder", purpose, round, slot, 0, system, prompt, s.model, s.max_output_tokens, s.thinking
        )  # fmt: skip

    def propose(self, round: int, slot: int, failures: Sequence[str]) -> Request:
        """A first function; ``failures`` are the reasons why earlier proposals were refused."""
        told = ""
        if failures:
            told = "All earlier proposals were refused:\n" + "\n".join(f"- {f}" for f in failures[-FAILURES_TOLD:])
        count = self.settings.candidates
        return self._request("propose", round, slot, fill("coder_propose", number=slot + 1, count=count, failures=told))

    def improve(self, round: int, slot: int, source: str, numbers: str, advice: str) -> Request:
        prompt = fill(
            "coder_improve",
            source=source.strip(),
            numbers=numbers,
            advice=advice,
            number=slot + 1,
            count=self.settings.candidates,
        )
        return self._request("improve", round, slot, prompt)

    def merge(self, round: int, first: str, second: str, how: str) -> Request:
        prompt = fill("coder_merge", first=first.strip(), second=second.strip(), how=how)
        return self._request("merge", round, 0, prompt)

    def repair(self, earlier: Request, source: str, report: Report) -> Request:
        """The refused function back to the coder, with the exact message."""
        line = f", line {report.line}" if report.line is not None else ""
        prompt = fill("coder_repair", source=source.strip(), stage=report.stage, line=line, reason=report.reason)
        return replace(earlier, purpose="repair", attempt=earlier.attempt + 1, slot=self._slot(earlier), prompt=prompt)

    def again(self, earlier: Request, reason: str) -> Request:
        """Asks once more after an answer that holds no function."""
        prompt = fill("coder_again", reason=reason, prompt=earlier.prompt.strip())
        return replace(earlier, purpose="repair", attempt=earlier.attempt + 1, slot=self._slot(earlier), prompt=prompt)

    def _slot(self, earlier: Request) -> int:
        """A merged function has a slot of its own behind the candidates', so that names stay unique in a round."""
        return self.settings.candidates if earlier.purpose == "merge" else earlier.slot


def function_in(reply: Reply) -> str:
    """The function's source in an answer. Raises Unusable with what to tell the model."""
    if reply.stop_reason == "refusal":
        raise Unusable("the model declined to answer")
    if reply.stop_reason == "max_tokens":
        raise Unusable("the answer was cut off at the largest number of tokens; think and write less")
    blocks = [m[3] for m in _BLOCK.finditer(reply.text)]
    with_function = [b for b in blocks if re.search(r"^\s*def ", b, re.MULTILINE)]
    if with_function:
        return with_function[-1].strip("\n") + "\n"  # a model that thinks aloud gives its final version last
    if not blocks and re.match(r"\s*(import |from |def )", reply.text):
        return reply.text.strip() + "\n"
    raise Unusable("there was no Python code block with a function in it")
