"""What is refused before a compiled function runs for the first time: it would end, fill or stop the process."""

import pytest
import torch

from llm_credit import TFCAFSettings, build_tfcaf, check_source, compile_source
from llm_credit.errors import CreditError, Refused
from llm_credit.rehearsal import rehearse
from llm_credit.screen import screen
from llm_credit.states import draw_states


def weights(body, result="w, torch.zeros_like(w[:, :1])"):
    lines = "\n".join("    " + line for line in body.strip().splitlines())
    return f"def credit_weights(state):\n{lines}\n    return {result}\n"


ONES = "w = torch.ones(state.shape[0], 2)"
DOUBLING = "for i in range(40):\n    x = {}\nw = torch.ones(state.shape[0], 2) + 0.0 * len(x)"
HOSTILE = {
    "list doubled where nothing goes": f"if state.dim() == 5:\n    x = [1]\n    for i in range(40):\n        x = x + x\n{ONES}",
    "list times number": f"x = [0.0] * 1000000 * 100000\n{ONES} * len(x)",
    "list doubled": "x = [0.0]\n" + DOUBLING.format("x + x"),
    "tensor doubled": "x = state\nfor i in range(40):\n    x = torch.cat([x, x], dim=1)\nw = x[:, :2]",
    "rows doubled": "x = state\nfor i in range(40):\n    x = torch.cat([x, x], dim=0)\nw = x[:, :2]",
    "broadcast": "x = state\nfor i in range(4):\n    x = (x.unsqueeze(1) * x.unsqueeze(2)).flatten(1)\nw = x[:, :2]",
    "size from rows": f"x = torch.zeros(state.shape[0] * 1000000, 100)\n{ONES} + x.sum()",
    "size from shape": f"k = 1000 * state.shape[1]\nx = torch.zeros(k, k, 100)\n{ONES} + x.sum()",
    "size from a float": f"x = torch.arange(1e11)\n{ONES} + x.sum()",
    "all pairs of rows and more": f"x = torch.zeros(state.shape[0], state.shape[0], 1000 * state.shape[1])\n{ONES} + x.sum()",
    "large product": f"x = torch.einsum('a,b,c,d,e,f->', {', '.join(['torch.ones(900)'] * 6)})\n{ONES} * x",
    "tiny work, ten thousand times": f"{ONES}\nfor i in range(10000):\n    w = torch.tanh(w + 0.1)",
    "long work": "x = state\nfor i in range(9000):\n    x = torch.sin(x) + torch.cos(x) * torch.exp(-x * x)\nw = x[:, :2]",
    "whole numbers without end": f"n = 9\nfor i in range(9000):\n    n = n * n\n{ONES} * n",
    "mean over states": f"{ONES} + state.mean()",
    "mean over states, well hidden": f"{ONES} + torch.where(state[:, :1] > 5.5, state[:, 1:2].mean(dim=0), 0.0)",
    "one state for all": f"{ONES} + state[0]",
    "shifted states": f"x = torch.roll(state, 1, 0)\n{ONES} + torch.where(state[:, :2] > 5.5, x[:, :2], 0.0 * x[:, :2])",
    "turned states": f"x = state.flip(0)\n{ONES} + 0.0 * x[:, :2]",
    "sums over states": f"{ONES} + 0.0 * torch.cumsum(state[:, :2], dim=0)",
    "number of states decides": f"if state.shape[0] == 1600:\n    x = 1.0\nelse:\n    x = 2.0\n{ONES} * x",
    "number of states counts": f"{ONES} / state.shape[0]",
    "number of states in a tensor": f"{ONES} + torch.tensor(state.shape[0])",
    "or of numbers": f"n = 3 and 5\n{ONES} * n",
    "view of the state changed": "w = state[:, :2]\nw += 1.0",
    "selection by a mask": f"x = state[state > 1.0]\n{ONES} + 0.0 * x.sum()",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_refused_before_it_runs(task, name):
    report = check_source(weights(HOSTILE[name]), task)
    assert not report.accepted
    assert report.stage == "probe", report


@pytest.mark.parametrize(
    "line",
    [
        "m = 5 % n",
        "m = 5 // n",
        "m = 7\nm %= n",
        "m = 7\nm //= n - n",
        "m = 524288 * 524288 * 524288 * 64 // -1",
        "m = 5 % len([])",
        "m = torch.remainder(5, n)",
        "if False:\n    m = 5 % n",
    ],
)
def test_divisions_that_end_the_process_never_reach_the_compiler(task, line):
    report = check_source(weights(f"n = 0\n{line}\n{ONES}"), task)
    assert (report.accepted, report.stage) == (False, "screen")


@pytest.mark.parametrize(
    "body",
    [
        "if state.sum() > 0:\n    w = state[:, :2] + 2.0\nelse:\n    w = state[:, :2] + 3.0",
        "k = int(state[0, 0])\nw = torch.ones(state.shape[0], 2) * k",
        "w = torch.ones(state.shape[0], 2) * float(state.sum())",
    ],
)
def test_a_tensors_value_never_becomes_a_plain_number(task, body):
    report = check_source(weights(body), task)
    assert (report.accepted, report.stage) == (False, "graph")
    assert report.line == 2  # of the source, not of what is compiled


def test_nested_softplus_does_not_grow_the_text(task):
    nested = "F.softplus(" * 40 + "state[:, :2]" + ")" * 40
    assert compile_source(weights(f"w = {nested}"), task).report.accepted


def test_loops_one_after_the_other_count_together(task):
    loop = "for i in range(9000):\n    x = 1\n"
    assert check_source(weights(loop + ONES), task).accepted
    report = check_source(weights(loop * 2 + ONES), task)
    assert (report.stage, report.line) == ("screen", 4)


def test_an_equation_is_the_only_text_and_no_place_for_anything_else(task):
    report = check_source(weights("w = torch.einsum('ni...->n...', state)"), task)
    assert (report.stage, report.line) == ("screen", 2)


def test_tensors_are_made_where_the_state_is(task):
    """The meta device stands for any other device: a tensor made on the CPU could not meet it."""
    body = "n = state.shape[0]\nw = torch.ones(n, 2) + torch.arange(2) * torch.tensor([0.1, 0.2]) + torch.eye(2)[0]"
    tfcaf = compile_source(weights(body, "w, torch.zeros(n, 1)"), task)
    state = draw_states(task, 5)
    assert tfcaf(torch.zeros(5, 2, device="meta"), state.to("meta")).device.type == "meta"
    torch.testing.assert_close(tfcaf.credit_weights(state)[0], torch.tensor([[2.0, 1.2]]).expand(5, 2))


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_gpu_gives_the_same_credits(task):
    tfcaf = compile_source(weights(f"{ONES} + torch.softmax(state[:, 12:14], dim=1)"), task)
    state = draw_states(task, 50)
    torch.testing.assert_close(tfcaf.credit_weights(state.cuda())[0].cpu(), tfcaf.credit_weights(state)[0])


def test_settings_refuse_wrong_types_and_ranges():
    for values, expected in (
        ({"check_states": "many"}, "a whole number"),
        ({"check_states": 1}, "at least 16"),
        ({"igm": "maybe"}, "one of enforce, relax"),
        ({"file": 3}, "text"),
        ({"max_usd": float("nan")}, "a finite number"),
        ({"max_usd": float("inf")}, "a finite number"),
        ({"jail_seconds": float("nan")}, "a finite number"),
        ({"timeout": float("nan")}, "a finite number"),
    ):
        with pytest.raises(CreditError, match=expected):
            TFCAFSettings.from_mapping(values)


def test_the_hash_is_the_sources(task):
    a = build_tfcaf(task, TFCAFSettings(builtin="uniform"))
    assert len(a.source_hash) == 64
    assert a.source_hash == a.record()["sha256"]
    assert a.source_hash != compile_source(weights(ONES), task).source_hash


@pytest.mark.parametrize(
    ("distances", "words"),
    [
        ("torch.cdist(a[:, :, :1], a)", "cdist of points with 1 and 3 coordinates"),
        ("torch.cdist(a, a[:, :, :2])", "cdist of points with 3 and 2 coordinates"),
        ("torch.cdist(a.long(), a)", "cdist takes tensors of float32"),
        ("torch.cdist(a, a.long())", "cdist takes tensors of float32"),
        ("torch.norm(a.bool(), dim=-1, keepdim=True)", "norm takes tensors of float32"),
        ("torch.linalg.norm(a.long(), ord=1, dim=-1, keepdim=True)", "norm takes tensors of float32"),
        ("a.long().norm(dim=-1)", "norm takes tensors of float32"),
        ("F.normalize(a.long(), dim=-1)", "norm takes tensors of float32"),
        ("F.leaky_relu(a.long(), 0.1)", "leaky_relu takes tensors of float32"),
    ],
)
def test_distances_ask_for_what_torch_asks_for(task, distances, words):
    body = f"    a = state[:, 0:6].view(-1, 2, 3)\n    w = {distances}.sum(dim=2)\n    return w, w[:, :1]\n"
    with pytest.raises(Refused, match=words) as refusal:
        rehearse(screen(f"def credit_weights(state):\n{body}"), task)
    assert refusal.value.line == 3


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("assert state.shape[1] == 999", "what is asserted here does not hold"),
        ("if state.shape[1] != 999: raise ValueError('shape')", "what is asserted here does not hold"),
        ("assert state.shape[0] > 1", "number of states"),
        ("assert (state > -100).all()", "mixes states"),
        ("assert torch.ones(2).sum() > 0", "a tensor must not decide"),
        ("if torch.isnan(state).any(): raise ValueError('nan')", "mixes states"),
        ("if state.dim() == 2: assert state.dim() == 1", "what is asserted here does not hold"),
    ],
)
def test_what_is_asserted_holds_for_every_call(task, line, words):
    source = f"def credit_weights(state):\n    w = state[:, :2]\n    {line}\n    return w, w[:, :1]\n"
    with pytest.raises(Refused, match=words) as refusal:
        rehearse(screen(source), task)
    assert (refusal.value.stage, refusal.value.line) == ("probe", 3)


def test_what_is_asserted_where_nothing_runs_is_not_asked(task):
    line = "    if state.dim() == 1:\n        assert state.dim() == 1\n        w = w + {}\n"
    source = "def credit_weights(state):\n    w = state[:, :2]\n" + line + "    return w, w[:, :1]\n"
    rehearse(screen(source.format("1.0")), task)
    with pytest.raises(Refused, match="too large"):  # what follows it is looked at as before
        rehearse(screen(source.format("torch.zeros(9000, 9000).sum()")), task)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (
            "F.leaky_relu(x, negative_slope=0.1)",
            "F.leaky_relu is not allowed with these arguments; write F.leaky_relu(x, 0.1)",
        ),
        ("torch.cdist(x1=x, x2=x)", "torch.cdist is not allowed with these arguments; write torch.cdist(a, b, p=2.0)"),
    ],
)
def test_a_function_that_is_called_another_way_is_told_how(call, words):
    with pytest.raises(Refused) as refusal:
        screen(f"def credit_weights(state):\n    x = state[:, :2]\n    w = {call}\n    return w, x[:, :1]\n")
    assert words in refusal.value.reason
