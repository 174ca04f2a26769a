"""The prover's bounds hold for what float32 really gives: each operation at single points, where bounds are tightest.

At a point the two bounds differ by the operation's error margin alone, so a margin that is too small fails here.
"""

import pytest
import torch

from llm_credit import igm  # noqa: F401  (fills the table of operations)
from llm_credit.intervals import OPERATIONS, Value

N = 20_000


def numbers(low, high, shape=(N,), seed=0):
    """float32 numbers, half of them spread evenly and half over the orders of magnitude."""
    g = torch.Generator().manual_seed(seed)
    even = low + (high - low) * torch.rand(*shape, generator=g)
    small = even * 10 ** (-6 * torch.rand(*shape, generator=g))
    return torch.where(torch.rand(*shape, generator=g) < 0.5, even, small).clamp(low, high).float()


def at(t):
    d = t.double()
    return Value(d, d, torch.zeros_like(d, dtype=torch.bool))


def bounds(name, *points, extra=()):
    return OPERATIONS[name].rule([p if isinstance(p, Value) else at(p) for p in points], extra, torch.float32)


def holds(value, got):
    inside = (got.double() >= value.low) & (got.double() <= value.high)
    assert bool(inside.all()), f"{int((~inside).sum())} of {inside.numel()} lie outside"


ROUGH = {
    "exp": (-80.0, 80.0), "log": (1e-6, 1e6), "log1p": (-0.99, 100.0), "expm1": (-20.0, 20.0), "sqrt": (0.0, 1e6),
    "rsqrt": (1e-6, 1e6), "sigmoid": (-20.0, 20.0), "tanh": (-5.0, 5.0), "atan": (-50.0, 50.0), "softplus": (-18.0, 18.0),
}  # fmt: skip
FUNCTIONS = {"softplus": torch.nn.functional.softplus}


@pytest.mark.parametrize("name", ROUGH)
def test_functions_that_no_two_machines_compute_alike_have_room_for_it(name):
    """Within torch's own error here, and wide enough for an implementation four units in the last place off."""
    x = numbers(*ROUGH[name])
    got = FUNCTIONS.get(name) or getattr(torch, name)
    result, value = got(x), bounds(name, x)
    holds(value, result)
    exact = got(x.double())
    ends = {"sigmoid": (0.0, 1.0), "tanh": (-1.0, 1.0), "expm1": (-1.0, 1e30)}.get(name, (-float("inf"), float("inf")))
    room = exact.abs() * 4 * 2.0**-23
    usual = (exact.abs() > 1e-30) & (exact - room > ends[0]) & (exact + room < ends[1])
    if name == "exp":  # never above 1 for what is not above 0, which the proof uses
        usual = usual & ((x > 0) | (exact + room < 1.0))
    for reached in (exact - room, exact + room):
        assert bool(((reached >= value.low) & (reached <= value.high))[usual].all())


@pytest.mark.parametrize("power", [3, 4, 0.5, -0.5, 1.7, -2])
def test_powers(power):
    x = numbers(0.01, 50.0)
    p = torch.tensor(float(power)).float()
    holds(bounds("pow", x, at(p)), torch.pow(x, power))


@pytest.mark.parametrize("name", ["add", "sub", "mul", "div"])
def test_arithmetic(name):
    x, y = numbers(-100.0, 100.0, seed=1), numbers(0.001, 100.0, seed=2)
    holds(bounds(name, x, y), getattr(torch, name)(x, y))


def test_products_may_stay_unrounded():
    """A fused multiply-add uses the exact product."""
    x, y = numbers(-100.0, 100.0, seed=1), numbers(-100.0, 100.0, seed=2)
    value = bounds("mul", x, y)
    exact = x.double() * y.double()
    assert bool(((exact >= value.low) & (exact <= value.high)).all())


@pytest.mark.parametrize("divisor", [3.0, 7.0, 0.1, 1.9])
def test_division_by_a_number_may_be_a_product_with_its_reciprocal(divisor):
    x, c = numbers(-100.0, 100.0), torch.tensor(divisor).float()
    value = bounds("div", x, at(c))
    holds(value, x / c)
    holds(value, x * (1 / c))


def test_a_mean_may_be_either_too():
    x = numbers(-100.0, 100.0)
    value = bounds("share", x, extra=(7,))
    holds(value, x / 7)
    holds(value, x * torch.tensor(1 / 7).float())


def sequential(x):
    total = torch.zeros_like(x[:, 0])
    for k in range(x.shape[1]):
        total = total + x[:, k]
    return total


@pytest.mark.parametrize("low", [-1.0, 0.0, -1000.0])
def test_sums_in_any_order(low):
    x = numbers(low, 1000.0, (4000, 17))
    value = bounds("sum", x, extra=(1, False))
    for order in (x, x.flip(1), x.sort(dim=1)[0], x.sort(dim=1, descending=True)[0]):
        holds(value, sequential(order).unsqueeze(1))
    holds(value, x.sum(dim=1, keepdim=True))


def test_running_sums():
    x = numbers(-3.0, 1000.0, (4000, 17))
    holds(bounds("cumsum", x, extra=(1,)), torch.stack([sequential(x[:, : k + 1]) for k in range(17)], dim=1))


def test_products_of_many():
    x = numbers(0.2, 1.9, (4000, 9))
    value = bounds("prod", x, extra=(1,))
    for order in (x, x.flip(1)):
        got = torch.ones(4000)
        for k in range(9):
            got = got * order[:, k]
        holds(value, got.unsqueeze(1))


@pytest.mark.parametrize("name", ["var", "log_softmax", "logsumexp", "softmax"])
def test_reductions_of_whole_rows(name):
    x = numbers(-8.0, 9.0, (4000, 5))
    value = bounds(name, x, extra=(1, 1) if name == "var" else (1,))
    got = {
        "var": lambda: x.var(dim=1, keepdim=True),
        "log_softmax": lambda: torch.log_softmax(x, 1),
        "logsumexp": lambda: torch.logsumexp(x, 1, keepdim=True),
        "softmax": lambda: torch.softmax(x, 1),
    }[name]()
    holds(value, got)


def test_variance_of_equal_large_numbers_is_not_taken_for_zero():
    """Their mean is rounded, so float32 may find a variance where there is none."""
    x = numbers(1e4, 1e6, (4000, 1)).expand(4000, 7).contiguous()
    holds(bounds("var", x, extra=(1, 1)), x.var(dim=1, keepdim=True))


def test_a_mean_lies_between_least_and_greatest_but_for_rounding():
    x = numbers(0.1, 7.3, (4000, 1)).expand(4000, 11).contiguous()
    total = bounds("share", bounds("sum", x, extra=(1, False)), extra=(11,))
    value = OPERATIONS["between"].rule(
        [total, bounds("amin", x, extra=(1,)), bounds("amax", x, extra=(1,))], (), torch.float32
    )
    holds(value, (sequential(x) / 11).unsqueeze(1))


def test_operands_of_matrix_products_may_lose_all_but_eleven_bits():
    x = numbers(-100.0, 100.0)
    value = bounds("coarse", x)
    cut = (x.view(torch.int32) & ~0x1FFF).view(torch.float32)  # TF32's ten bits behind the point, cut
    near = ((x.view(torch.int32) + 0x1000) & ~0x1FFF).view(torch.float32)
    holds(value, cut)
    holds(value, near)


def test_interpolation():
    a, b, w = numbers(-5.0, 5.0, seed=1), numbers(-5.0, 5.0, seed=2), numbers(0.0, 1.0, seed=3)
    holds(bounds("lerp", a, b, w), torch.lerp(a, b, w))


@pytest.mark.parametrize("name", ["floordiv", "mod"])
@pytest.mark.parametrize("divisor", [0.1, 0.3, 2.0, 7.0])
def test_whole_division(name, divisor):
    x, c = numbers(-50.0, 50.0), torch.tensor(divisor).float()
    holds(bounds(name, x, at(c)), x // c if name == "floordiv" else x % c)
