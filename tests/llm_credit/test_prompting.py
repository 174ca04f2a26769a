"""The prompts say exactly what the screen allows, and of the task what the format promises."""

import re
from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F

from llm_credit import allowlist as allow
from llm_credit import check_source
from llm_credit.describe_task import FORMATS, describe
from llm_credit.errors import Refused
from llm_credit.numbers_meaning import MEANINGS
from llm_credit.prompting import coder_system, evaluator_system, fill, version
from llm_credit.screen import screen
from llm_credit.settings import TFCAFSettings
from llm_credit.task import TaskDescription

SETTINGS = TFCAFSettings()


def listed(prompt, after):
    return set(re.search(rf"^- {re.escape(after)}: (.*)$", prompt, re.MULTILINE)[1].split())


def passes(body):
    try:
        screen(f"def credit_weights(state):\n{body}\n    return x, x\n")
    except Refused:
        return False
    return True


# Names that stand for others need the arguments that say which
CALLS = {"norm": "(state, dim=1)", "cdist": "(state, state)", "finfo": "(torch.float32).eps", "normalize": "(state)"}
METHOD_CALLS = {"norm": "(dim=1)", "type_as": "(state)", "type": "(torch.float32)", "new_full": "((2,), 1.0)",
                "new_tensor": "([1.0])"}  # fmt: skip


def test_every_listed_name_passes_the_screen_and_no_other_does(task):
    prompt = coder_system(task, SETTINGS, "credit_weights")
    functions, methods = listed(prompt, "torch functions"), listed(prompt, "tensor methods")
    assert functions > allow.TORCH
    assert methods > allow.METHODS
    for name in {n for n in dir(torch) if callable(getattr(torch, n))} | functions:
        if not name.startswith("_"):
            assert passes(f"    x = torch.{name}{CALLS.get(name, '(state)')}") == (name in functions), name
    for name in {n for n in dir(torch.Tensor) if callable(getattr(torch.Tensor, n, None))} | methods:
        if not name.startswith("_"):
            assert passes(f"    x = state.{name}{METHOD_CALLS.get(name, '()')}") == (name in methods), name
    for name in {n for n in dir(F) if callable(getattr(F, n))}:
        if not name.startswith("_"):
            assert passes(f"    x = F.{name}(state)") == (name in listed(prompt, "torch.nn.functional as F")), name
    for name in listed(prompt, "keyword arguments"):
        assert passes(f"    x = state.sum({name}=1)"), name
    assert not passes("    x = state.sum(out=1)")


RULES = {
    "small helpers are fine": (
        "    def f(v, k=2.0):\n        return v * k\n    g = lambda v: f(v) + 1.0\n    x = g(state)",
        "    f = lambda v: v\n    x = state",
    ),
    "must not call itself": ("    f = lambda v: v\n    x = f(state)", "    f = lambda v: f(v)\n    x = f(state)"),
    "define helpers of its own": (
        "    f = lambda v: v\n    def g(v):\n        return f(v)\n    x = g(state)",
        "    def g(v):\n        def f(u):\n            return u\n        return f(v)\n    x = g(state)",
    ),
    "unpacking, several names, augmented, walrus": (
        "    a, b = state, state\n    c = d = a\n    c += 1.0\n    x = (e := c) + e + b + d",
        "    x = state\n    del x\n    x = state",
    ),
    "A `try` runs its body only": (
        "    try:\n        x = state\n    except ValueError:\n        x = state + 1.0",
        "    try:\n        x = state\n    except ValueError as e:\n        x = e",
    ),
    "No while": ("    for i in range(3):\n        x = state", "    while True:\n        x = state"),
    "with": ("    x = state", "    with torch.no_grad():\n        x = state"),
    "An `assert`, or an `if` that does nothing but raise": (
        "    x = state\n    assert x.dim() == 2, f'{x.dim()} dims'\n    if x.shape[1] < 2:\n        raise ValueError('too few')",
        "    x = state\n    if x.shape[1] < 2:\n        x = x + 1.0\n        raise ValueError('too few')",
    ),
    "print": ("    x = state", "    print(state)\n    x = state"),
    "no string but a docstring": ("    'a docstring'\n    x = state", "    y = f'{state}'\n    x = state"),
    "dictionary": ("    y = [1.0]\n    x = state", "    y = {1: 1.0}\n    x = state"),
    "also by zip(), enumerate(), reversed()": (
        "    x = state\n    for a, b in zip([1.0, 2.0], (3.0, 4.0)):\n        x = x * a + b\n"
        "    for i, k in enumerate(reversed(range(3))):\n        x = x + i * k",
        "    x = state\n    for v in state.unbind(1):\n        x = x + v",
    ),
    "List comprehensions, and sum()": (
        "    x = sum(state * k for k in range(3)) + torch.stack([state[:, i] for i in range(2)], dim=1)",
        "    x = sum(state * k for k in range(3) if state[0, k] > 1)",
    ),
    "their conditions are settled by whole numbers": (
        "    x = sum(state * k for k in range(3) if k != 1)",
        "    x = sum(state * k for k in range(3) if k < state.dim())",
    ),
    "numbers: torch.e torch.pi": ("    x = state * torch.pi", "    x = state * torch.inf"),
    "// %": ("    x = state % 3 + state // 2", "    x = state % state"),
    "not of an unknown range": (
        "    n = 3\n    for i in range(n - 1):\n        x = state",
        "    for i in range(state.shape[1]):\n        x = state",
    ),
    "no name begins with an underscore but `_` itself": ("    _, x = state, state", "    _y = state\n    x = _y"),
    "keep their names": ("    state = state + 1.0\n    x = state", "    max = state\n    x = max"),
    "At most 20,000 characters": ("    x = state", "    x = state" + " " * 20_000),
    "Whole numbers up to a million": ("    x = state + 1000000", "    x = state + 1000001"),
    "no powers of whole numbers": ("    x = state ** 2", "    x = state + 2 ** 3"),
    "Written out (helpers, comprehensions, loops over lists)": (
        "    x = sum(state * k for k in range(300))",
        "    x = sum(state * k for k in range(3000))",
    ),
    "a walrus that may not run": (
        "    n = 2\n    x = state * (k := 3) + k",
        "    n = 2\n    x = state + (n > 1 and (k := 3) > 1) * 1.0",
    ),
    "changes a name its line reads before": (
        "    k = 2\n    x = state * (j := 3) + k + j",
        "    k = 2\n    x = state * k + (k := 3)",
    ),
    "+= on a list that has a second name": (
        "    a = [state]\n    a += [state]\n    x = a[1]",
        "    a = [state]\n    b = a\n    a += [state]\n    x = b[0]",
    ),
    "in a `try` with a `finally`": (
        "    for i in range(3):\n        try:\n            x = state\n        finally:\n            y = state",
        "    for i in range(3):\n        try:\n            x = state\n            break\n        finally:\n            y = state",
    ),
    "a comprehension, or a loop over a list, that never runs": (
        "    x = state\n    for i in [2.0]:\n        x = x * i",
        "    x = state\n    for i in []:\n        x = x * i",
    ),
    ".append() anywhere but on a line of its own": (
        "    a = [state]\n    a.append(state)\n    x = a[0]",
        "    a = [state]\n    x = state if a.append(state) else state",
    ),
    "no literal tensor size over": ("    x = torch.zeros(10000)", "    x = torch.zeros(10001)"),
}


# Not said in these words
FOLLOWS_FROM_OTHERS = {"not of an unknown range"}


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_of_the_prompt_is_the_screens(task, rule):
    allowed, refused = RULES[rule]
    prompt = coder_system(task, SETTINGS, "credit_weights")
    assert rule in prompt or rule in FOLLOWS_FROM_OTHERS
    assert passes(allowed)
    assert not passes(refused)


GROWS = "w = torch.zeros_like(row)\n    for i in range(2):\n        w += row[:, i : i + 1]"
OF_THE_MEMORY = {  # what the prompt says of x += y is decided where shapes are known, not by the screen
    "write into x's memory": (GROWS, "w = torch.ones_like(row)\n    state += 1.0"),
    "the state's or a part of the state": (GROWS, "w = row\n    w += 1.0"),
    "a second name": ("w = torch.ones_like(row)\n    w += row", "a = torch.ones_like(row)\n    w = a\n    a += row"),
    "a view": (
        "w = torch.ones_like(row)\n    w = w[:, :2] + row",
        "w = torch.ones_like(row)\n    v = w[:, :1]\n    v += row[:, :1]\n    w = w * 1.0",
    ),
    "an element of a list": (
        "p = [row * 1.0, row]\n    p[0] += row\n    w = p[0]",
        "w = torch.ones_like(row)\n    p = [w]\n    p[0] += row",
    ),
    "elsewhere write x = x + y": ("w = row\n    w = w + 1.0", "w = row\n    w += 1.0"),
}


@pytest.mark.parametrize("rule", OF_THE_MEMORY)
def test_what_the_prompt_says_of_changes_in_place(task, rule):
    assert rule in coder_system(task, SETTINGS, "credit_weights")
    for body, accepted in zip(OF_THE_MEMORY[rule], (True, False), strict=True):
        source = f"def credit_weights(state):\n    row = state[:, 0:6:3]\n    {body}\n    return w, torch.zeros(state.shape[0], 1)\n"
        assert check_source(source, task, TFCAFSettings(check_states=64)).accepted == accepted


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


def test_the_evaluator_is_told_what_every_number_means(task):
    assert set(MEANINGS) <= set(re.findall(r"(\w+)[,:]", evaluator_system(task, SETTINGS, False)))


def test_the_version_holds_a_hash_of_every_text():
    assert re.fullmatch(r"\d+-[0-9a-f]{12}", version())
