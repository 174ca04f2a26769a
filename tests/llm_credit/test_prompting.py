"""The prompts say exactly what the screen allows, and of the task what the format promises."""

import re
from dataclasses import replace

import pytest

from llm_credit import allowlist as allow
from llm_credit.aliases import SAME
from llm_credit.describe_task import FORMATS, describe
from llm_credit.errors import Refused
from llm_credit.prompting import coder_system, evaluator_system, fill, version
from llm_credit.screen import screen
from llm_credit.settings import TFCAFSettings
from llm_credit.task import TaskDescription

SETTINGS = TFCAFSettings()


def listed(prompt, after):
    return set(re.search(rf"^- {re.escape(after)}: (.*)$", prompt, re.MULTILINE)[1].split())


def test_every_listed_name_passes_the_screen_and_no_other_does_but_those_said_to(task):
    prompt = coder_system(task, SETTINGS, "credit_weights")
    functions, methods = listed(prompt, "torch functions"), listed(prompt, "tensor methods")
    assert (functions, methods) == (allow.TORCH, allow.METHODS)

    def passes(call):
        try:
            screen(f"def credit_weights(state):\n    x = {call}\n    return x, x\n")
        except Refused:
            return False
        return True

    import torch

    also = allow.ALSO | set(SAME) | {"hstack", "count_nonzero", "detach"}  # accepted, though no prompt names them
    for name in dir(torch):
        if not name.startswith("_") and callable(getattr(torch, name)):
            assert passes(f"torch.{name}(state)") == (name in functions | (also - {"detach"})), name
    for name in dir(torch.Tensor):
        if not name.startswith("_") and callable(getattr(torch.Tensor, name, None)):
            assert passes(f"state.{name}()") == (name in methods | (also - {"hstack", "count_nonzero"})), name


@pytest.mark.parametrize("form", ["credit_weights", "credit_advantages"])
def test_the_form_has_the_tasks_sizes(task, form):
    prompt = coder_system(task, SETTINGS, form)
    assert f"def {form}(state" in prompt
    assert "[N, 16]" in prompt
    assert "$" not in prompt


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_names_every_field(task, name):
    text = describe(task, name)
    assert all(f.name in text for f in task.state_fields)
    for prompt in (coder_system(task, replace(SETTINGS, description=name), "credit_weights"),
                   evaluator_system(task, replace(SETTINGS, description=name), False)):  # fmt: skip
        assert text.strip() in prompt


def test_what_the_formats_hold_back(task):
    assert "integer, 0 to 6" in describe(task, "full")
    assert "integer, 0 to 6" not in describe(task, "prose")
    assert task.summary in describe(task, "prose")
    assert task.summary not in describe(task, "minimal")
    assert TaskDescription.from_json(describe(task, "schema")) == task


def test_a_missing_name_is_an_error_and_nothing_is_sent_half():
    with pytest.raises(KeyError):
        fill("coder_repair", source="x")


def test_the_advantage_form_is_offered_only_where_it_has_a_place(task):
    assert "advantage form" in evaluator_system(task, SETTINGS, True)
    assert "advantage form" not in evaluator_system(task, SETTINGS, False)


def test_the_version_holds_a_hash_of_every_text():
    assert re.fullmatch(r"\d+-[0-9a-f]{12}", version())


def test_the_shipped_searches_were_made_with_these_prompts():
    """Else `llm.source=archive` would no longer find them: a changed prompt is another question."""
    from llm_credit.archive import Archive

    assert {e.json("question.json")["prompts"] for e in Archive("nowhere").entries()} == {version()}
