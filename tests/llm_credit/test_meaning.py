"""What a function means: the compiled function, the interpreter and Python itself agree, whatever is written.

Only here, in tests, is a source executed as Python; they are written here or drawn from a grammar below.
"""

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from llm_credit import allowlist as allow
from llm_credit.compiler import compile_function
from llm_credit.interpreter import Interpreter
from llm_credit.rehearsal import compare, rehearse
from llm_credit.screen import screen
from llm_credit.states import draw_states

HEAD = """def credit_weights(state):
    x = state[:, 12:14]
    y = state[:, 14:16]
    z = x.abs() + 0.1
    k = state[:, 0:2].long()
    m = x > 0.0
    n = 3
"""


def python(source, state):
    scope = {}
    exec("import torch\nimport torch.nn.functional as F\n" + source, scope)
    return scope["credit_weights"](state)


def agree(source, task):
    state = draw_states(task, 101, seed=3)
    screened = screen(source)
    program = compile_function(screened)
    rehearse(screened, task)
    compare(screened, program, [state])
    expected = python(source, state.clone())
    for got in (program.credit_weights(state), Interpreter(screened)(state.clone())):
        for a, b in zip(got, expected, strict=True):
            torch.testing.assert_close(a, b, rtol=1e-5, atol=1e-5, equal_nan=True)


numbers = st.sampled_from(["x", "y", "z", "1.5", "0.25", "n"])
tensors = st.sampled_from(["x", "y", "z"])


def _arithmetic(inner):
    return st.one_of(
        st.tuples(inner, st.sampled_from(["+", "-", "*", "/"]), inner).map(" ".join),
        inner.map(lambda e: f"({e})"),
        inner.map(lambda e: f"-{e}"),
        inner.map(lambda e: f"torch.tanh({e} + x)"),
    )


def _logic(inner):
    return st.one_of(
        st.tuples(inner, st.sampled_from(["&", "|", "^"]), inner).map(" ".join),
        inner.map(lambda e: f"~{e}"),
        inner.map(lambda e: f"({e})"),
    )


arithmetic = st.recursive(numbers, _arithmetic, max_leaves=7)
comparison = st.tuples(tensors, st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), tensors).map(
    lambda t: f"({' '.join(t)})"
)
logic = st.recursive(st.one_of(st.just("m"), comparison), _logic, max_leaves=7)
plain = st.recursive(
    st.sampled_from(["n > 2", "n < 2", "n == 3", "True", "False"]),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(" ".join), inner.map(lambda e: f"not {e}")
    ),
    max_leaves=6,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(arithmetic, logic, plain)
def test_precedence_is_pythons(task, number, mask, condition):
    agree(
        HEAD
        + f"    a = {number} + 0.0 * x\n"
        + f"    if {condition}:\n        w = torch.where({mask}, a, y)\n    else:\n        w = torch.where({mask}, y, a)\n"
        + "    return w, w[:, :1]\n",
        task,
    )


ONE = {name: f"torch.{name}(z)" for name in allow.ELEMENTWISE - {"logical_not"}}
TWO = {
    name: f"torch.{name}(x, y)" for name in allow.COMBINING - {"matmul", "bmm", "lerp", "pow"} if "logical" not in name
}
ALONG = {
    name: f"torch.{name}(x, dim=1)"
    for name in allow.REDUCING - {"max", "min", "any", "all", "sort", "argsort", "topk", "std", "var"}
}
CALLS = {
    **ONE,
    **TWO,
    **ALONG,
    "logical_not": "torch.logical_not(m)",
    **{name: f"torch.{name}(m, x > y)" for name in allow.COMBINING if "logical" in name},
    "matmul": "torch.matmul(x, torch.ones(2, 2))",
    "bmm": "torch.bmm(x.unsqueeze(2), y.unsqueeze(1))",
    "lerp": "torch.lerp(x, y, 0.3)",
    "pow": "torch.pow(z, 2.0)",
    "max": "torch.max(x, dim=1)[0]",
    "min": "x.min(dim=1).values",
    "any": "torch.any(m, dim=1)",
    "all": "torch.all(m, dim=1)",
    "sort": "torch.sort(x, dim=1, descending=True).values",
    "argsort": "torch.argsort(x, dim=1)",
    "topk": "torch.topk(x, 1, dim=1)[0]",
    "std": "torch.std(x, dim=1)",
    "var": "torch.var(x, dim=1)",
    "unsqueeze": "torch.unsqueeze(x, 1)",
    "squeeze": "x.unsqueeze(1).squeeze(1)",
    "transpose": "torch.transpose(x, 0, 1)",
    "permute": "x.permute(1, 0)",
    "flatten": "x.unsqueeze(1).flatten(1)",
    "clamp": "torch.clamp(x, min=0.0, max=0.5)",
    "clamp_min": "x.clamp_min(0.0)",
    "clamp_max": "x.clamp_max(0.0)",
    "chunk": "torch.chunk(x, 2, dim=1)[1]",
    "gather": "torch.gather(state, 1, k)",
    "index_select": "torch.index_select(x, 1, torch.tensor([1, 0]))",
    "masked_fill": "x.masked_fill(m, 0.0)",
    "flip": "torch.flip(x, dims=[1])",
    "roll": "torch.roll(x, shifts=1, dims=1)",
    "zeros": "x + torch.zeros(2)",
    "ones": "x + torch.ones((1, 2))",
    "full": "x + torch.full((1, 2), 3.0)",
    "arange": "x + torch.arange(2)",
    "eye": "x @ torch.eye(2)",
    "tensor": "x * torch.tensor([1.0, 2.0])",
    "linspace": "x + torch.linspace(0.0, 1.0, 2)",
    "zeros_like": "torch.zeros_like(x)",
    "ones_like": "torch.ones_like(x)",
    "full_like": "torch.full_like(x, 2.0)",
    "cat": "torch.cat([x, y], dim=1)",
    "stack": "torch.stack([x, y], dim=1)",
    "where": "torch.where(m, x, y)",
    "einsum": "torch.einsum('ni,nj->nij', x, y)",
    "outer": "torch.outer(x[:, 0], torch.ones(2))",
    "view": "x.clone().view(-1, 2)",
    "reshape": "x.reshape(state.shape[0], 2)",
    "expand": "x[:, :1].expand(-1, 2)",
    "expand_as": "x[:, :1].expand_as(y)",
    "repeat": "x.repeat(1, 2)",
    "float": "m.float()",
    "bool": "x.bool()",
    "long": "(3 * x).long()",
    "to": "x.to(torch.int64)",
    "clone": "x.clone()",
    "contiguous": "x.contiguous()",
    "size": "x * x.size(1)",
    "dim": "x * x.dim()",
    "new_zeros": "x + x.new_zeros(1, 2)",
    "new_ones": "x + x.new_ones(1, 2)",
    "t": "x.t().t()",
    "softplus": "F.softplus(F.softplus(x))",
    "one_hot": "F.one_hot(k, 7)",
    "split": "torch.split(x, [1, 1], dim=1)[1]",
    "unbind": "x.unbind(dim=1)[1]",
    "scatter": "torch.zeros_like(x).scatter(1, (x > y).long(), 1.0)",
    "narrow": "x.narrow(1, 0, 1)",
    "select": "x.select(1, 1)",
    "unflatten": "state.unflatten(1, [2, 8])",
    "movedim": "state.unflatten(1, [2, 8]).movedim(2, 1)",
    "tile": "x.tile([1, 2])",
    "repeat_interleave": "x.repeat_interleave(2, dim=1)",
    "log2": "torch.log2(z)",
    "log10": "z.log10()",
    "exp2": "torch.exp2(x)",
    "erf": "torch.erf(x)",
    "trunc": "torch.trunc(3.0 * x)",
    "hypot": "torch.hypot(x, y)",
    "logaddexp": "torch.logaddexp(x, y)",
}


def test_the_list_of_calls_below_is_complete():
    assert set(CALLS) == (allow.TORCH | allow.FUNCTIONAL | allow.METHODS) - {"append"}


@pytest.mark.parametrize("name", sorted(CALLS))
def test_every_allowed_function_compiles_and_means_what_python_means(task, name):
    agree(f"{HEAD}    v = {CALLS[name]}\n    w = x + 0.0\n    return w, v\n", task)


STATEMENTS = {
    "loop": "w = x\nfor i in range(2, 10, 3):\n    w = w + i * y",
    "break": "w = x\nfor i in range(10):\n    if i > 3:\n        break\n    w = w + i * y",
    "continue": "w = x\nfor i in range(5):\n    if i == 2:\n        continue\n    w = w + i * y",
    "nested": "w = x\nfor i in range(3):\n    for j in range(2):\n        w = w + (i - j) * y",
    "ternary": "w = x if n > 2 else y",
    "early": "w = x\nif n == 3:\n    return y, w\nw = w + 1.0",
    "slots": "w = torch.zeros_like(x)\nfor i in range(2):\n    w[:, i] = y[:, i]\n    w[:, i] += 1.0",
    "mask": "w = torch.zeros_like(x)\nw[m] = 2.0",
    "augmented": "w = x.clone()\nw += y\nw *= 2.0\nw -= 0.5\nw /= 3.0",
    "unpack": "rows, width = state.shape\na, b = torch.chunk(x, width // 8, dim=1)\nw = torch.cat([b, a], dim=1)",
    "list": "parts = [x[:, 0]]\nparts.append(y[:, 0])\nw = torch.stack(parts, dim=1) * len(parts)",
    "none": "w = x[:, None, :].sum(dim=1)",
    "ellipsis": "w = x[..., :2] + y[..., 0:1]",
    "stride": "w = state[:, 0:6:3]",
    "negative": "w = x[:, -1:] + y[:, -2:-1] + x",
    "lists": "w = state[:, [2, 5]]",
    "whole": "w = x * (7 // 2) + y * (-7 % 3) + x * (7 / 2)",
    "extremes": "w = x * max(n, 5) + y * min(n, 2) + x * abs(-n) + y * float(n)",
}


@pytest.mark.parametrize("name", sorted(STATEMENTS))
def test_statements_mean_what_python_means(task, name):
    body = "".join(f"    {line}\n" for line in STATEMENTS[name].splitlines())
    agree(f"{HEAD}{body}    return w, w[:, :1]\n", task)
