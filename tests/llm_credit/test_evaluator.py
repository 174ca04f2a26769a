"""The evaluator's answers: what is read from them, and what is sent back when nothing can be."""

import json

import pytest

from llm_credit.coder import Unusable
from llm_credit.evaluator import judgement_in, numbers_text
from llm_credit.examine import Report
from llm_credit.llm import Reply

from .scripted import judgement


def changed(**parts):
    return json.dumps({**json.loads(judgement(0, n=2)), **parts})


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        (Reply("", stop_reason="refusal"), "declined"),
        (Reply("{", stop_reason="max_tokens"), "cut off"),
        (Reply("no"), "no JSON object"),
        (Reply("{'selected': 0}"), "not valid JSON"),
        (Reply("[1, 2]"), "no JSON object"),
        (Reply(changed(selected="first")), "answer.selected should be integer, not str"),
        (Reply(changed(selected=True)), "answer.selected should be integer, not bool"),
        (
            Reply(changed(merge=None)),
            "answer.merge is null; it should be object with all its parts (merge.wanted is false",
        ),
        (Reply(changed(advice=None)), "answer.advice is null; it should be string"),
        (Reply(changed(advice=3)), "answer.advice should be string"),
        (Reply(changed(gate={"monotonic": True, "form": "state", "phi": "cube", "reason": ""})), "one of ['clamp'"),
        (Reply(changed(scores=[{"function": 0}])), r"the answer.scores[0] lacks relevance"),
        (Reply(changed(merge={"wanted": True, "first": 0, "second": 9, "how": ""})), "numbered 0 to 1"),
    ],
)
def test_what_cannot_be_used_is_said(reply, told):
    with pytest.raises(Unusable) as e:
        judgement_in(reply, 2)
    assert told in str(e.value)


def test_words_around_the_object_do_no_harm():
    assert judgement_in(Reply(f"Sure:\n```json\n{judgement(1, n=2)}\n```\nDone."), 2).selected == 1


def test_a_merge_of_one_function_is_no_merge():
    assert judgement_in(Reply(changed(merge={"wanted": True, "first": 0, "second": 0, "how": ""})), 1).merge is None


def test_numbers_read_the_same_after_a_round_trip():
    """They stand in prompts: another order would be another question."""
    report = Report(True, numbers={"mean": 1.0, "max": 2.0, "sensitivity/b": 0.5, "sensitivity/a": 0.25}, igm="proved")
    again = Report.from_dict(json.loads(json.dumps(report.to_dict(), sort_keys=True)))
    assert numbers_text(report) == numbers_text(again)
    assert "a state with a negative weight: [1.0]" in numbers_text(Report(True, counterexample=[1.0]))
