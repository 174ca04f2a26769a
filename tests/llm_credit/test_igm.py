"""The proof of IGM never says more than is true.

Legend: N rows, S state, A agents, U actions.
"""

import contextlib
from dataclasses import replace

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from llm_credit.builtin.lbf import proximity, sharp
from llm_credit.builtin.uniform import uniform
from llm_credit.igm import _arguments, prove
from llm_credit.interpreter import Interpreter
from llm_credit.interval_tensors import Tensor
from llm_credit.interval_walk import Walk
from llm_credit.intervals import MEMBERS, Unfollowed
from llm_credit.screen import screen

from .igm_functions import MONOTONIC, UNPROVED, VIOLATING, A, U, make_igm_task, source_of

TASK = make_igm_task()
QUIET = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large]}


def draw(n, seed, task=TASK):
    """[n, S] states, most of them at ends of ranges, at zero, next to either, or with entities absent."""
    g = torch.Generator().manual_seed(seed)
    states = torch.zeros(n, task.state_dim)

    def rand(*shape):
        return torch.rand(*shape, generator=g)

    for f in task.state_fields:
        for e in range(f.count):
            if f.kind == "one_hot":
                v = torch.zeros(n, f.size).scatter_(1, rand(n, f.size).argmax(1, keepdim=True), 1.0)
                v = v * (rand(n, 1) < 0.8)
            elif f.kind == "binary":
                v = torch.where(rand(n, f.size) < 0.5, f.low, f.high)
            else:
                v = f.low + rand(n, f.size) * (f.high - f.low)
                kind = rand(n, f.size)
                tiny = 10 ** (-8 * rand(n, f.size)) * 0.1
                for k, other in enumerate((f.low, f.high, f.low + tiny, f.high - tiny, tiny, -tiny, 0.0)):
                    v = torch.where((kind > 0.1 * k) & (kind < 0.1 * (k + 1)), other, v)
                v = (v.round() if f.kind == "integer" else v).clamp(f.low, f.high)
                if f.absent is not None:
                    v = torch.where(rand(n, 1) < 0.2, f.absent, v)
            states[:, f.slice_of(e)] = v
    states[rand(n) < 0.02] = 0  # padded rows
    return states


def weights(screened, states, seed=0):
    """The weights that the mixer would use, [N, A]; for the advantage form lambda for drawn actions."""
    run, n = Interpreter(screened), len(states)
    if screened.form == "credit_weights":
        return run(states)[0]
    if screened.form == "credit_advantages":
        g = torch.Generator().manual_seed(seed)
        hot = torch.zeros(n, A, U).scatter_(2, torch.randint(U, (n, A, 1), generator=g), 1.0)
        return run(states, hot * (torch.rand(n, 1, 1, generator=g) < 0.9))
    base = run(torch.zeros(n, A), states)
    return A * torch.cat([run(torch.eye(A)[i].expand(n, A).clone(), states) - base for i in range(A)], dim=1)


PROVED = {name: screen(source_of(body)) for name, body in MONOTONIC.items()}


@pytest.mark.parametrize("name", VIOLATING)
def test_what_violates_igm_is_never_proved(name):
    """and the violation is real: some allowed state gives a negative weight."""
    screened = screen(source_of(VIOLATING[name]))
    proof = prove(screened, TASK)
    assert not proof.proved, proof
    assert proof.reason
    assert float(weights(screened, draw(60_000, 1)).min()) < 0


@pytest.mark.parametrize("name", MONOTONIC)
def test_these_monotonic_functions_are_proved(name):
    screened = screen(source_of(MONOTONIC[name]))
    proof = prove(screened, TASK)
    assert proof.proved, proof
    w = weights(screened, draw(5_000, 2))
    assert proof.low <= float(w.min())
    assert float(w.max()) <= proof.high


@pytest.mark.parametrize("name", UNPROVED)
def test_what_bounds_cannot_see_is_not_proved_though_monotonic(name):
    screened = screen(source_of(UNPROVED[name]))
    assert not prove(screened, TASK).proved
    assert float(weights(screened, draw(5_000, 3)).min()) >= 0


@given(seed=st.integers(0, 2**32))
@settings(max_examples=25, **QUIET)
def test_no_state_gives_a_negative_weight_where_igm_is_proved(seed):
    states = draw(300, seed)
    for name, screened in PROVED.items():
        assert float(weights(screened, states, seed).min()) >= 0, name


# Random programs: each line makes a new value of the kind on the left from values of the kinds in braces.
# F [N, 2], K [N, 1], G [N, 2, 3], B bool [N, 2], I whole [N, 2]
LINES = {
    "F": [
        "{F} + {F}", "{F} - {F}", "{F} * {F}", "{F} / {F}", "{F} + {K}", "{F} - {K}", "{F} / {K}", "{F} * {K}",
        "-{F}", "{F} / 3", "1.1 - {F}", "{F} * 0.7", "2 / {F}", "{F} ** 2", "{F} ** 3", "{F} ** 0.5", "{F} ** -1",
        "torch.exp({F})", "torch.log({F})", "torch.log1p({F})", "torch.sqrt({F})", "torch.rsqrt({F})", "{F}.abs()",
        "torch.sigmoid({F})", "torch.tanh({F})", "torch.relu({F})", "{F}.square()", "torch.sign({F})", "{F}.floor()",
        "{F}.ceil()", "{F}.round()", "{F}.sin()", "{F}.cos()", "{F}.atan()", "{F}.expm1()", "{F}.reciprocal()",
        "F.softplus({F})", "torch.nan_to_num({F}, nan=0.5)", "{F}.clamp(0.0, 1.0)", "{F}.clamp(min=0.1)",
        "torch.clamp({F}, max=0.3)", "torch.maximum({F}, {F})", "torch.minimum({F}, {F})", "{F}.clamp(min={K})",
        "torch.where({B}, {F}, {F})", "torch.where({B}, {F}, 0.0)", "torch.where({F} > 0.0, {F}, {F})",
        "torch.where({F} > {F}, {F} - {F}, 0.0)", "{B}.float()", "{B} * {F}", "1 - {B}.float()", "{I}.float()",
        "{I} * {F}", "{I} / 4", "{F}.masked_fill({B}, -0.5)", "{F} // 2", "{F} % 2", "{F}.cumsum(dim=1)",
        "torch.softmax({F}, dim=1)", "F.log_softmax({F}, dim=1)", "{F}.flip(1)", "{F}.roll(1, 1)",
        "{F}.sort(dim=1)[0]", "{F}.topk(2, dim=1).values", "{G}.sum(dim=2)", "{G}.mean(dim=2)", "{G}[:, :, 1]",
        "{G}.select(2, -1)", "{F}.narrow(1, 1, 1).expand(-1, 2)", "{G}.amax(dim=2)", "{G}.min(dim=2).values", "{G}.prod(dim=2)", "{G}.std(dim=2)", "{G}.var(dim=2, correction=0)",
        "{G}.logsumexp(dim=2)", "torch.cat([{K}, {K}], dim=1)", "torch.stack([{F}[:, 0], {F}[:, 1]], dim=1)",
        "torch.einsum('nij,ni->ni', {G}, {F})", "torch.matmul({F}, torch.tensor([[0.5, 1.0], [-1.0, 2.0]]))",
        "torch.lerp({F}, {F}, torch.sigmoid({F}))", "{F}.gather(1, {I}.clamp(0, 1))", "{K}.expand(-1, 2)",
        "{F} - {F}.amin(dim=1, keepdim=True)", "{F}.amax(dim=1, keepdim=True) - {F}", "2.0 ** {F}",
        "{F} / ({F}.sum(dim=1, keepdim=True) + 0.1)", "torch.where({F} != 0, 1 / {F}, 0.0)",
    ],
    "K": [
        "{F}.sum(dim=1, keepdim=True)", "{F}.mean(dim=1, keepdim=True)", "{F}.max(dim=1, keepdim=True)[0]",
        "{F}[:, 0:1]", "{F}.amin(dim=1).unsqueeze(1)", "{F}.prod(dim=1, keepdim=True)", "{K} * {K}", "{K} - {K}",
        "{K}.exp()", "{B}.any(dim=1, keepdim=True).float()", "{B}.all(dim=1, keepdim=True).float()",
        "{F}.std(dim=1, keepdim=True)", "{B}.sum(dim=1, keepdim=True).float()", "{F}[:, 1].view(-1, 1)",
    ],
    "G": [
        "{F}.unsqueeze(2) - {G}", "{F}.unsqueeze(2) * {G}", "{G} * {G}", "1 - {G}", "{F}.unsqueeze(2).expand(-1, -1, 3)",
        "{F}.unsqueeze(2) * torch.tensor([0.5, -1.0, 2.0])", "torch.softmax({G}, dim=2)", "{G}.abs()", "{G}.flip(2)",
        "torch.where(({G} > 0.2), {G}, -{G})", "{F}.repeat(1, 3).view(-1, 2, 3)", "{F}.repeat(1, 3).unflatten(1, [2, 3])", "{G}.transpose(1, 2).reshape(-1, 2, 3)",
        "({G} > 0.5).float()", "F.one_hot({I}.clamp(0, 2), 3).float()", "torch.where({B}.unsqueeze(2), {G}, 0.0)",
    ],
    "B": [
        "{F} > {F}", "{F} <= 0.5", "{F} == {F}", "{F} != 0", "{F} < {K}", "{B} & {B}", "{B} | ~{B}", "{B} ^ {B}",
        "torch.logical_not({B})", "{I} >= 2", "{I} == 1", "{F}.to(torch.bool)", "torch.isnan({F})",
        "torch.isfinite({F})", "torch.isinf({F})", "{F} >= 0.25", "torch.logical_and({F}, {B})",
    ],
    "I": [
        "{I} + {I}", "{I} * 2", "{I} - {I}", "{F}.clamp(-3, 3).long()", "{B}.long()", "{G}.argmax(dim=2)", "{I} // 2",
        "{I} % 3", "{F}.argsort(dim=1)", "{I}.abs()", "{I}.clamp(-1, 2)", "torch.where({B}, {I}, {I})", "-{I}",
    ],
}  # fmt: skip
FIRST = {
    "F": ["x", "y", "row", "food_row", "level", "alive", "ammo"],
    "K": ["x[:, 0:1]", "ammo[:, 1:2]"],
    "G": ["last", "x.unsqueeze(2) * last"],
    "B": ["x > 0", "alive > 0.5"],
    "I": ["row.long()", "level.long()"],
}
KINDS = list(LINES)


@st.composite
def programs(draw):
    """The lines of a body; ``draw`` prefers recent values, so that programs are deep."""
    known = {k: [f"({e})" for e in es] for k, es in FIRST.items()}
    body = []
    for i in range(draw(st.integers(1, 10))):
        kind = draw(st.sampled_from("FFFKGBI"))
        line = draw(st.sampled_from(LINES[kind]))
        while "{" in line:
            j = line.index("{")
            choices = known[line[j + 1]]
            line = line[:j] + choices[-1 - draw(st.integers(0, len(choices) - 1))] + line[j + 3 :]
        body.append(f"v{i} = {line}")
        known[kind].append(f"v{i}")
    return "\n".join(body) + "\nw = torch.ones(n, 2)"


@given(body=programs(), seed=st.integers(0, 2**32))
@settings(max_examples=300, **QUIET)
def test_every_value_of_a_random_program_lies_within_its_bounds(body, seed):
    screened = screen(source_of(body))
    walk = Walk(screened)
    with contextlib.suppress(Unfollowed):  # what comes before must be right all the same
        walk(*_arguments(screened.form, walk, TASK))
    run = Interpreter(screened)
    try:
        run(draw(300, seed))
    except (RuntimeError, IndexError):
        assert "w" not in walk.names or "gather" in body or "one_hot" in body
    for name, followed in walk.names.items():
        if isinstance(followed, Tensor) and name in run.names:
            check_within(name, followed.node.value, run.names[name])


def check_within(name, value, concrete):
    t = concrete.double()
    missing = torch.isnan(t)
    assert value.nan or not bool(missing.any()), f"{name} may be NaN"
    inside = missing | ((t >= value.low) & (t <= value.high))
    assert bool(inside.all()), (name, t[~inside][:3])
    finite = t.isfinite() & value.whole
    assert bool(((t == t.round()) | ~finite).all()), f"{name} is not whole"
    if value.column is not None:
        names, some = value.column.expand(t.shape)[0].flatten(), (t != 0).flatten(1)
        hot: dict[int, torch.Tensor] = {}  # how many of a group's numbers are not 0, for every state
        for member in names[names > 0].unique():
            group = int(member) // MEMBERS
            hot[group] = hot.get(group, 0) + some[:, names == member].any(1).long()
        assert all(int(h.max()) <= 1 for h in hot.values()), f"{name} is not exclusive"


@pytest.mark.parametrize(
    ("body", "line", "words"),
    [
        ("a = x * 2\nw = a - 1", 10, "agent 0 may be as low as -3"),
        ("a = x / y\nw = a.abs()", 9, "0 / 0"),
        ("k = 1 + 1\nw = (x.sum() + k).expand(n, 2)", 10, "mixes states"),
        ("w = x.cumsum(dim=0) ** 2", 9, "states' dimension"),
        ("w = torch.arange(n).view(-1, 1) + torch.zeros(n, 2)", 9, "only be used as a size"),
        ("w = x.view(2, -1).t() * 0.0 + 1", 9, "mixes states"),
        ("w = agents_q.max(dim=1, keepdim=True)[0]", 9, "not linear: amax"),
        ("w = torch.relu(agents_q).sum(dim=1, keepdim=True)", 9, "not linear: relu"),
        ("w = torch.ones(n, 3)", None, "should be [N, 2]"),
    ],
)
def test_the_reason_names_operation_and_line(body, line, words):
    proof = prove(screen(source_of(body)), TASK)
    assert not proof.proved
    assert words in proof.reason
    assert line is None or proof.line == line


def test_a_state_beyond_the_declared_range_is_not_covered():
    """the proof is about declared ranges: the same function is proved for one task and not for a wider one."""
    body = "w = 1 - ammo / 7"
    wider = [replace(f, high=7.5) if f.name == "ammo" else f for f in TASK.state_fields]
    assert prove(screen(source_of(body)), TASK).proved
    assert not prove(screen(source_of(body)), replace(TASK, state_fields=tuple(wider))).proved


@pytest.mark.parametrize("build", [uniform, proximity, sharp])
def test_shipped_functions_are_proved(build, task):
    assert prove(screen(build(task)), task).proved
