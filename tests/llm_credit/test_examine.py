"""The stages in this process, one function each that only this stage can refuse, with its line."""

import pytest
import torch

from llm_credit import Refused, TFCAFSettings
from llm_credit.errors import CreditError
from llm_credit.examine import examine
from llm_credit.probe import _check_rows

W = "    return w, torch.zeros_like(w[:, :1])\n"
ONES = "    w = torch.ones(state.shape[0], 2)\n"
REFUSED = {
    "keyword": ("    w = torch.sum(state, out=state)\n" + W, "screen", 2, "keyword argument out"),
    "a function as a value": ("    f = torch.sum\n" + ONES + W, "screen", 2, "not allowed as a value"),
    "attribute": ("    w = state.grad\n" + W, "screen", 2, "allowed are"),
    "range as a value": ("    r = range(3)\n" + ONES + W, "screen", 2, "only stand in a for loop"),
    "called result": ("    w = torch.sum(state)(1)\n" + W, "screen", 2, "only named functions"),
    "step 0": ("    for i in range(0, 3, 0):\n        pass\n" + ONES + W, "screen", 2, "step"),
    "two loop variables": ("    for i, j in range(3):\n        pass\n" + ONES + W, "screen", 2, "one variable"),
    "two targets": ("    a[0] = b = 1\n" + ONES + W, "screen", 2, "one thing at a time"),
    "declaration": ("    a: int\n" + ONES + W, "screen", 2, "needs a value"),
    "infinite": (ONES + "    w = w * 1e999\n" + W, "screen", 3, "finite"),
    "nothing returned": ("    return\n", "compile", 2, "needs a value"),
    "two types": ("    if state.shape[1] == 3:\n        w = state\n    else:\n        w = 1\n" + W, "compile", None, ""),
    "wrong type": ("    w = torch.ones(state.shape[0], 2, dtype=torch.int64)\n    return w, w[:, :1]\n", "probe", None, "float32"),
    "wrong shape": ("    w = state[:, :3]\n" + W, "probe", None, "w should be"),
    "used before": ("    w = x\n    x = state[:, :2]\n" + W, "compile", 2, ""),
    "too many": ("    a, b, c = torch.ones(state.shape[0], 2).chunk(2, dim=1)\n" + ONES + W, "probe", None, ""),
    "no return": ("    w = state[:, :2]\n", "compile", None, ""),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_each_stage_says_what_and_where(task, name):
    body, stage, line, told = REFUSED[name]
    with pytest.raises(Refused) as e:
        examine(f"def credit_weights(state):\n{body}", task, TFCAFSettings(check_states=64))
    assert e.value.stage == stage, e.value
    assert told in e.value.reason
    assert line is None or e.value.line == line
    assert e.value.reason.strip() == e.value.reason != ""


@pytest.mark.parametrize(
    "body",
    [
        "    if state.sum() > 0:\n        k = 1.0\n    else:\n        k = 2.0\n    w = state[:, :2] * k\n" + W,
        ONES + "    w = w * int(state[0, 0])\n" + W,
    ],
)
def test_a_tensor_that_becomes_a_number_is_refused_with_its_line(task, body):
    with pytest.raises(Refused) as e:
        examine(f"def credit_weights(state):\n{body}", task, TFCAFSettings())
    assert (e.value.stage, e.value.line) == ("graph", 2 if "if" in body else 3)


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda s: (s.mul_(2)[:, :2].clone(),), "changes its input"),
        (lambda s: (torch.rand(len(s), 2),), "another answer the second time"),
        (lambda s: (s[:, :2] - s[:, :2].mean(dim=0),), "depend on the other states"),
    ],
)
def test_rows_are_watched_even_where_the_analysis_before_saw_nothing(call, told):
    """Second nets behind the interpreter's checks: given functions that those would have refused."""
    states = torch.rand(20, 4)
    with pytest.raises(Refused, match=told):
        _check_rows(call, states, call(states.clone())[0])


def test_a_bias_that_is_on_must_stay_within_the_returns(task):
    source = "def credit_weights(state):\n    w = torch.ones(state.shape[0], 2)\n    return w, {} * state[:, :1]\n"
    on = TFCAFSettings(bias="on", check_states=64)
    assert examine(source.format(0.1), task, on).report.accepted  # rows 0 to 6: at most 0.6, returns 0 to 2
    with pytest.raises(Refused, match="more than the range of returns"):
        examine(source.format(5.0), task, on)


def test_relax_says_what_was_seen(task):
    source = "def credit_weights(state):\n    w = state[:, 0:6:3] - {}\n    return w, torch.zeros_like(w[:, :1])\n"
    relax = TFCAFSettings(igm="relax", check_states=256)
    assert examine(source.format("1.0"), task, relax).report.igm == "violated"
    assert examine(source.format("0.0"), task, relax).report.igm == "proved"
    root = "def credit_weights(state):\n    w = torch.sin(state[:, 0:6:3] / 6.0 + 0.1)\n    return w, w[:, :1] * 0.0\n"
    assert examine(root, task, relax).report.igm in ("sampled", "proved")


def test_settings_that_do_not_exist_are_no_refusal(task):
    from llm_credit import compile_source

    with pytest.raises(CreditError, match="phi='cube' must be one of"):
        compile_source("", task, phi="cube")


def test_each_form_is_measured_on_episodes(task):
    """In this process; in the jail see test_numbers."""
    from llm_credit.episodes import Episodes
    from llm_credit.states import draw_states

    states = draw_states(task, 40).tolist()
    actions = [[k % 2, 1] for k in range(40)]
    episodes = Episodes.from_list(
        [{"states": states, "actions": actions, "rewards": [float(k % 2) for k in range(40)]}], task
    )
    weights = "def credit_weights(state):\n    w = 1.0 + state[:, 0:6:3]\n    return w, w[:, :1] * 0.0\n"
    lam = "def credit_advantages(state, actions_onehot):\n    return 0.5 + actions_onehot[:, :, 1]\n"
    for source in (weights, lam):
        numbers = examine(source, task, TFCAFSettings(check_states=32), episodes=episodes).report.numbers
        assert -1.0 <= numbers["return_correlation/agent_0"] <= 1.0
    assert numbers["return_correlation/agent_1"] == 0.0  # it always did the same: no effect to correlate with


def test_what_is_no_pair_of_tensors_is_refused(task):
    from llm_credit.probe import _check_part

    with pytest.raises(Refused, match="should be a tensor"):
        _check_part("w", 3.0, 1, 2)
