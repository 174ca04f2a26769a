"""Descriptions that contradict themselves are refused, with the part named."""

import json
from dataclasses import replace

import pytest

from llm_credit import Action, Agent, StateField, TaskDescription, TaskError

ONE = StateField("x", 0, count=2, per="agent")


def make(*fields, **more):
    values = {
        "name": "t", "family": "", "summary": "", "agents": (Agent("a"), Agent("b")), "actions": (Action("go"),),
        "state_fields": fields or (ONE,), "state_dim": 2, "obs_dim": 1, "reward": "", "return_low": 0.0,
        "return_high": 1.0, "episode_end": "", "episode_limit": 1,
    }  # fmt: skip
    return TaskDescription(**{**values, **more})


@pytest.mark.parametrize(
    ("fields", "more", "told"),
    [
        ((), {"version": 9}, "version 9"),
        ((), {"agents": ()}, "at least one agent"),
        ((), {"return_low": 2.0}, "return_low 2.0 is above"),
        ((), {"state_dim": 3}, r"state indices \[2\] belong to no"),
        ((), {"state_dim": 1}, "uses index 1"),
        ((ONE, replace(ONE, start=0)), {}, "two state fields are named 'x'"),
        ((ONE, replace(ONE, name="y")), {}, "belongs to both 'x' and 'y'"),
        ((replace(ONE, name="not a name"),), {}, "not an identifier"),
        ((replace(ONE, kind="complex"),), {}, "kind 'complex'"),
        ((replace(ONE, size=2),), {}, "stride at least size"),
        ((replace(ONE, count=1, size=2),), {}, "1 entities for 2 agents"),
        ((replace(ONE, low=2.0),), {}, "low 2.0 above high 1.0"),
        ((replace(ONE, absent=-1.0),), {}, r"absent value -1.0 is outside \[0.0, 1.0\]"),
    ],
)
def test_contradictions_are_refused(fields, more, told):
    with pytest.raises(TaskError, match=told):
        make(*fields, **more)


def test_fields_are_found_by_name_and_entity():
    task = make()
    assert task.field("x").slice_of(1) == slice(1, 2)
    with pytest.raises(IndexError, match="no entity 2"):
        task.field("x").slice_of(2)
    with pytest.raises(KeyError, match="no state field 'y'"):
        task.field("y")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda d: [], "must be a JSON object"),
        (lambda d: d | {"colour": 1}, r"unknown keys.*\['colour'\]"),
        (lambda d: {k: v for k, v in d.items() if k != "reward"}, "lacks something"),
        (lambda d: d | {"agents": [{"height": 1}]}, "wrong form"),
    ],
)
def test_json_that_is_no_description(change, told):
    data = json.loads(make().to_json())
    with pytest.raises(TaskError, match=told):
        TaskDescription.from_json(json.dumps(change(data)))


def test_the_text_gives_every_index():
    text = make(
        StateField("x", 0, size=2, kind="one_hot"), StateField("y", 2, count=2, per="food"), state_dim=4
    ).to_text()
    assert "x: state[:, 0 : 2]" in text
    assert "y: state[:, 2 + 1 * i] for food i in 0..1" in text
