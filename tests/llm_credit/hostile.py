"""Sources that must be refused, each with the stage that must refuse it; for the task of conftest.py.

Beside those in test_check_source.py and test_rehearsal.py: they go around the obvious, through idioms that are written
out before the screen looks (helpers, comprehensions, ``try``), rare states, and what only a compiler would trip over.
"""

ONES = "w = torch.ones(state.shape[0], 2)"


def weights(body, result="w, torch.zeros_like(w[:, :1])"):
    lines = "\n".join("    " + line for line in body.strip().splitlines())
    return f"def credit_weights(state):\n{lines}\n    return {result}\n"


FILES = {
    "pathlib": ("text", "from pathlib import Path\n" + weights(ONES)),
    "import inside a helper": ("screen", weights(f"def f(x):\n    import os\n    return x\n{ONES} + f(0.0)")),
    "open in a comprehension": ("screen", weights(f"x = [open(i) for i in range(3)]\n{ONES}")),
    "open in a handler": ("screen", weights(f"try:\n    {ONES}\nexcept Exception:\n    open(1)")),
    "open as a kind of exception": ("screen", weights(f"try:\n    {ONES}\nexcept open(1):\n    pass")),
    "save in an unused helper": ("screen", weights(f"def f(x):\n    torch.save(x, x)\n    return x\n{ONES}")),
    "save in a lambda": ("screen", weights(f"f = lambda x: torch.save(x, x)\n{ONES} + f(state)")),
    "load in a branch that is never taken": ("screen", weights(f"x = 1.0 if 2 > 1 else torch.load(3)\n{ONES} * x")),
    "load behind a false and": ("screen", weights(f"b = False and torch.load(3)\n{ONES}")),
    "save in a default": ("screen", weights(f"def f(x, y=torch.save(1, 2)):\n    return x\n{ONES} + f(0.0)")),
    "save in a subscript": ("screen", weights("w = state[:, :torch.save(1, 2)]")),
    "save in a range": ("screen", weights(f"for i in range(torch.save(1, 2)):\n    pass\n{ONES}")),
    "save in a keyword": ("screen", weights(f"{ONES}.sum(dim=torch.save(1, 2))")),
    "save in an annotation": ("screen", weights(f"x: int = torch.save(1, 2)\n{ONES}")),
    "save by another name": ("screen", weights(f"t = torch\nt.save(state, 1)\n{ONES}")),
    "save in a walrus": ("screen", weights(f"if (x := torch.save(1, 2)) is None:\n    pass\n{ONES}")),
    "package loader": ("screen", weights(f"torch.hub.load(1, 2)\n{ONES}")),
    "compiled library": ("screen", weights(f"torch.ops.load_library(1)\n{ONES}")),
    "inline C++": ("text", "from torch.utils.cpp_extension import load_inline\n" + weights(ONES)),
    "environment": ("screen", weights(f"os.environ.get(1)\n{ONES}")),
    "sockets": ("text", "import socket\n" + weights(ONES)),
    "requests": ("text", "import requests as torch\n" + weights(ONES)),
    "torch by another import": ("text", "import os as torch\n" + weights(ONES)),
    "tensor to a file": ("screen", weights(f"state.numpy().tofile(1)\n{ONES}")),
    "storage": ("screen", weights(f"state.untyped_storage()\n{ONES}")),
    "shared memory": ("screen", weights(f"state.share_memory_()\n{ONES}")),
}
ESCAPES = {
    "class of a list": ("screen", weights(f"x = [].__class__\n{ONES}")),
    "globals of a helper": ("screen", weights(f"def f(x):\n    return x\ny = f.__globals__\n{ONES}")),
    "getattr": ("screen", weights(f"getattr(torch, 1)\n{ONES}")),
    "vars": ("screen", weights(f"vars()\n{ONES}")),
    "exec": ("screen", weights(f"exec(1)\n{ONES}")),
    "compile": ("screen", weights(f"compile(1, 2, 3)\n{ONES}")),
    "breakpoint": ("screen", weights(f"breakpoint()\n{ONES}")),
    "private module": ("screen", weights(f"torch._C._jit_set_profiling_mode(False)\n{ONES}")),
    "grad_fn": ("screen", weights(f"x = state.grad_fn\n{ONES}")),
    "data": ("screen", weights("state.data[:] = 0\nw = state[:, :2]")),
    "hook": ("screen", weights(f"state.register_hook(lambda g: g)\n{ONES}")),
    "apply": ("screen", weights(f"state.apply_(lambda x: x)\n{ONES}")),
    "map over a helper": ("screen", weights(f"def f(x):\n    return x\ny = map(f, [1])\n{ONES}")),
    "helper that is the module": ("screen", weights(f"def torch(x):\n    return x\n{ONES}")),
    "helper that is a builtin": ("screen", weights(f"def len(x):\n    return x\n{ONES} + len(1)")),
    "helper with a decorator": ("screen", weights(f"@torch.jit.script\ndef f(x):\n    return x\n{ONES} + f(0.0)")),
    "helper with stars": ("screen", weights(f"def f(*x):\n    return x\n{ONES} + f(0.0)")),
    "call with stars": ("screen", weights(f"x = [1]\n{ONES} + torch.ones(*x)")),
    "call with double stars": ("screen", weights("w = torch.ones(**state)")),
    "generator left alone": ("screen", weights(f"x = (i for i in range(3))\n{ONES}")),
    "set": ("screen", weights(f"x = {{1, 2}}\n{ONES}")),
    "dictionary": ("screen", weights(f"x = {{1: 2}}\n{ONES}")),
    "async": ("text", "async " + weights(ONES)),
    "yield": ("screen", weights(f"x = yield 1\n{ONES}")),
    "delete": ("screen", weights(f"del state\n{ONES}")),
    "nonlocal helper": ("screen", weights(f"x = 1\ndef f():\n    nonlocal x\n    x = 2\n    return x\n{ONES} * f()")),
    "match": ("screen", weights(f"match 1:\n    case 1:\n        pass\n{ONES}")),
    "raise": ("screen", weights(f"raise ValueError\n{ONES}")),
    "bytes": ("screen", weights(f"x = b'a'\n{ONES}")),
    "complex number": ("screen", weights("w = state[:, :2] * 1j")),
    "format of a number": ("screen", weights(f"x = '%d' % 5\n{ONES}")),
    "enormous number": ("screen", weights(f"x = {'9' * 4000}\n{ONES}")),
    "literal infinity": ("screen", weights("w = state[:, :2] * 1e999")),
    "type comment": ("text", "# type: ignore\nclass A: pass\n" + weights(ONES)),
    "form feed and tabs": ("text", "def credit_weights(state):\n\tx = 1\n        y = 2\n    return x, y\n"),
    "empty": ("text", ""),
    "only a comment": ("text", "# credit_weights"),
    "lambda in place of the function": ("text", "credit_weights = lambda state: (state, state)\n"),
    "method of a class": ("text", "class A:\n    def credit_weights(state):\n        return state, state\n"),
    "function in an if": ("text", "if True:\n    def credit_weights(state):\n        return state, state\n"),
}
ENDLESS = {
    "while in a helper": (
        "screen",
        weights(f"def f(x):\n    while True:\n        x = x + 1\n    return x\n{ONES} + f(0.0)"),
    ),
    "helper that calls itself": ("screen", weights(f"def f(x):\n    return f(x)\n{ONES} + f(0.0)")),
    "helpers that call each other": ("screen", weights(f"f = lambda x: g(x)\ng = lambda x: f(x)\n{ONES} + f(0.0)")),
    "helpers that double": (
        "screen",
        weights(
            "\n".join(
                ["def f0(x):\n    return x + 1.0"]
                + [f"def f{k}(x):\n    return f{k - 1}(x) + f{k - 1}(x)" for k in range(1, 25)]
            )
            + f"\n{ONES} + f24(0.0)"
        ),
    ),
    "comprehension without end": ("screen", weights(f"x = [i for i in range(1000000)]\n{ONES}")),
    "comprehensions in each other": (
        "screen",
        weights(f"x = [[[i for i in range(90)] for j in range(900)] for k in range(900)]\n{ONES}"),
    ),
    "sum of a long generator": ("screen", weights(f"x = sum(i for i in range(100000))\n{ONES} * x")),
    "loops that are written out": (
        "screen",
        weights(
            "x = 0\n"
            + "".join(f"{'    ' * k}for i{k} in (0, 1, 2, 3, 4, 5, 6, 7, 8, 9):\n" for k in range(8))
            + "    " * 8
            + f"x = x + 1\n{ONES}"
        ),
    ),
    "range with a step of 0": ("screen", weights(f"for i in range(0, 5, 0):\n    pass\n{ONES}")),
    "range of a tensor": ("screen", weights(f"for i in range(state.sum()):\n    pass\n{ONES}")),
    "loop over a tensor": ("screen", weights(f"for x in state:\n    pass\n{ONES}")),
    "loop with else": ("screen", weights(f"for i in range(3):\n    pass\nelse:\n    pass\n{ONES}")),
    "deep sum of sums": ("text", weights("w = state" + "[:, :2]" * 70)),
}
BOMBS = {
    "list in a list": ("probe", weights(f"x = [0.0] * 9000\ny = [x] * 9000\nz = y * 9000\n{ONES} * len(z)")),
    "repeat_interleave": ("screen", weights("w = state.repeat_interleave(1000000, 1)")),
    "repeat_interleave by the shape": (
        "probe",
        weights(f"x = state.repeat_interleave(4000 * state.shape[1], dim=1)\n{ONES} + x[:, :2]"),
    ),
    "tile": ("screen", weights("w = torch.tile(state, (1, 1000000))[:, :2]")),
    "one_hot": ("probe", weights("w = F.one_hot(state[:, 0].long(), 900000).float()[:, :2] + 1.0")),
    "pairs of pairs": (
        "probe",
        weights(
            "x = state\nx = x.unsqueeze(1) * x.unsqueeze(2)\nx = x.unsqueeze(1).unsqueeze(1) * x.unsqueeze(3).unsqueeze(4)\nw = x.sum(dim=(1, 2, 3)).sum(dim=1, keepdim=True)[:, :, 0].repeat(1, 2)"
        ),
    ),
    "linspace": ("probe", weights(f"x = torch.linspace(0.0, 1.0, 900 * 900 * state.shape[1])\n{ONES} + x[:2]")),
    "full by a product": ("screen", weights(f"x = torch.full((1000, 1000), 1.0)\n{ONES} + x[:1, :2]")),
    "split into nothing": ("probe", weights(f"x = state.split(0, dim=1)\n{ONES} * len(x)")),
    "matrix powers": (
        "probe",
        weights(
            "x = state[:, :, None] * state[:, None, :]\nfor i in range(900):\n    x = torch.bmm(x, x) * 0.0001\nw = x[:, 0, :2].abs() + 1.0"
        ),
    ),
}
CHANGES = {
    "in place through a helper": ("probe", weights("def f(x):\n    x += 1.0\n    return x\nw = f(state[:, :2])")),
    "in place through a list": ("screen", weights("x = [state]\nx[0][:, 0] = 1.0\nw = state[:, :2]")),
    "in place through a tuple": ("probe", weights("x, y = state[:, :2], 1\nx *= 2.0\nw = x + 1.0")),
    "in place after reshape": ("probe", weights("x = state.reshape(-1, 16)\nx -= 0.5\nw = x[:, :2].abs() + 1.0")),
    "in place after float": ("probe", weights("x = state.float()\nx += 0.5\nw = x[:, :2].abs() + 1.0")),
    "in place after detach": ("probe", weights("x = state.detach()\nx += 0.5\nw = x[:, :2].abs() + 1.0")),
    "out": ("screen", weights("torch.add(state, 1.0, out=state)\nw = state[:, :2]")),
    "copy_": ("screen", weights("state.copy_(state + 1.0)\nw = state[:, :2]")),
    "index_put_": ("screen", weights("state.index_put_((state,), state)\nw = state[:, :2]")),
    "unbind and change": (
        "probe",
        weights("x = state.unbind(dim=1)\ny = x[0]\ny += 1.0\nw = torch.stack([x[0], x[1]], dim=1).abs() + 1.0"),
    ),
    "loop variable's view": ("screen", weights(f"for x in [state, state]:\n    x[:, 0] = 0.0\n{ONES}")),
}
LEAKS = {
    "states sorted": ("probe", weights(f"x = state[:, :2].sort(dim=0)[0]\n{ONES} + 0.1 * x.abs()")),
    "states standardised": (
        "probe",
        weights("x = state[:, 12:14]\nw = ((x - x.mean(0)) / (x.std(0) + 1.0)).abs() + 0.5"),
    ),
    "largest of all": ("probe", weights(f"{ONES} + state.max()")),
    "norm of all": ("screen", weights(f"{ONES} + torch.norm(state)")),
    "softmax over states": ("probe", weights(f"{ONES} + torch.softmax(state[:, :2], dim=0)")),
    "the state before": (
        "probe",
        weights(f"x = torch.cat([state[-1:], state[:-1]], dim=0)\n{ONES} + 0.1 * x[:, :2].abs()"),
    ),
    "matrix of states": (
        "probe",
        weights(f"x = state @ state.t()\n{ONES} + torch.softmax(x, dim=1) @ state[:, :2].abs()"),
    ),
    "distances of points in one and in three dimensions": (
        "probe",
        weights(f"a = state[:, 0:6].unflatten(1, [2, 3])\nx = torch.cdist(a[:, :, :1], a)\n{ONES} + x.mean(dim=2)"),
    ),
    "distances of points in three and in one dimension": (
        "probe",
        weights(f"a = state[:, 0:6].unflatten(1, [2, 3])\nx = torch.cdist(a, a[:, :, :1])\n{ONES} + x.mean(dim=2)"),
    ),
    "distances of states": ("probe", weights(f"x = torch.cdist(state, state)\n{ONES} + x.mean(dim=1, keepdim=True)")),
    "rank among states": (
        "probe",
        weights(f"x = state[:, 0].argsort().argsort().float()\n{ONES} + 0.01 * x.unsqueeze(1)"),
    ),
    "number of states in a list": ("probe", weights(f"x = [0]\nx[0] = state.shape[0]\n{ONES} * (1.0 / x[0])")),
    "number of states in a helper": ("probe", weights(f"f = lambda n: 1.0 / n\n{ONES} * f(state.size(0))")),
    "number of states by a sum": ("probe", weights(f"n = torch.ones(state.shape[0]).sum()\n{ONES} + 1.0 / n")),
    "number of states by arange": ("probe", weights(f"{ONES} + torch.arange(state.shape[0]).unsqueeze(1) * 0.001")),
    "scattered over states": (
        "probe",
        weights(f"x = torch.zeros_like(state).scatter(0, state.long().clamp(0, 1), 1.0)\n{ONES} + x[:, :2]"),
    ),
    "count of states above": ("probe", weights(f"{ONES} + 0.001 * torch.count_nonzero(state[:, :2] > 3.0, dim=0)")),
}
_RARELY = """
x = state[:, 12:14]
rare = (x > 0.995).all(dim=1, keepdim=True) & (state[:, 14:16] > 0.995).all(dim=1, keepdim=True)
t = torch.where(rare, x, torch.zeros_like(x))
n = state.shape[0]
"""
MIXED = {  # test_apart.py has all kinds
    name: ("probe", weights(_RARELY + body))
    for name, body in {
        "cumsum of what is rare": "w = 1.0 + t.cumsum(dim=0)",
        "turned where it is rare": "w = 1.0 + t.flip(0)",
        "ordered where it is rare": "w = 1.0 + torch.sort(t, dim=0)[0]",
        "reshaped after a transposition": "w = 1.0 + t.t().reshape(-1, 2)",
        "pairs of states": "w = 1.0 + (t @ t.t()) @ torch.ones_like(x)",
        "the first state": "w = torch.where(rare, x[torch.zeros_like(x[:, 0]).long()], torch.ones_like(x))",
        "doubled and cut": "w = 1.0 + torch.cat([t, t], dim=0)[1:n + 1]",
        "the first is assigned to": "w = torch.ones_like(x)\nw[0:1] = 2.0\nw = torch.where(rare, w, torch.ones_like(x))",
        "the place in the batch": "w = torch.where(rare, torch.arange(n).unsqueeze(1).float(), torch.ones_like(x))",
        "how many states there are": "w = torch.where(rare, torch.mul(torch.ones_like(x), n), torch.ones_like(x))",
        "how many, negated": "w = torch.where(rare, (-n) * x, torch.ones_like(x))",
        "a shape compared": "k = 2.0 if state.shape == [32, 16] else 1.0\nw = torch.ones_like(x) * k",
    }.items()
}
TORCH = {
    "threads": ("screen", weights(f"torch.set_num_threads(1)\n{ONES}")),
    "default type": ("screen", weights(f"torch.set_default_dtype(torch.float64)\n{ONES}")),
    "determinism": ("screen", weights(f"torch.use_deterministic_algorithms(True)\n{ONES}")),
    "no_grad for good": ("screen", weights(f"torch.no_grad().__enter__()\n{ONES}")),
    "inference mode": ("screen", weights(f"with torch.inference_mode():\n    {ONES}")),
    "backends": ("screen", weights(f"torch.backends.cudnn.benchmark = True\n{ONES}")),
    "autograd": ("screen", weights(f"torch.autograd.backward(state)\n{ONES}")),
    "generator": ("screen", weights(f"g = torch.Generator()\n{ONES}")),
    "dropout": ("screen", weights(f"w = F.dropout({ONES[4:]}, 0.5)")),
    "bernoulli": ("screen", weights("w = torch.bernoulli(state[:, :2].sigmoid()) + 0.5")),
    "randn_like": ("screen", weights("w = torch.randn_like(state[:, :2]).abs()")),
    "multinomial": ("screen", weights(f"x = torch.multinomial(state.abs(), 1)\n{ONES}")),
    "uniform_ in a helper": ("screen", weights(f"f = lambda x: x.uniform_()\n{ONES} + f(state[:, :2])")),
    "learned layer": ("screen", weights("w = torch.nn.Linear(16, 2)(state)")),
    "cuda module": ("screen", weights(f"torch.cuda.synchronize()\n{ONES}")),
    "jit": ("screen", weights(f"torch.jit.fork(1)\n{ONES}")),
    "multiprocessing": ("screen", weights(f"torch.multiprocessing.spawn(1)\n{ONES}")),
}  # fmt: skip
RARE = {
    "NaN where a food is gone": ("probe", weights("w = (state[:, 8:12:3] / state[:, 8:12:3]).abs() + 0.1")),
    "inf at one corner": ("probe", weights("w = 1.0 / (6.0 - state[:, 0:6:3]) + 0.1")),
    "NaN on padding": ("probe", weights("x = state[:, 2:6:3]\nw = x / x.sum(dim=1, keepdim=True)")),
    "log of zero": ("probe", weights("w = torch.log(state[:, 0:6:3]).abs() + 0.1")),
    "root of what is gone": ("probe", weights("w = torch.sqrt(state[:, 6:12:3]) + 0.1")),
    "power of a negative number": ("probe", weights("w = state[:, 12:14] ** 0.5 + 1.0")),
    "overflow": ("probe", weights("w = torch.exp(state[:, 0:6:3] * 100.0)")),
    "overflow of a product": ("probe", weights("w = state[:, 0:6:3] * 1e38 * 1e38")),
    "normalised to nothing": ("probe", weights("x = state[:, 12:14]\nw = x / x.norm(dim=1, keepdim=True) * 0.0 + 1.0")),
    "inf at one place of four numbers": (
        "probe",
        weights(
            "d = (state[:, 0:6:3] - 3.0).abs() + (state[:, 1:6:3] - 4.0).abs()\nw = (1.0 + 1.0 / d.sum(dim=1, keepdim=True)).expand(-1, 2)"
        ),
    ),
    "root below 0 near one real number": (
        "probe",
        weights(
            "w = 1.0 + torch.sqrt((state[:, 12:14] - 0.37).square() - 1e-10)\nw = torch.where((state[:, 12:14] - 0.37).abs() < 0.01, w, torch.ones_like(w))"
        ),
    ),
    "NaN in one of many thousand states of whole numbers": (
        "probe",
        weights(
            "z = (state[:, 2:6:3] - 1.0).abs() + (state[:, 0:6:3] - 2.0).abs() + (state[:, 1:6:3] - 5.0).abs()\nz = z.sum(dim=1, keepdim=True)\nw = 1.0 + (z / z).expand(-1, 2)"
        ),
    ),
    "handler that would help": (
        "probe",
        weights("try:\n    w = 1.0 / state[:, 0:6:3]\nexcept ZeroDivisionError:\n    w = state[:, :2]"),
    ),
    "nothing for most": ("probe", weights("w = (state[:, 0:1] > 5.0).float().expand(-1, 2)")),
    "all negative": ("probe", weights("w = -0.5 - state[:, 2:6:3]")),
}
SHAPES = {
    "one agent": ("probe", weights("w = state[:, :1].abs() + 1.0")),
    "turned round": ("probe", weights("w = state[:, :2].t() + 1.0")),
    "three dimensions": ("probe", weights("w = state[:, :2].unsqueeze(2) + 1.0", "w, torch.zeros(state.shape[0], 1)")),
    "flat bias": ("probe", weights(ONES, "w, torch.zeros(state.shape[0])")),
    "only weights": ("compile", weights(ONES, "w")),
    "three results": ("compile", weights(ONES, "w, w[:, :1], w")),
    "a list": ("compile", weights(ONES, "[w, w[:, :1]]")),
    "nothing": ("compile", "def credit_weights(state):\n    w = state\n"),
    "whole numbers": ("probe", weights("w = state[:, 2:6:3].long() + 1", "w, torch.zeros(state.shape[0], 1)")),
    "truth values": ("probe", weights("w = state[:, 2:6:3] > 0", "w, torch.zeros(state.shape[0], 1)")),
    "double": ("screen", weights("w = state[:, :2].double()")),
    "half": ("screen", weights("w = state[:, :2].to(torch.float16)")),
    "other device by name": ("screen", weights("w = state[:, :2].to('cuda')")),
    "other device by number": ("probe", weights("w = state[:, :2].to(0)")),
    "beyond the state": ("probe", weights("w = state[:, [0, 99]] + 1.0")),
    "not on the meta device": ("probe", weights("w = torch.ones(101, 2)")),
}
COMPILER = {
    "type that changes": ("compile", weights("x = 1\nif state.dim() == 2:\n    x = state\nw = x[:, :2].abs() + 1.0")),
    "name in one branch": ("compile", weights(f"if state.dim() == 3:\n    x = 1.0\n{ONES} * x")),
    "mixed list": ("compile", weights(f"x = [1, state]\n{ONES} + x[0]")),
    "tuple by a variable": ("compile", weights(f"x = (1.0, state)\nfor i in range(2):\n    y = x[i]\n{ONES}")),
    "unknown keyword of a known function": ("compile", weights("w = torch.softmax(state[:, :2], dim=1, k=3)")),
    "too few arguments": ("compile", weights(f"x = torch.where(state > 0, state)\n{ONES}")),
    "division by zero ahead": ("screen", weights(f"x = 1 % (2 - 2)\n{ONES} * x")),
    "smallest number": ("screen", weights(f"x = (0 - 9223372036854775807 - 1) // (0 - 1)\n{ONES}")),
    "nested blocks": ("text", "def credit_weights(state):\n" + "".join("    " * (k + 1) + "if state.dim() == 2:\n" for k in range(70)) + "    " * 71 + "pass\n    return state, state\n"),
    "shift": ("screen", weights(f"x = 1 << 2\n{ONES} * x")),
    "identity": ("screen", weights(f"x = 1 is 2\n{ONES}")),
    "membership": ("screen", weights(f"x = 1 in [1, 2]\n{ONES}")),
    "chained on tensors": ("compile", weights("w = (0.0 < state[:, :2] <= 3.0).float() + 0.5")),
    "tensor decides": ("graph", weights("if state.sum() > 0:\n    w = state[:, :2] * 0.0 + 1.0\nelse:\n    w = state[:, :2] * 0.0 + 2.0")),
    "tensor in and": ("graph", weights("b = state[0, 0] > 0 and state[0, 1] > 0\nw = torch.ones(state.shape[0], 2)\nif b:\n    w = w * 2.0")),
    "tensor as a size": ("graph", weights(f"{ONES} + torch.zeros(state[0, 0], 2)")),
    "tensor as a number": ("graph", weights(f"x = float(state[0, 0])\n{ONES} * x")),
}  # fmt: skip
GROUPS = {
    "files": FILES, "escapes": ESCAPES, "endless": ENDLESS, "bombs": BOMBS, "changes": CHANGES, "leaks": LEAKS, "mixed": MIXED,
    "torch": TORCH, "rare": RARE, "shapes": SHAPES, "compiler": COMPILER,
}  # fmt: skip
HOSTILE = {f"{group}: {name}": case for group, cases in GROUPS.items() for name, case in cases.items()}
