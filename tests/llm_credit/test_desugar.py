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
    "loop over names that it changes": "y = x + 1.0\nprev = x\nw = x * 0.0\nfor cur in [x, y, prev]:\n    w = w + (cur - prev).abs()\n    prev = cur",
    "the same by zip": "a = x\nb = x + 1.0\nw = x * 0.0\nfor t, c in zip([a, b], [1.0, 3.0]):\n    b = t * 2.0\n    w = w + b * c",
    "the same by enumerate": "t = x\nw = x * 0.0\nfor i, t in enumerate([x + 1.0, t]):\n    w = w + t * (i + 1.0)",
    "the same by reversed": "a = x\nb = x + 1.0\nw = x * 0.0\nfor t in reversed([a, b]):\n    a = t * 2.0\n    w = w + a",
    "the same over a named list": "a = [x, x + 1.0]\nw = x\nfor t in a:\n    w = w + t\n    k = [w]\nw = w + k[0]",
    "swapped by a loop": "a = x\nb = x + 1.0\nfor a, b in [(b, a)]:\n    w = a * 2.0 + b",
    "element that a loop writes into": "z = x.clone()\nw = x\nfor t in [z * 1.0, z]:\n    z[:, 0] = 7.0\n    w = w + t",
    "inner comprehension of the same name": "j = 5.0\nv = [sum(j * t for j in range(3)) for t in [j, j + 1.0]]\nw = x * v[0] + v[1]",
    "second loop of the same name": "j = 5.0\nv = [j * t for t in [j] for j in range(3)]\nw = x * v[0] + v[1] + v[2]",
    "comprehension in a helper that hides a name": "i = 4.0\ndef f(v):\n    s = sum([i * v for i in (1.0, 2.0)])\n    return s * i\nw = f(x)",
    "walrus that is read later": "w = torch.maximum((z := x * 2.0), x) + z",
    "walrus in a condition": "if (n := state.size(1)) > 10:\n    w = x * n\nelse:\n    w = x",
    "walrus in a keyword": "def f(a, b):\n    return a * b\nw = f(b=(k := 3.0), a=x) + k",
    "helper that writes into another's": "acc = torch.zeros_like(x)\ndef bump(v):\n    acc[:, 0] = acc[:, 0] + 1.0\n    return v\na = bump(x)\nw = acc + a",
    "helper with a sum of its own": "def f(v):\n    s = 0.0\n    for i in range(2):\n        s += v * i\n    v = v * 2.0\n    v += 1.0\n    return s + v\nw = f(x) + x",
    "helper that appends to a list": "p = []\ndef add(v):\n    p.append(v)\n    return v\na = add(x)\nb = add(x + 1.0)\nw = sum(p) + a * len(p)",
    "list with two names": "p = [x]\nq = p\nq.append(x + 1.0)\nw = x * len(p)",
    "list given two names at once": "p = q = [x]\nq.append(x)\nw = x * len(p)",
    "list given to a helper": "p = [x]\ndef add(l, v):\n    l.append(v)\n    return v\na = add(p, x)\nw = x * len(p) + a",
    "list from a comprehension with two names": "p = [x + i for i in range(2)]\nq = p\nq.append(x)\nw = x * len(p)",
    "list in a list": "p = [1.0]\nq = [p, p]\nq[0].append(2.0)\nw = x * len(p)",
    "list copied": "p = [1.0, 2.0]\nq = p[:]\nq.append(3.0)\nw = x * len(p) + len(q)",
    "list that grows by +=": "p = [x]\np += [x + 1.0]\nw = torch.stack(p).sum(0) * len(p)",
    "number that a branch may change": "k = 2\nif state.dim() == 2:\n    k = 3\nw = x * (1.0 if k > 2 else 5.0)",
    "number that a loop changes": "k = 2\nw = x\nfor i in range(3):\n    w = w * (1.0 if k > 2 else 5.0)\n    k = k + 1",
    "number that changes line by line": "k = 2\nw = x\nfor i in range(k):\n    for j in range(i + 1):\n        w = w + j\nk = 3\nfor i in range(k):\n    for j in range(i + 1):\n        w = w * 1.5",
    "_ as a parameter": "_ = x\nf = lambda _: _ * 2.0\ndef g(_, k):\n    return _ * k\nw = f(x + 1.0) + g(x + 2.0, 2.0)",
    "helper in a loop": "w = x\nfor i in [1.0, 2.0]:\n    f = lambda v: v * i\n    w = w + f(x)",
    "helper that reads a loop's name later": "for i in [1.0]:\n    f = lambda v: v * i\n    w = f(x)\ni = 5.0\nw = w + x * i",
    "vector norms": "w = x + torch.linalg.norm(x, 1, (1,), True) + torch.linalg.norm(x.unsqueeze(1), dim=(1, 2)).unsqueeze(1)",
    "else of a try in a loop": "w = x\nfor i in range(3):\n    try:\n        w = w + i\n    except ValueError:\n        pass\n    else:\n        break",
    "signed default": "def f(v, d=-1, s=+2.0):\n    return v.sum(dim=d, keepdim=True) * s\nw = x + f(x)",
    "counted from one": "w = x\nfor k, c in enumerate([0.5, 0.25], start=1):\n    w = w + c * k\nfor k, c in enumerate((1.0, 2.0), 3):\n    w = w * c + k",
    "loops over a list that was filled": "p = []\nfor i in range(2):\n    p.append(x * (i + 1.0))\nw = x\nfor t in p:\n    w = w + t\nw = w + sum(p) + torch.stack([t * 2.0 for t in p]).sum(0)",
    "filled in two loops": "w = x\nfor i in range(2):\n    p = []\n    for j in range(i + 1):\n        p.append(x + j)\n    w = w + sum(p) * len(p)",
    "loop over rows": "g = [[1.0, 2.0], [3.0, 4.0]]\nw = x\nfor r in g:\n    for k in r:\n        w = w * k + 1.0",
    "pairs under a name": "g = [(0, 1), (1, -1)]\nw = x\nfor i, s in g:\n    for j in range(i + 1):\n        w = w + s * j",
    "number under another name": "n = 2\nm = n\nk = m - 1\nw = x\nfor i in range(m):\n    w = w + i // m + k",
    "assigned into after arithmetic": "w = torch.zeros_like(x)\nw[:, 0] = x[:, 1]\nw /= w.sum(1, keepdim=True).abs() + 1.0\nw[:, 1] += 0.5",
    "two tensors made at once": "w, b = torch.ones_like(x), torch.zeros_like(x)\nw[:, 0] = 2.0\nb[:, 1] = 3.0\nw = w + b",
    "assigned into what a helper makes": "def f():\n    return torch.ones_like(x)\nw = f()\nw[:, 0] = 2.0",
    "assigned into a mask as numbers": "w = (x > 0).float()\nw[:, 0] = 1.5",
    "state that gets a new value": "state = state.float() * 2.0\nw = x + state[:, :2]",
    "state that gets one in a branch": "if state.dim() == 2:\n    state = state + 1.0\nw = x * state[:, 3:5]",
    "state in a loop": "for k in range(3):\n    state = state * 0.5 + k\nw = x + state[:, 2:4]",
    "state that is copied, then written": "old = state\nstate = state.clone()\nstate[:, 0] = 3.0\nw = x + state[:, :2] * old[:, :2]",
    "helper that reads the later state": "f = lambda v: v + state[:, :2]\nstate = state * 2.0\nw = f(x)",
    "helper with a parameter called state": "def f(state, k):\n    state = state + k\n    return state\nw = f(state=x, k=1.0) + state[:, :2]\nstate = w\nw = f(state, k=2.0)",
    "lambda with a parameter called state": "f = lambda state: state * 2.0\nstate, y = x, state\nw = f(state) + y[:, :2]",
    "comprehension over a variable called state": "p = [state * 2.0 for state in [x, x + 1.0]]\nstate = state + 1.0\nw = p[0] + p[1] * state[:, :2]",
    "state by += with a copy": "state = state * 1.0\nstate += 2.0\nw = x + state[:, :2]",
    "a name that the new one would take": "state_2 = 5.0\nstate = state + 1.0\nw = x * state_2 + state[:, :2]",
    "comprehension with a condition": "p = [x * j for i in range(2) for j in range(3) if j != i if i + j > 1]\nw = sum(p) * len(p)",
    "comprehension with joined conditions": "p = [x * k for k in (1, 2, 5) if (k > 1 and not k == 5) or k == 1]\nw = sum(p)",
    "comprehension with conditions between": "p = [x * (i + j) for i in range(4) if i != 0 and i != 2 for j in range(i) if 0 < j <= 2]\nw = sum(p, x)",
    "loops of which some run over nothing": "w = x\nfor i in range(3):\n    p = [x * j for j in range(i)]\n    for q in p:\n        for k in range(0, i - 1):\n            w = w + q * k\n",
    "sum with a condition": "w = sum(x[:, j : j + 1] for j in range(2) if j != 0) + x",
    "assertions and guards": "n = 2\nassert state.dim() == 2 and x.shape[1] == n, f'{x.shape[1]:>{n}} agents'\nif x.size(-1) != n or n > 3:\n    raise ValueError('wrong size', n)\nif n > 5:\n    raise NotImplementedError\nw = x * n",
    "guard in a helper": "def f(v, k):\n    if k < 1:\n        raise ValueError\n    assert k < 5, 'k'\n    return v * k\nw = f(x, 2)",
    "assertion with a walrus": "assert (k := 3) > 1\nw = x * k",
    "numbers of torch": "w = torch.sin(x * torch.pi) + torch.e",
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
    "text of an assertion that does something": ("assert True, f'{x.__class__}'\nw = x", "underscore"),
    "width of a text that does something": ("assert True, f'{1:{x.__class__}}'\nw = x", "underscore"),
    "text of an error that does something": ("if x.dim() > 5:\n    raise ValueError(f'{open(1)}')\nw = x", "open() is not allowed"),
    "error that is none": ("if x.dim() > 5:\n    raise print(1)\nw = x", "Raise is not allowed"),
    "error with a cause": ("if x.dim() > 5:\n    raise ValueError from None\nw = x", "Raise is not allowed"),
    "error beside something else": ("if x.dim() > 5:\n    x = x + 1.0\n    raise ValueError\nw = x", "Raise is not allowed"),
    "error for all others": ("if x.dim() < 5:\n    w = x\nelse:\n    raise ValueError", "Raise is not allowed"),
    "error in any case": ("w = x\nraise ValueError", "Raise is not allowed"),
    "walrus in an assertion's text": ("assert True, (k := 3)\nw = x", "NamedExpr"),
    "comprehension with a condition on tensors": ("p = [v for v in [x, -x] if v.sum() > 1]\nw = p[0]", "settled by whole numbers"),
    "comprehension with a condition on sizes": ("p = [x for i in range(3) if i < state.dim()]\nw = p[0]", "settled by whole numbers"),
    "comprehension with an unknown name": ("p = [x for i in range(3) if i > 5 and zz]\nw = x", "settled by whole numbers"),
    "walrus in a condition": ("p = [x for i in range(3) if (k := i) > 1]\nw = p[0] * k", "may not run"),
    "assigned into the state under its name": ("state = state.float()\nstate[:, 0] = 1.0\nw = x", "only a tensor made here"),
    "comprehension that takes nothing": ("p = [x.__class__ for i in range(2) if i > 5]\nw = x", "runs over nothing"),
    "comprehension over nothing": ("p = [x.__class__ for i in range(0)]\nw = x", "runs over nothing"),
    "sum of nothing written out": ("w = x + sum(x.foo() for i in [])", "runs over nothing"),
    "loop over nothing": ("w = x\nfor i in ():\n    import os", "runs over nothing"),
    "comprehension of unknown length": ("p = [v for v in x.unbind(1)]\nw = p[0]", "must run over range()"),
    "comprehension that does not fit": ("p = [a for a, b in [1, 2]]\nw = x", "must unpack"),
    "sum of a tensor": ("w = sum(x)", "sum() takes a list"),
    "sum of nothing": ("w = sum()", "sum() takes a list"),
    "names at once in a tensor": ("w = x.clone()\nw[:, 0] = w[:, 1] = 1.0", "one thing at a time"),
    "handler with a name": ("try:\n    w = x\nexcept ValueError as e:\n    w = x", "kinds of exceptions"),
    "norm of a strange order": ("w = x + torch.norm(x, p=3, dim=1, keepdim=True)", "norm is not allowed"),
    "walrus after its name": ("z = x\nw = z + (z := z * 2.0)", "reads before"),
    "walrus after a helper's argument": ("k = 1.0\nf = lambda a, b: a * b\nw = x * f(k, (k := 2.0))", "reads before"),
    "walrus in an index": ("k = 1\nw = x.clone()\nw[:, (k := 0)] = k * 1.0", "reads before"),
    "two walruses of one name": ("w = x * ((k := 1.0) + (k := 2.0))", "reads before"),
    "walrus in a choice": ("z = x\nq = (z := x * 3.0) if state.size(1) > 100 else x\nw = z + q", "may not run"),
    "walrus behind an and": ("k = 1\nif state.size(1) > 100 and (k := 5) > 2:\n    pass\nw = x * k", "may not run"),
    "walrus behind a comparison": ("k = 1\nif 3 < 2 < (k := 5):\n    pass\nw = x * k", "may not run"),
    "walrus in a comprehension": ("v = [(t := k) * 2.0 for k in [1.0, 2.0]]\nw = x * v[0] + t", "may not run"),
    "walrus in a sum": ("k = 2.0\nw = x * sum((k := k + 1.0) * j for j in [1.0, 2.0])", "may not run"),
    "walrus in a lambda": ("f = lambda: (k := 1.0)\nw = x * f()", "may not run"),
    "append in a choice": ("p = [x]\ndef add(v):\n    p.append(v)\n    return v\nq = add(x) if state.size(1) > 100 else x\nw = q * len(p)", "on a line of its own"),
    "append in a lambda": ("p = [x]\nf = lambda v: p.append(v)\nf(x)\nw = x", "on a line of its own"),
    "append in a comprehension": ("p = [x]\nq = [(v, v) for v in [p.append(x)]]\nw = x * len(p)", "on a line of its own"),
    "helper that writes, in an expression": ("acc = torch.zeros_like(x)\ndef bump(v):\n    acc[:, 0] = acc[:, 0] + 1.0\n    return v\nw = acc * 1.0 + bump(x)", "on a line of its own"),
    "the same through another": ("acc = torch.zeros_like(x)\ndef bump(v):\n    acc[:, 0] = 1.0\n    return v\ndef f(v):\n    a = bump(v)\n    return a\nw = acc * 1.0 + f(x)", "on a line of its own"),
    "helper that changes its argument, in an expression": ("def f(v):\n    v += 1.0\n    return v\nz = x * 1.0\nw = z * 1.0 + f(z)", "on a line of its own"),
    "loop that changes what it runs over": ("p = (x, x + 1.0)\nw = x\nfor a, b in [p, p]:\n    p = (b, a)\n    w = w + a * b", "range()"),
    "list that grows by += under two names": ("a = [x]\nb = a\na += [x]\nw = x * len(b)", "second name"),
    "the same in a helper": ("p = [x]\np.append(x)\ndef add(l, v):\n    l += [v]\n    return v\nq = add(p, x)\nw = x * len(p)", "second name"),
    "loop over a list with two names": ("p = [x, x]\nq = p\nq.append(x * 3.0)\nw = x\nfor t in p:\n    w = w + t", "range()"),
    "sum of a list with two names": ("p = [x, x]\nq = p\nq.append(x * 3.0)\nw = sum(p)", "sum() takes a list"),
    "loop over a list that a branch fills": ("p = [x]\nif state.dim() == 2:\n    p.append(x)\nw = x\nfor t in p:\n    w = w + t", "range()"),
    "rows that are changed": ("g = [[1.0], [2.0]]\nw = x\nfor r in g:\n    r.append(3.0)\nfor r in g:\n    for k in r:\n        w = w * k", "range()"),
    "return with a finally": ("try:\n    return x, x[:, :1]\nfinally:\n    return -x, x[:, :1]\nw = x", "finally"),
    "continue with a finally": ("w = x\nfor i in range(3):\n    try:\n        continue\n    finally:\n        w = w + 1.0", "finally"),
    "matrix norm": ("w = x * torch.linalg.norm(x.unsqueeze(1), ord=2, dim=(1, 2)).unsqueeze(1)", "matrix norm"),
    "matrix norm by a name": ("d = (1, 2)\nw = x * torch.linalg.norm(x.unsqueeze(1), 1, d).unsqueeze(1)", "matrix norm"),
    "helper's number outside it": ("def f(v):\n    k = 3\n    return v * k\nw = f(x)\nfor i in range(k):\n    for j in range(i):\n        w = w + j", "range()"),
    "number before it is one": ("w = x\nfor i in range(k):\n    for j in range(i):\n        w = w + j\nk = 3", "range()"),
    "helper of a branch": ("if state.dim() == 3:\n    f = lambda v: v * 2.0\nw = f(x)", "never called"),
    "break outside a loop": ("w = x\nbreak", "only stand in a loop"),
    "break of a helper": ("def f(v):\n    break\n    return v\nw = x\nfor i in range(2):\n    w = w + f(x)", "only stand in a loop"),
    "unknown name that nothing uses": ("w = x * [2.0 for k in [i, i]][0]", "i is not known"),
    "break in a loop over a list": ("w = x\nfor i in [1.0, 2.0]:\n    try:\n        w = w + i\n    except ValueError:\n        pass\n    else:\n        break", "range()"),
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
