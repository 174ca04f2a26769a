"""Every function and statement that the screen allows: the prover's bounds hold, or it says what it cannot follow."""

import pytest
import torch

from llm_credit.errors import Refused
from llm_credit.igm import prove
from llm_credit.interpreter import Interpreter
from llm_credit.screen import screen
from llm_credit.states import corner_states, draw_states

from .test_meaning import CALLS, HEAD, STATEMENTS

MORE = {
    "clamp_min after": "x.clamp_min(0.5)",
    "clamp_max after": "2.0 - x.clamp_max(0.5)",
    "clamp by a tensor": "torch.clamp(x, min=y)",
    "sizes": "torch.ones(x.size(0), x.size(1)) * x.dim()",
    "all sizes": "torch.ones(x.size()) * len(x.shape)",
    "new zeros": "x.new_zeros(x.shape[0], 2) + x.new_ones(x.shape[0], 2)",
    "like": "torch.full_like(x, 2.0) + torch.ones_like(x) + torch.zeros_like(x)",
    "one hot": "F.one_hot(k.clamp(min=0, max=6), num_classes=7).float()[:, :, 1]",
    "contiguous": "x.contiguous().clone() + 2.0",
    "expand as": "z[:, :1].expand_as(z)",
    "transposed twice": "torch.ones(2, 3).t().sum(dim=1) * z",
    "outer": "torch.outer(torch.ones(2), torch.ones(2))[0] * z",
    "chunks": "x.chunk(2, dim=1)[0].repeat(1, 2)",
    "unflattened": "z.repeat(1, 3).unflatten(1, [3, 2]).sum(dim=1)",
    "narrowed": "z.narrow(1, 0, 1) + z.narrow(1, -1, 1).expand(-1, 2)",
    "one of a dim": "z.select(1, -1).unsqueeze(1) + torch.select(z, 1, 0).unsqueeze(1).expand(-1, 2)",
    "distances": "torch.cdist(z.unsqueeze(2), z.unsqueeze(2), p=1.0).sum(dim=2)",
    "selected": "z.index_select(1, torch.tensor([1, 0]))",
    "argument of the largest": "torch.argmax(z, dim=1, keepdim=True) + z",
    "masks": "((x > 0.0) & (y > 0.0) | ~(x > 0.5)).float() + ((x > 0.0) ^ (y > 0.0)).float()",
    "mask algebra": "m.float() * (1.0 - m.float()) + 1.0",
    "where on whole numbers": "torch.where(k > 2, k, k * 0).float()",
    "whole numbers": "(k // 2 + k % 2).float()",
    "means": "z.mean(dim=1, keepdim=True) + z.std(dim=1, keepdim=True) + z.var(dim=1, keepdim=True)",
    "products over agents": "torch.prod(z, dim=1, keepdim=True) * torch.ones_like(z)",
    "running sums": "torch.cumsum(z, dim=1)",
    "einsum": "torch.einsum('ni,nj->nij', z, z).sum(dim=2)",
    "einsum diagonal": "torch.einsum('ni,ni->ni', x, x)",
    "matrix product": "z @ torch.ones(2, 2)",
    "log of a sum": "torch.logsumexp(x, dim=1, keepdim=True) * torch.ones_like(x)",
    "distance from the least": "x - x.amin(dim=1, keepdim=True)",
    "share": "z / (z.sum(dim=1, keepdim=True) + 1e-6)",
    "guarded division": "torch.where(x > 0.1, 1.0 / torch.clamp(x, min=0.1), torch.zeros_like(x))",
    "roots": "torch.sqrt(z) + torch.rsqrt(z) + torch.square(x)",
    "signs": "torch.sign(x) + 1.0",
    "roll without dims": "torch.roll(x, 1, 1)",
    "reshaped": "x.reshape(-1, 1, 2).flatten(1) + x.view(x.shape[0], 2)",
    "nan to num": "torch.nan_to_num(x, nan=0.0, posinf=1.0, neginf=-1.0) + 1.0",
    "truth": "torch.isfinite(x).float() + torch.isnan(x).float() + torch.isinf(x).float()",
    "power": "z.pow(3.0) + z ** 0.5 + x ** 2",
    "arctangent": "torch.atan(x) + 2.0",
    "nested choice": "torch.where(x > 0.0, torch.where(y > 0.0, x + y, x), -x)",
    "choice between": "torch.where(x > y, x - y, y - x)",
    "scatter by loop": "torch.stack([z[:, i] * (i + 1.0) for i in range(2)], dim=1)",
}  # fmt: skip


def sources():
    for name, call in {**CALLS, **MORE}.items():
        yield name, f"{HEAD}    v = {call}\n    w = torch.zeros_like(x) + v\n    return w, x[:, :1]\n"
        yield name + " alone", f"{HEAD}    v = {call}\n    return v, x[:, :1]\n"
    for name, body in STATEMENTS.items():
        lines = "".join(f"    {line}\n" for line in body.splitlines())
        yield name + " statement", f"{HEAD}{lines}    return w, w[:, :1]\n"


SOURCES = dict(sources())


@pytest.fixture(scope="module")
def states(task):
    return torch.cat([draw_states(task, 400, seed=11), corner_states(task)])


@pytest.mark.parametrize("name", SOURCES)
def test_bounds_hold_or_the_reason_is_told(task, states, name):
    try:
        screened = screen(SOURCES[name])
    except Refused:
        return  # a comprehension, for one: not a function that could be proved
    proof = prove(screened, task)
    if not proof.proved and proof.low == float("-inf"):
        assert proof.reason
        return
    try:
        w = Interpreter(screened)(states.clone())[0].float()
    except Exception:  # a shape that does not fit: nothing was said of it that could be wrong
        return
    assert float(w.min()) >= proof.low - 1e-6
    assert float(w.max()) <= proof.high + 1e-6
    assert not proof.proved or bool((w >= 0).all())


UNFOLLOWED = {
    "a value of all states": "w = x + x.sum()",
    "a float of rows": "w = z * float(state.shape[0])",
    "a size from rows": "w = torch.ones(state.shape[0] * 2, 2)",
    "a mean over nothing said": "w = z * z.mean()",
    "states rolled": "w = z.roll(1)",
    "letters repeated": "w = torch.einsum('ii->i', torch.ones(2, 2)) * z",
    "some states": "w = z.clone()\nw[0] = 1.0",
    "bits of whole numbers": "w = (k & 1).float()",
    "angles": "w = torch.atan2(x, y) + 4.0",
    "index from the state": "w = torch.ones(7)[k]",
    "not a pair": "w = z\nreturn w",
    "masked rows": "w = z.clone()\nw[m] = 0.5",
    "unguarded division": "w = z / x",
    "a root of what may be negative": "w = torch.sqrt(x)",
    "a logarithm": "w = torch.log(x) + 50.0",
}


@pytest.mark.parametrize("name", UNFOLLOWED)
def test_what_cannot_be_followed_is_named_with_its_line(task, name):
    lines = "".join(f"    {line}\n" for line in UNFOLLOWED[name].splitlines())
    proof = prove(screen(f"{HEAD}{lines}    return w, w[:, :1]\n"), task)
    if name == "masked rows":  # followed: either value stays non-negative
        return
    assert not proof.proved
    assert proof.reason


def test_a_function_that_is_too_long_is_given_up_in_time(task):
    import time

    body = "    for i in range(3000):\n        w = torch.sin(w) * 0.9 + torch.cos(w * 1.1)\n"
    start = time.monotonic()
    proof = prove(screen(f"{HEAD}    w = x + 2.0\n{body}    return w, w[:, :1]\n"), task)
    assert not proof.proved
    assert "too many steps" in proof.reason
    assert time.monotonic() - start < 60
