"""``+=`` changes a tensor under all its names in Python: a function for which that matters is refused, in every state."""

import pytest
import torch

from llm_credit.backend import BACKENDS
from llm_credit.compiler import compile_function
from llm_credit.errors import Refused
from llm_credit.igm import prove
from llm_credit.interpreter import Interpreter
from llm_credit.rehearsal import rehearse
from llm_credit.screen import screen
from llm_credit.states import draw_states

from .test_apart import BEFORE_THE_BODY, source_of

# ``r`` and ``v`` change something in one drawn state in 10^10 only: no probe would see what is done with them
START = "r = torch.where(rare, 1.0, 0.0)\nv = 1.0 - 2.0 * r\no = torch.zeros_like(x)\n"
SEEN_ELSEWHERE = {
    "another name": "a = one\nb = a\na *= v\nw = b",
    "another name, changed": "a = one\nb = a\nb *= v\nw = a",
    "the element of a list": "a = one\np = [a]\np[0] *= v\nw = a",
    "a list that is read": "a = one\np = [a, o]\na *= v\nw = p[0]",
    "a list that is stacked": "p = []\ns = o\nfor i in range(2):\n    s += v[:, 0:1]\n    p.append(s)\nw = torch.stack(p).sum(0)",
    "a loop over names": "a = one\nfor p in [a]:\n    p *= v\nw = a",
    "a helper": "def f(p):\n    p *= v\n    return p\na = one\nc = f(a)\nw = a + 0.0 * c",
    "parts": "a, b = one.unbind(1)\nk = a\nk *= v[:, 0]\nw = torch.stack([a, b], 1)",
    "a view": "a = one\nb = a[:, :1]\nb *= v\nw = a",
    "the base of a view": "a = one\nb = a[:, :1]\na *= v\nw = b.expand(-1, 2)",
    "transposed": "a = one.t()\nb = a.t()\na *= v.t()\nw = b",
    "contiguous": "a = torch.stack([v[:, 0], v[:, 0]]).t()\nc = a.contiguous()\nc += 2.0\nw = a + 0.0",
    "reshaped": "a = torch.stack([v[:, 0], v[:, 0]]).t()\nc = a.reshape(-1, 2)\nc += 2.0\nw = a + 0.0",
    "flattened": "a = one\nc = a.unsqueeze(2).flatten(1)\nc *= v\nw = a",
    "to what it is": "a = one\nc = a.to(torch.float32)\nc *= v\nw = a",
    "a part, assigned into": "a = torch.ones_like(x)\nb = a\na += r\nb[:, 0] = 2.0\nw = a",
    "in a loop": "base = one\nw = o\nfor i in range(2):\n    s = base\n    s += r\n    w = w + s",
}
CHANGES_THE_INPUT = {
    "a part": "a = state[:, 2:6:3]\na += r\nw = a",
    "all": "a = state\na += r\nw = one",
    "a part as it is": "a = state.float()\na *= v\nw = one",
    "in a list": "p = [state[:, 2:6:3]]\np[0] *= v\nw = one",
    "a part in another shape": "a = state[:, 0:6].reshape(-1, 2, 3)\na += 1.0\nw = a[:, :, 0]",
}
GOES = {
    "a sum": "w = o\nfor i in range(2):\n    w += x[:, i : i + 1]",
    "its own name": "w = one\nw *= v\nw += 1.0\nw /= 2.0",
    "a name that is not read again": "a = one\nw = a\nw *= v",
    "a name that gets another value": "a = one\nw = a\nw *= v\na = o\nw = w + a",
    "a copy": "a = one\nw = a.clone()\nw *= v\nw = w + a",
    "what was computed from it": "a = one\nb = a * 2.0\na *= v\nw = a + b",
    "an element of a list": "p = [one, o]\np[0] *= v\nw = p[0] + p[1]",
    "a list that grows": "p = []\nfor i in range(2):\n    s = x * 1.0\n    s += v\n    p.append(s)\nw = torch.stack(p).sum(0)",
    "a part of its own tensor": "a = torch.ones_like(x)\na[:, 0] += r[:, 0]\nw = a",
    "what is not taken": "w = one\nif state.dim() > 2:\n    w += 1.0\nw = w * 2.0",
    "either way": "w = one\nif state.dim() == 2:\n    w += v\nelse:\n    w -= v\nw = w * 2.0",
    "numbers": "k = 1\nj = k\nk += 1\nw = one * k * j",
    "a part of the input, computed": "a = state[:, 2:6:3] * 1.0\na += r\nw = a",
}


def rehearsed(body, task):
    rehearse(screen(source_of(START + body)), task)


@pytest.mark.parametrize("name", SEEN_ELSEWHERE)
def test_what_is_seen_under_another_name_is_refused(name, task):
    with pytest.raises(Refused, match=r"changes in place by [+*]=.* or use .clone"):
        rehearsed(SEEN_ELSEWHERE[name], task)


@pytest.mark.parametrize("name", CHANGES_THE_INPUT)
def test_the_input_is_not_changed_in_any_state(name, task):
    with pytest.raises(Refused, match="the input or a part of it"):
        rehearsed(CHANGES_THE_INPUT[name], task)


def test_the_reason_names_both_lines_and_what_to_write(task):
    with pytest.raises(Refused) as refusal:
        rehearsed("a = one\nb = a\na *= v\nw = b", task)
    first = BEFORE_THE_BODY + len(START.splitlines()) + 1
    assert refusal.value.line == first + 3
    assert f"b shares its memory with a, which line {first + 2} changes in place by *=" in refusal.value.reason
    assert "write a = a * ... there" in refusal.value.reason


@pytest.mark.parametrize("name", GOES)
def test_what_nobody_else_sees_goes_and_means_what_python_means(name, task):
    screened = screen(source_of(START + GOES[name]))
    rehearse(screened, task)
    states = draw_states(task, 50, seed=3)
    states[0, 12:16] = 1.0  # the rare state
    kept = states.clone()
    expected = Interpreter(screened)(states.clone())[0]
    for backend in BACKENDS.values():
        torch.testing.assert_close(backend(screened).credit_weights(states)[0], expected)
    assert torch.equal(states, kept)
    assert compile_function(screened)


@pytest.mark.parametrize("name", ["another name, changed", "the element of a list", "contiguous", "a view", "parts"])
def test_the_prover_does_not_lose_sight_of_a_second_name(name, task):
    """On its own, too: these weights are -1 in a rare state."""
    assert not prove(screen(source_of(START + SEEN_ELSEWHERE[name])), task).proved
