"""Each state stands alone: what could mix states in some batch is refused by its shapes, however rare the batch."""

import pytest
import torch

from llm_credit.errors import Refused
from llm_credit.interpreter import Interpreter
from llm_credit.rehearsal import rehearse
from llm_credit.screen import screen
from llm_credit.states import draw_states

# ``rare`` holds in one drawn state in 10^10: what only shows there no probe would see
HEAD = """
x = state[:, 12:14]
y = state[:, 14:16]
rare = (x > 0.995).all(dim=1, keepdim=True) & (y > 0.995).all(dim=1, keepdim=True)
t = torch.where(rare, x, torch.zeros_like(x))
first = torch.zeros_like(x).long()
n = state.shape[0]
one = torch.ones_like(x)
"""


def source_of(body):
    lines = "".join(f"    {line}\n" for line in (HEAD.strip() + "\n" + body).splitlines())
    return f"def credit_weights(state):\n{lines}    return w, torch.zeros_like(w[:, :1])\n"


BEFORE_THE_BODY = len(HEAD.strip().splitlines()) + 1
ALONG = {
    "cumsum": "w = 1.0 + t.cumsum(dim=0)",
    "cumsum counted from the end": "w = 1.0 + t.cumsum(-2)",
    "cumsum of the transposed": "w = 1.0 + t.t().cumsum(dim=1).t()",
    "cumsum of all numbers": "w = 1.0 + t.reshape(-1).cumsum(0).reshape(-1, 2)",
    "softmax": "w = torch.where(rare, torch.softmax(t, dim=0), one)",
    "softmax without a dimension": "w = torch.where(rare, F.softmax(t.unsqueeze(2))[:, :, 0], one)",
    "log_softmax": "w = torch.where(rare, torch.log_softmax(t, 0), one)",
    "flip": "w = 1.0 + t.flip(0)",
    "flip in a list": "w = 1.0 + t.flip([1, 0])",
    "flip of more dimensions": "w = 1.0 + t.unsqueeze(0).flip(1)[0]",
    "roll": "w = 1.0 + t.roll(1, 0)",
    "roll over all numbers": "w = 1.0 + t.roll(1)",
    "sort": "w = 1.0 + torch.sort(t, dim=0, descending=True)[0]",
    "sort by the last dimension": "w = 1.0 + t.t().sort()[0].t()",
    "argsort": "w = torch.where(rare, t.argsort(dim=0).float(), one)",
    "topk": "w = torch.where(rare, t.topk(1, dim=0)[0], one)",
    "max": "w = one + t.max(dim=0, keepdim=True)[0]",
    "mean of the transposed": "w = one + t.t().mean(dim=1)",
    "sum over two": "w = one + t.sum(dim=(0, 1))",
    "std": "w = one + t.std(0, keepdim=True)",
    "gather": "w = torch.where(rare, torch.gather(x, 0, first), one)",
    "gather of fewer states": "w = one + torch.gather(torch.cat([x, x], dim=1).view(-1, 2), 1, first).view(-1, 2)",
    "scatter": "w = one + torch.zeros_like(x).scatter(0, rare.long().expand(-1, 2), 1.0) * rare.float()",
    "index_select": "w = torch.where(rare, torch.index_select(x, 0, first[:, 0]), one)",
    "select": "w = one + t.select(0, 0)",
    "narrow": "w = one + t.narrow(0, 0, 1)",
    "unbind": "w = one + t.unbind()[0]",
    "chunk": "w = one + t.chunk(2)[0]",
    "split": "w = one + t.split(1, dim=0)[0]",
    "cat": "w = torch.cat([t, one], dim=0)",
    "repeat": "w = t.repeat(2, 1)",
    "repeat with a new dimension": "w = t.repeat(2, 2, 1)[0]",
    "tile": "w = torch.tile(t, (2, 1))",
    "repeat_interleave over all numbers": "w = t.repeat_interleave(2).reshape(-1, 4)[:, :2]",
}
PLACES = {
    "state 0 by an index": "w = torch.where(rare, x[first[:, 0]], one)",
    "one state": "w = one + t[0]",
    "the last state": "w = one + t[-1:]",
    "a step": "w = one + t[::2]",
    "a slice": "w = torch.cat([t[1:], t[:1]], dim=0)",
    "behind an ellipsis": "w = one + t.t()[..., 0]",
    "a list": "w = one + t[[0]]",
    "assigned to the first": "w = one + 0.0\nw[0:1] = 2.0",
    "assigned by an index": "w = one + 0.0\nw[first[:, 0]] = 2.0",
    "marks in a table": "c = torch.zeros(7)\nc[state[:, 0].long()] = 1.0\nw = one + c[state[:, 1:2].long()]",
    "mask and list": "w = one + 0.0\nw[rare[:, 0], [0, 1]] = 2.0",
    "mask and values": "w = one + 0.0\nw[rare.expand(-1, 2)] = torch.arange(2).float()",
    "true": "w = (one + t)[True][0]",
}
PAIRS = {
    "matmul": "w = one + (t @ t.t()) @ one",
    "sum of a matmul": "w = one + one @ (t.t() @ t)",
    "bmm": "u = t.unsqueeze(0)\nw = one + torch.bmm(u, torch.bmm(u.transpose(1, 2), u))[0]",
    "einsum": "w = one + torch.einsum('ni,mi->nm', t, t).sum(dim=1, keepdim=True)",
    "einsum over states": "w = one + torch.einsum('ni,mj->nj', t, t)",
    "einsum that sums by itself": "w = one + torch.einsum('ni,nj', t, t).sum()",
    "broadcast": "u = t[:, 0]\nw = one + (u.unsqueeze(0) - u.unsqueeze(1)).abs().sum(dim=1, keepdim=True)",
    "outer": "w = one + torch.outer(t[:, 0], t[:, 0]).sum(dim=1, keepdim=True)",
    "expand": "w = one + t[:, :1].expand(n, n).t().amax(dim=1, keepdim=True)",
}
SHAPES = {
    "transposed and reshaped": "w = 1.0 + t.t().reshape(-1, 2)",
    "another width": "w = 1.0 + torch.cat([t, t], dim=1).reshape(2, -1).t().reshape(-1, 4)[:, :2]",
    "agents first": "w = 1.0 + t.t().flatten().view(-1, 2)",
    "unflatten": "w = 1.0 + t.t().reshape(-1).unflatten(0, (n, 2))",
}
NUMBER = {
    "arange": "w = torch.where(rare, torch.arange(n).unsqueeze(1).float(), one)",
    "linspace": "w = torch.where(rare, torch.linspace(0.0, 1.0, n).unsqueeze(1), one)",
    "eye": "w = one + torch.eye(n)[:, :2]",
    "eye with another size": "w = one + torch.eye(n, 2)",
    "full": "w = torch.where(rare, torch.full((n, 2), n).float(), one)",
    "full_like": "w = torch.where(rare, torch.full_like(x, n), one)",
    "mul": "w = torch.where(rare, torch.mul(one, n), one)",
    "clamp": "w = torch.where(rare, (x * 1e6).clamp(max=n), one)",
    "pow": "w = torch.where(rare, (1.0 + x).pow(n), one)",
    "masked_fill": "w = one.masked_fill(rare, n)",
    "one_hot": "w = torch.where(rare, F.one_hot(rare[:, 0].long(), n).float()[:, :2], one)",
    "negated": "w = torch.where(rare, one * (-n), one)",
    "int": "w = torch.where(rare, one * int(n), one)",
    "assigned": "w = one + 0.0\nw[:, 0] = n",
    "of a shorter tensor": "k = torch.zeros(n - 1, 2).shape[0]\nw = one * k",
    "half of it": "k = torch.zeros(n // 2, 2).shape[0]\nw = one * k",
    "in a list": "w = one * [1.0, 2.0, 3.0, 4.0, 5.0][n // 1000]",
    "shapes compared": "k = 2.0 if state.shape == [32, 16] else 1.0\nw = one * k",
    "in a tensor": "w = one + torch.tensor([n, 1])",
}
MIXING = {
    f"{kind}: {name}": body
    for kind, bodies in {
        "along": ALONG, "places": PLACES, "pairs": PAIRS, "shapes": SHAPES, "number": NUMBER,
    }.items()
    for name, body in bodies.items()
}  # fmt: skip


@pytest.mark.parametrize("name", MIXING)
def test_what_may_mix_states_is_refused_with_its_line(task, name):
    screened = screen(source_of(MIXING[name]))
    with pytest.raises(Refused) as refusal:
        rehearse(screened, task)
    assert refusal.value.stage == "probe"
    assert "fails when it runs" not in refusal.value.reason
    assert "state" in refusal.value.reason
    last = BEFORE_THE_BODY + len(MIXING[name].splitlines())
    assert BEFORE_THE_BODY < refusal.value.line <= last


KEPT = {
    "one number after the other": "w = one + 0.1 * torch.tanh(t.reshape(-1)).reshape(-1, 2)",
    "agents of all states in one dimension": "v = state[:, :6].reshape(n * 2, 3)\nw = v.mean(dim=1).view(n, 2)",
    "merged by int": "n = int(state.shape[0])\nw = state[:, :6].view(n, 2, 3).sum(dim=2)",
    "merged and split": "w = state[:, :6].view(-1, 2, 3).flatten(0, 1).unflatten(0, (-1, 2))[:, :, 2] + 1.0",
    "repeated one by one": "w = x.repeat_interleave(3, dim=0).view(n, 3, 2).mean(dim=1) + 2.0",
    "rows of a table": "w = torch.tensor([[1.0, 2.0], [3.0, 4.0]]).repeat(n, 1).view(n, 2, 2).sum(dim=1)",
    "a table by index": "w = torch.linspace(0.5, 2.0, 8)[state[:, 0:2].long()]",
    "a table by index_select": "w = torch.eye(7)[:, :2].index_select(0, state[:, 0].long()) + 0.5",
    "a table by gather": "w = torch.arange(7).float().unsqueeze(1).expand(7, 2).gather(0, state[:, 0:2].long()) + 1.0",
    "gather along agents": "w = one + t.gather(1, x.argsort(dim=1))",
    "scatter along agents": "w = torch.zeros_like(x).scatter(1, x.argmax(dim=1, keepdim=True), 1.0) + 0.5",
    "all of them": "w = one[:n] + t[0:n, :]",
    "by a mask": "w = one + 0.0\nw[rare[:, 0], 1] = 2.0\nw[x > 0.5] = 3.0\nw[:, 0] = y[:, 0] + 1.0",
    "states last": "u = t.t()\nw = 1.0 + u.flip(0).cumsum(dim=0).t()",
    "states in the middle": "u = torch.stack([x, y], dim=0)\nw = u.amax(dim=0) + u.softmax(dim=0)[1]",
    "products for each state": "g = torch.einsum('ni,nj->nij', x, y)\nw = torch.bmm(g, y.unsqueeze(2)).squeeze(2) + 3.0",
    "products with a table": "w = x @ torch.ones(2, 2) + torch.einsum('ij,nj->ni', torch.eye(2), y) + 5.0",
    "vectors of states": "w = torch.outer(x[:, 0], torch.ones(2)) + 2.0",
    "sizes by shape": "w = torch.ones(state.shape[0], 2) + state.new_zeros(x.shape) + torch.zeros(len(state), 1)",
    "twice the size": "w = torch.ones(2 * n, 1).view(n, 2) + torch.zeros(4 * n // 2, 1).reshape(-1, 2)",
    "implicit softmax of two dimensions": "w = F.softmax(x)",
}


@pytest.mark.parametrize("name", KEPT)
def test_what_cannot_mix_states_is_accepted(task, name):
    """and, as they stand, each of these gives every state the credits that it has alone."""
    screened = screen(source_of(KEPT[name]))
    rehearse(screened, task)
    states = draw_states(task, 7)
    states[[0, 3, 6], 12:] = 1.0  # rare
    together = Interpreter(screened)(states)[0]
    alone = torch.cat([Interpreter(screened)(states[i : i + 1])[0] for i in range(7)])
    assert together.shape == (7, 2)
    torch.testing.assert_close(together, alone)
