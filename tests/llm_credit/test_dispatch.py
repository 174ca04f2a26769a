"""The list of operators at dispatch: sound functions keep to it, and what slipped past the other lists is refused.

Legend: N rows, A agents.
"""

import pytest
import torch

from llm_credit import Refused, TFCAFSettings
from llm_credit.backend import BACKENDS
from llm_credit.compiler import _check_graph, compile_function
from llm_credit.dispatch import OnlyListed, watch
from llm_credit.emit import emit
from llm_credit.examine import examine
from llm_credit.screen import screen
from llm_credit.states import draw_states
from llm_credit.tfcaf import TFCAF

from .benign import BENIGN
from .test_meaning import CALLS, HEAD, STATEMENTS

FEW = TFCAFSettings(check_states=32)
UNIFORM = "def credit_weights(state):\n    w = torch.ones(state.shape[0], 2)\n    return w, w[:, :1]\n"
# Other kernels than those of the calls and statements of test_meaning: products of vectors, whole tensors, scalars
CORNERS = {
    "matrix and vector": "x @ torch.ones(2)",
    "vectors": "x * torch.matmul(torch.ones(3), torch.ones(3))",
    "product and sum": "x @ torch.ones(2, 2) + y",
    "sum of products": "torch.einsum('ni,ij->nj', x, torch.ones(2, 2)) + y @ torch.ones(2, 2)",
    "batches of products": "x.unsqueeze(1).expand(-1, 3, 2) @ torch.ones(2, 2)",
    "rest and whole part": "x % 3 + x // 2",
    "powers": "z ** y + 2.0 ** x",
    "limits that are tensors": "x.clamp(y, y + 1.0)",
    "numbers of where": "torch.where(m, 1.0, 0.5) * x",
    "truth and a constant": "(m | (y > 0.0)).float()",
    "constants alone": "x * torch.ones(4).max() + torch.ones(4).std() + torch.ones(3).sum()",
    "order of memory": "x.t().contiguous().t().reshape(-1).reshape(-1, 2)",
}


def function_of(body):
    return f"{HEAD}    v = {body}\n    return x + 0.0, v\n"


CASES = {name: function_of(call) for name, call in (CALLS | CORNERS).items()} | {
    f"statement: {name}": HEAD + "".join(f"    {line}\n" for line in body.splitlines()) + "    return w, w[:, :1]\n"
    for name, body in STATEMENTS.items()
}


@pytest.mark.parametrize("backend", [pytest.param("torchscript", marks=pytest.mark.slow), "interpreter"])
def test_whatever_may_be_written_runs_listed_operators_only(task, backend):
    refused = {}
    for name, source in CASES.items():
        program = BACKENDS[backend](screen(source))
        states = draw_states(task, 16)
        for _ in range(3):  # as it stands, rewritten, settled
            mode = OnlyListed()
            with mode:
                program.credit_weights(states)
            refused |= {name: mode.refused} if mode.refused else {}
    assert refused == {}


def scripted(body):
    """A compiled function that neither the screen nor the list over the graph has seen."""
    module = type("Unscreened", (torch.jit.ScriptModule,), {})()
    lines = "".join(f"    {line}\n" for line in [*body, "return w, w[:, :1]"])
    module.define(f"def credit_weights(self, state):\n{lines}")
    return module


FORBIDDEN = {
    "empty": ["w = torch.empty([state.size(0), 2])"],
    "empty with a type": ["w = torch.empty([state.size(0), 2], dtype=torch.float32)"],
    "resize_": ["w = state.clone().resize_([state.size(0), 2])"],
    "normal_": ["w = state[:, :2].clone().normal_()"],
    "rand": ["w = torch.rand([state.size(0), 2])"],
    "rand of a constant": ["w = torch.ones([state.size(0), 2]) * torch.rand([2])"],
    "as_strided": ["w = state.as_strided([state.size(0), 2], [0, 0])"],
    "set_": ["w = state.clone().set_(state[:, :2])"],
    "a branch of one row": ["if state.size(0) == 1:", "    w = state[:, :2].cosh()", "else:", "    w = state[:, :2].exp()"],
    "out": ["w = state[:, :2].clone()", "torch.add(w, w, out=w)"],
}  # fmt: skip


@pytest.mark.parametrize("name", FORBIDDEN)
def test_what_slipped_past_the_lists_before_is_refused_when_it_runs(task, name, monkeypatch):
    monkeypatch.setitem(BACKENDS, "torchscript", lambda screened: scripted(FORBIDDEN[name]))
    with pytest.raises(Refused) as refusal:
        examine(UNIFORM, task, FEW)
    named = {"a branch of one row": "cosh", "out": "add"}.get(name, name.split()[0])
    assert refusal.value.stage == "graph"
    assert f"aten::{named}," in refusal.value.reason


def test_a_refused_operator_has_not_run(task, tmp_path):
    """torch.from_file would make the file, and give its bytes."""
    path = tmp_path / "made"
    program = scripted([f"w = torch.from_file({str(path)!r}, True, 2).expand(state.size(0), 2)"])
    with pytest.raises(Refused, match="aten::from_file"):
        watch(TFCAF(program, "credit_weights", 2, task.state_dim), task, FEW)
    assert not path.exists()


class Python(torch.nn.Module):
    """Stands for an interpreter that would run anything."""

    def credit_weights(self, state):
        return torch.ones(len(state), 2) + torch.randn(2), torch.zeros(len(state), 1)


def test_the_interpreter_is_watched_too(task, monkeypatch):
    monkeypatch.setitem(BACKENDS, "interpreter", lambda screened: Python())
    with pytest.raises(Refused, match="aten::randn,") as refusal:
        examine(UNIFORM, task, TFCAFSettings(check_states=32, backend="interpreter"))
    assert refusal.value.stage == "graph"


def test_the_backward_pass_is_watched(task):
    """Of a program that gave its weights a gradient, which no screened function can."""

    class Differentiable(torch.nn.Module):
        def credit_weights(self, state):
            w = torch.ones(len(state), 2, requires_grad=True).tanh()
            return w, w[:, :1]

    with pytest.raises(Refused, match="aten::tanh_backward,"):
        watch(TFCAF(Differentiable(), "credit_weights", 2, task.state_dim), task, FEW)


def test_the_copy_of_a_transposed_gradient_is_autograds_own(task):
    """Allowed in the backward pass, where no function's own text can stand; in the forward pass it is refused."""
    program = scripted(["w = state[:, :2] + 0.0 * state.new_empty_strided([state.size(0), 2], [2, 1])"])
    with pytest.raises(Refused, match="aten::new_empty_strided,"):
        watch(TFCAF(program, "credit_weights", 2, task.state_dim), task, FEW)
    turned = scripted(["w = torch.stack([state[:, 0], state[:, 1]]).t()"])
    watch(TFCAF(turned, "credit_weights", 2, task.state_dim), task, FEW)


UNSEEN = {
    "save": "torch.save(state, '/nowhere/x')",
    "Print": "print(1)",
    "set_grad_enabled": "torch.set_grad_enabled(True)",
    "manual_seed": "torch.manual_seed(1)",
    "requires_grad_": "state.requires_grad_(False)",
    "empty": "state = torch.empty([1, 2], dtype=torch.float32, layout=0, device=state.device)",
}


@pytest.mark.parametrize("name", UNSEEN)
def test_what_does_not_show_at_dispatch_the_list_over_the_graph_refuses(name):
    program = scripted([UNSEEN[name], "w = state[:, :2]"])
    with pytest.raises(Refused, match=f"::{name},") as refusal:
        _check_graph(program.credit_weights.graph, emit(screen(UNIFORM)))
    assert refusal.value.stage == "graph"


def test_watching_changes_nothing_for_later_calls(task):
    screened = screen(BENIGN["tensor of constants"])
    watched, fresh = (compile_function(screened) for _ in range(2))
    watch(TFCAF(watched, "credit_weights", 2, task.state_dim), task, FEW)
    states = draw_states(task, 20)
    for a, b in zip(watched.credit_weights(states), fresh.credit_weights(states), strict=True):
        assert torch.equal(a, b)
    torch.rand(2)  # the mode is left
