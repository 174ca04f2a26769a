"""What is asked of the evaluator, and its judgement read from its answer."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from .coder import Unusable
from .examine import Report
from .llm import Reply, Request
from .prompting import evaluator_system, fill
from .settings import TFCAFSettings
from .task import TaskDescription

CRITERIA = ("relevance", "learnability", "robustness", "simplicity")
_INTEGER: dict[str, Any] = {"type": "integer"}
_TEXT: dict[str, Any] = {"type": "string"}
_NUMBER: dict[str, Any] = {"type": "number"}
_TRUTH: dict[str, Any] = {"type": "boolean"}


def _object(**properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


SCHEMA: dict[str, Any] = _object(
    selected=_INTEGER,
    scores={"type": "array", "items": _object(function=_INTEGER, **dict.fromkeys(CRITERIA, _NUMBER))},
    advice=_TEXT,
    merge=_object(wanted=_TRUTH, first=_INTEGER, second=_INTEGER, how=_TEXT),
    gate=_object(
        monotonic=_TRUTH,
        form={"type": "string", "enum": ["state", "advantage"]},
        phi={"type": "string", "enum": ["clamp", "abs", "softplus"]},
        reason=_TEXT,
    ),
)


@dataclass(frozen=True)
class Judgement:
    """selected: number of the best function. merge: two numbers and how, or None. gate: what the evaluator says of
    monotonicity, with the phi and form it would choose (used with ``igm: auto``).
    """

    selected: int
    scores: list[dict[str, float]]
    advice: str
    merge: tuple[int, int, str] | None
    gate: Mapping[str, Any]


@dataclass(frozen=True)
class Evaluator:
    """Makes the evaluator's requests for one task. advantage: whether the caller has a place for that form."""

    task: TaskDescription
    settings: TFCAFSettings
    advantage: bool

    def evaluate(self, round: int, functions: Sequence[tuple[str, Report]], final: bool) -> Request:
        """One request for all of a round's functions; ``final`` is the one after a last merge."""
        s = self.settings
        listed = "\n\n".join(
            f"Function {i}:\n```python\n{source.strip()}\n```\n{numbers_text(report)}"
            for i, (source, report) in enumerate(functions)
        )
        note = " This is the last decision: nothing can be merged any more." if final else ""
        prompt = fill("evaluator", round=round, rounds=s.rounds, functions=listed, merge_note=note)
        return Request(
            role="evaluator",
            purpose="decide" if final else "evaluate",
            round=round,
            slot=0,
            attempt=0,
            system=evaluator_system(self.task, s, self.advantage),
            prompt=prompt,
            model=s.evaluator_model or s.model,
            max_output_tokens=s.max_output_tokens,
            thinking=s.thinking,
            schema=SCHEMA,
        )

    @staticmethod
    def again(earlier: Request, reason: str) -> Request:
        prompt = fill("evaluator_again", reason=reason, prompt=earlier.prompt.strip())
        return replace(earlier, attempt=earlier.attempt + 1, prompt=prompt)


def numbers_text(report: Report) -> str:
    """A report's numbers, a group a line."""
    groups: dict[str, list[str]] = {}
    for name, value in sorted(report.numbers.items()):  # the same text for a check that was read back from a file
        group, _, part = name.partition("/")
        groups.setdefault(group if part else "", []).append(f"{part or name} {value:.4g}")
    lines = [", ".join(groups.pop("", []))]
    lines += [f"{group}: {', '.join(values)}" for group, values in groups.items()]
    lines.append(f"igm: {report.igm}; proof: {report.proof}")
    if report.counterexample:
        lines.append(f"a state with a negative weight: {report.counterexample}")
    return "\n".join(lines)


def judgement_in(reply: Reply, n_functions: int) -> Judgement:
    """The judgement in an answer. Raises Unusable with what to tell the model."""
    if reply.stop_reason == "refusal":
        raise Unusable("the model declined to answer")
    if reply.stop_reason == "max_tokens":
        raise Unusable("the answer was cut off at the largest number of tokens; think and write less")
    data = _json_in(reply.text)
    problem = _mismatch(data, SCHEMA, "the answer")
    if problem:
        raise Unusable(problem)
    merge = data["merge"]
    wanted = merge["wanted"] and n_functions > 1
    numbers = [data["selected"], *([merge["first"], merge["second"]] if wanted else [])]
    if any(not 0 <= n < n_functions for n in numbers):
        raise Unusable(f"functions are numbered 0 to {n_functions - 1}; the answer names {numbers}")
    if wanted and merge["first"] == merge["second"]:
        raise Unusable("a function cannot be merged with itself")
    return Judgement(
        selected=data["selected"],
        scores=data["scores"],
        advice=data["advice"],
        merge=(merge["first"], merge["second"], merge["how"]) if wanted else None,
        gate=data["gate"],
    )


def _json_in(text: str) -> Any:
    """The JSON object in an answer, alone or with words or a code fence around it."""
    start, end = text.find("{"), text.rfind("}")
    if start < 0 or end < start:
        raise Unusable("there was no JSON object in it")
    try:
        return json.loads(text[start : end + 1])
    except ValueError as e:
        raise Unusable(f"it is not valid JSON: {e}") from e


_TYPES: dict[str, Any] = {
    "object": (dict,), "array": (list,), "string": (str,), "integer": (int,), "number": (int, float),
    "boolean": (bool,),
}  # fmt: skip


def _mismatch(value: Any, schema: Mapping[str, Any], where: str) -> str:
    """How a value differs from a schema of the kind above; empty if it follows it."""
    kind: str = schema["type"]
    parts: list[tuple[str, Any, Any]] = []
    if value is None:
        nothing = {"object": " with all its parts (merge.wanted is false where nothing is to be merged)"}
        return f"{where} is null; it should be {kind}{nothing.get(kind, '')}"
    if not isinstance(value, _TYPES[kind]) or (isinstance(value, bool) and kind != "boolean"):
        return f"{where} should be {kind}, not {type(value).__name__}"
    if "enum" in schema and value not in schema["enum"]:
        return f"{where} should be one of {schema['enum']}, not {value!r}"
    if kind == "array":
        parts = [(f"{where}[{i}]", item, schema["items"]) for i, item in enumerate(value)]
    elif kind == "object":
        missing = [name for name in schema["required"] if name not in value]
        if missing:
            return f"{where} lacks {', '.join(missing)}"
        parts = [(f"{where}.{name}", value[name], part) for name, part in schema["properties"].items()]
    return next((found for w, v, s in parts if (found := _mismatch(v, s, w))), "")
