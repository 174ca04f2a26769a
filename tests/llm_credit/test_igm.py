"""The proof of IGM never says more than is true.

Legend: N rows, S state, A agents, U actions.
"""

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from .igm_functions import MONOTONIC, UNPROVED, VIOLATING, A, U, make_igm_task, source_of

from llm_credit.builtin import proximity, sharp, uniform
from llm_credit.igm import Proof, prove
from llm_credit.interpreter import Interpreter
from llm_credit.screen import screen

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


PROVED = {name: screen(source_of(body)) for name, body in MONOTONIC.items()}
