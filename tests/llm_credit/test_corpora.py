"""The corpora: sound functions in many styles are accepted and equal Python, hostile ones are refused at their stage."""

import __future__

import pytest
import torch

from llm_credit import TFCAFSettings, check_source
from llm_credit.backend import BACKENDS
from llm_credit.errors import Refused
from llm_credit.examine import examine
from llm_credit.screen import screen
from llm_credit.states import corner_states, draw_actions, draw_states

from .benign import BENIGN
from .hostile import HOSTILE

FEW = TFCAFSettings(check_states=64)
STATIC = {name: case for name, case in HOSTILE.items() if case[0] in ("text", "screen")}
DYNAMIC = {name: case for name, case in HOSTILE.items() if name not in STATIC}


def python(source):
    """The function as Python runs it: only for sources of this project's own."""
    scope = {
        "torch": torch,
        "F": torch.nn.functional,
        "Tuple": tuple,
        "List": list,
        "Tensor": torch.Tensor,
    }
    exec(compile(source, "<corpus>", "exec", __future__.annotations.compiler_flag), scope)
    return next(scope[form] for form in ("credit_weights", "QLLMNetwork", "credit_advantages") if form in scope)


def arguments(form, task, states):
    if form == "credit_weights":
        return [states]
    if form == "QLLMNetwork":
        return [torch.randn(len(states), task.n_agents, generator=torch.Generator().manual_seed(3)), states]
    return [states, draw_actions(task, len(states), seed=3)]


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", BENIGN)
def test_sound_functions_are_accepted_and_equal_python(task, name, backend):
    function = examine(BENIGN[name], task, TFCAFSettings(check_states=64, backend=backend))
    given = arguments(function.form, task, torch.cat([draw_states(task, 200, seed=4), corner_states(task)]))
    expected = python(BENIGN[name])(*[a.clone() for a in given])
    received = getattr(function.program, function.form)(*given)
    for e, r in zip(*[v if isinstance(v, tuple) else (v,) for v in (expected, received)], strict=True):
        torch.testing.assert_close(r, e, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", STATIC)
def test_what_can_be_seen_in_the_text_is_refused_before_anything_runs(name):
    stage, source = STATIC[name]
    with pytest.raises(Refused) as refusal:
        screen(source)
    assert refusal.value.stage == stage
    assert refusal.value.reason


@pytest.mark.parametrize("name", DYNAMIC)
def test_the_rest_is_refused_in_the_jail(task, name):
    stage, source = DYNAMIC[name]
    report = check_source(source, task, FEW)
    assert (report.accepted, report.stage) == (False, stage), report
    assert report.reason


# Python runs these: only TorchScript wants one type for each name and each list
UNTYPED = {"shapes: a list", "compiler: type that changes", "compiler: mixed list", "compiler: tuple by a variable"}


@pytest.mark.parametrize("name", sorted(set(DYNAMIC) - UNTYPED))
def test_the_interpreter_refuses_it_too(task, name):
    """Where the compiler would, at the first stage that the interpreter has."""
    with pytest.raises(Refused):
        examine(DYNAMIC[name][1], task, TFCAFSettings(check_states=64, backend="interpreter"))


def test_the_corpora_are_as_large_as_the_documents_say():
    assert len(BENIGN) >= 50
    assert len(HOSTILE) >= 150
