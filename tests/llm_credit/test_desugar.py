"""What is written out means what Python means; what cannot be is refused with a reason."""

import ast

import pytest
import torch

from llm_credit.errors import Refused
from llm_credit.interpreter import Interpreter
from llm_credit.screen import screen
from llm_credit.states import draw_states

from .test_corpora import python

SAME = {
    "helper with a keyword and a default": "def f(x, y=2.0, z=1.0):\n    return x * y + z\nw = f(x, z=0.5) + f(x, 3.0)",
    "helper with early returns": "def f(x, k):\n    if k > 1:\n        return x\n    y = x + 1.0\n    return y * k\nw = f(x, 2) + f(x, 1)",
    "helper with if and else": "def f(x, k):\n    if k > 1:\n        y = x\n    else:\n        y = -x\n    return y\nw = f(x, 2) - f(x, 0)",
    "helper that calls another": "g = lambda v: v + 1.0\ndef f(v):\n    return g(v) * 2.0\nw = f(x)",
    "helper whose names are taken": "y = 5.0\ndef f(v):\n    y = v * 2.0\n    return y\nw = f(x) + y",
    "helper that reads a later value": "k = 1.0\nf = lambda v: v * k\nk = 3.0\nw = f(x)",
    "helper of two results": "def f(v):\n    return v + 1.0, v - 1.0\na, b = f(x)\nw = a * b",
    "lambda in a lambda": "f = lambda v: v * 2.0\ng = lambda v: f(f(v))\nw = g(x)",
    "comprehension that hides a name": "i = 7.0\np = [x[:, i] for i in range(2)]\nw = torch.stack(p, dim=1) + i",
    "comprehension of pairs": "p = [x[:, a] * b for a, b in [(0, 2.0), (1, 3.0)]]\nw = torch.stack(p, dim=1)",
    "comprehension of two loops": "p = [x[:, i] * j for i in range(2) for j in range(2)]\nw = torch.stack(p[1:3], dim=1)",
    "loop over pairs of agents": "w = x.clone()\nfor i in range(2):\n    for j in range(i + 1, 2):\n        w = w + (i + 2 * j) * x.flip(1)",
    "loop with a name that stays": "for k in (1.0, 2.0):\n    w = x * k\nw = w + k",
    "loop that changes its name": "w = x\nfor k in (1.0, 2.0):\n    k = k + 1.0\n    w = w * k",
    "loop with break over a range": "w = x\nfor i in range(5):\n    if i == 2:\n        break\n    w = w + i",
    "reversed and zip": "w = x\nfor a, b in zip(reversed(range(2)), (3.0, 4.0)):\n    w = w * b + a",
    "sum with a start": "w = sum([x, x * 2.0], x)",
    "sum of a named list": "p = [x, x + 1.0]\nw = sum(p)",
    "sum of truth values": "w = sum((x[:, i:] > 0) for i in range(1)).float()",
    "chain of comparisons": "n = 2\nw = x * (1.0 if 1 < n <= 2 else 0.0) * (1.0 if 1 < state.dim() < 2 else 3.0)",
    "choice that the source decides": "n = 3\nw = x if not n < 2 else 1.0",
    "try with all its parts": "try:\n    w = x\nexcept (ValueError, TypeError):\n    w = -x\nelse:\n    w = w + 1.0\nfinally:\n    w = w * 2.0",
    "names at once": "a = b = c = 2.0\nw = x * a + b - c\nd = e = x + 1.0\nw = w + d * e",
    "slices of a list": "p = [1.0, 2.0, 3.0][::-2]\nw = x * p[0] - p[1]",
    "a name for what is not used": "_, k = x.max(dim=1)\nfor _ in range(3):\n    x = x + 1.0\nm, _ = x.min(dim=1, keepdim=True)\nw = x + m + k.unsqueeze(1)",
    "the same, read": "_ = x * 2.0\nw = _ + 1.0",
    "leaky": "w = F.leaky_relu(x) + F.leaky_relu(x, 0.3)",
    "norms": "w = x.norm(1, dim=1, keepdim=True) + torch.norm(x, 2, 1, True) + torch.linalg.norm(x, ord=1, dim=-1, keepdim=True) + x",
    "distances": "a = state[:, 0:6].unflatten(1, [2, 3])\nw = torch.cdist(a, a).sum(-1)",
    "normalised": "w = F.normalize(x) + F.normalize(x, p=1, dim=-1, eps=0.01)",
    "limits": "w = x + torch.finfo(torch.float32).eps + torch.finfo(state.dtype).tiny",
    "made like another": "w = x.new_full((2,), 3.0) + x.new_tensor([1.0, 2.0]) + x",
    "kinds": "w = x.type_as(state) + x.type(torch.float32) + x.mT.T.detach() * x.ndim",
    "counted": "w = x + torch.count_nonzero(x > 0, dim=1).unsqueeze(1) + torch.count_nonzero(x, 1).unsqueeze(1)",
    "loop over a list that grew": "p = [1.0]\np.append(2.0)\nw = x\nfor k in p:\n    w = w + k",
}  # fmt: skip
NOT = {
    "helper with a loop that returns": ("def f(v):\n    for i in range(2):\n        return v\n    return v\nw = f(x)", "inside a loop"),
    "helper without a result": ("def f(v):\n    v = v + 1.0\nw = f(x)", "must end in return"),
    "helper that returns nothing": ("def f(v):\n    return\nw = f(x)", "must end in return"),
    "helper without an argument": ("def f(v, u):\n    return v\nw = f(x)", "called without u"),
    "helper with too many": ("f = lambda v: v\nw = f(x, x)", "the helper takes v"),
    "helper with a wrong keyword": ("f = lambda v: v\nw = f(u=x)", "the helper takes v"),
    "helper with a computed default": ("def f(v, u=1 + 1):\n    return v\nw = f(x)", "plain numbers"),
    "helper with two meanings": ("f = lambda v: v\nf = lambda v: v + 1.0\nw = f(x)", "two meanings"),
    "helper in a helper": ("def f(v):\n    def g(u):\n        return u\n    return g(v)\nw = f(x)", "a helper may hold"),
    "helper that is not called": ("f = lambda v: v\nw = x", "never called"),
    "comprehension with a condition": ("p = [x for i in range(3) if i > 1]\nw = p[0]", "no condition"),
    "comprehension of unknown length": ("p = [v for v in x.unbind(1)]\nw = p[0]", "must run over range()"),
    "comprehension that does not fit": ("p = [a for a, b in [1, 2]]\nw = x", "must unpack"),
    "sum of a tensor": ("w = sum(x)", "sum() takes a list"),
    "sum of nothing": ("w = sum()", "sum() takes a list"),
    "names at once in a tensor": ("w = x.clone()\nw[:, 0] = w[:, 1] = 1.0", "one thing at a time"),
    "handler with a name": ("try:\n    w = x\nexcept ValueError as e:\n    w = x", "kinds of exceptions"),
    "norm of a strange order": ("w = x + torch.norm(x, p=3, dim=1, keepdim=True)", "norm is not allowed"),
    "loop over a list that grows in it": ("p = [1.0]\nw = x\nfor k in p:\n    p.append(k)\n    w = w + k", "range()"),
}  # fmt: skip


def source_of(body):
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    return f"def credit_weights(state):\n    x = state[:, 12:14]\n{lines}    return w, x[:, :1]\n"


@pytest.mark.parametrize("name", SAME)
def test_it_means_what_python_means(task, name):
    source, states = source_of(SAME[name]), draw_states(task, 101, seed=6)
    received, expected = Interpreter(screen(source))(states.clone()), python(source)(states.clone())
    torch.testing.assert_close(received[0], expected[0], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", NOT)
def test_what_cannot_be_written_out_is_refused_with_a_reason(name):
    body, reason = NOT[name]
    with pytest.raises(Refused) as refusal:
        screen(source_of(body))
    assert refusal.value.stage == "screen"
    assert reason in refusal.value.reason


def test_lines_stay_those_of_the_source():
    tree = screen(source_of("def f(v):\n    return v + 1.0\nw = f(x)")).function
    assert {n.lineno for n in ast.walk(tree) if isinstance(n, ast.stmt)} == {1, 2, 4, 5, 6}
