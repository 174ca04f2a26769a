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


# Whole boxes: points of a box go where its bounds say, infinite ends and zeros of either sign among them


ENDS = torch.tensor(
    [-torch.inf, -1e38, -1000.0, -2.0, -1.0, -0.5, -1e-6, 0.0, 1e-6, 0.5, 1.0, 2.0, 3.0, 1000.0, 1e38, torch.inf]
)
TAME = ENDS[2:14]


def boxes(ends, k, seed, shape=(600, 3), whole=False):
    """Random bounds ``[600, 3]`` and 12 points inside each, ends included. ``whole``: of whole numbers only."""
    g = torch.Generator().manual_seed(1000 * k + seed)
    ends = ends[ends == ends.round()] if whole else ends
    a, b = (ends[torch.randint(len(ends), shape, generator=g)] for _ in (0, 1))
    low, high = torch.minimum(a, b), torch.maximum(a, b)
    finite_low, finite_high = low.clamp(-3e38, 3e38), high.clamp(-3e38, 3e38)
    points = [low, high]
    for _ in range(10):
        u = torch.rand(*shape, generator=g)
        p = finite_low * (1 - u) + finite_high * u
        p = p.round() if whole else p
        points.append(torch.where((low <= 0) & (high >= 0) & (u < 0.1), torch.where(u < 0.05, 0.0, -0.0), p))
    value = Value(low.double(), high.double(), torch.full(shape, whole))
    return value, [p.clamp(low, high) for p in points]


def contained(value, got):
    d, missing = got.double(), torch.isnan(got)
    assert value.nan or not bool(missing.any()), "NaN"
    inside = missing | ((d >= value.low) & (d <= value.high))
    assert bool(inside.all()), d[~inside][:3]
    assert bool((missing | ~d.isfinite() | (d == d.round()) | ~value.whole).all()), "not whole"


ONE = ["neg", "square", "abs", "exp", "sin", "cos", "log", "log1p", "expm1", "sqrt", "sigmoid", "tanh", "relu", "sign",
       "floor", "ceil", "round", "atan", "reciprocal", "softplus", "rsqrt"]  # fmt: skip


@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize("name", ONE)
def test_boxes_of_one_argument(name, whole):
    box, points = boxes(ENDS, 1, 0, whole=whole)
    f = FUNCTIONS.get(name) or getattr(torch, name)
    if name == "rsqrt":  # nothing is said of both zeros
        points = [p.abs() if float(box.low.min()) >= 0 else p for p in points]
    value = OPERATIONS[name].rule([box], (), torch.float32)
    for p in points:
        contained(value, f(p))


TWO = {"add": torch.add, "sub": torch.sub, "mul": torch.mul, "div": torch.div, "maximum": torch.maximum,
       "minimum": torch.minimum}  # fmt: skip


@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize("name", TWO)
def test_boxes_of_two_arguments(name, whole):
    (a, ps), (b, qs) = boxes(ENDS, 1, 0, whole=whole), boxes(ENDS, 2, 0, whole=whole)
    value = OPERATIONS[name].rule([a, b], (), torch.float32)
    for p, q in [(p, q) for p in ps for q in qs[:4]] + list(zip(ps, qs, strict=True)):
        contained(value, TWO[name](p, q))


@pytest.mark.parametrize("power", [-1.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0])
def test_boxes_of_powers(power):
    box, points = boxes(TAME, 1, 0)
    value = OPERATIONS["pow"].rule([box, at(torch.tensor(power))], (), torch.float32)
    for p in points:
        contained(value, torch.pow(p, power))


@pytest.mark.parametrize("divisor", [2.0, 3.0, 0.5])
@pytest.mark.parametrize("name", ["floordiv", "mod"])
def test_boxes_of_whole_division(name, divisor):
    box, points = boxes(TAME, 1, 0, whole=divisor != 0.5)
    c = Value(torch.tensor(divisor).double(), torch.tensor(divisor).double(), torch.tensor(divisor != 0.5))
    value = OPERATIONS[name].rule([box, c], (), torch.float32)
    for p in points:
        contained(value, p // divisor if name == "floordiv" else p % divisor)


@pytest.mark.parametrize("name", ["eq", "ne", "lt", "le", "gt", "ge"])
def test_boxes_of_comparisons(name):
    (a, ps), (b, qs) = boxes(ENDS[6:11], 1, 0), boxes(ENDS[6:11], 2, 0)
    value = OPERATIONS[name].rule([a, b], (), torch.bool)
    for p in ps:
        for q in qs:
            contained(value, getattr(torch, name)(p, q).float())


@pytest.mark.parametrize("name", ["and", "or", "xor", "not"])
def test_boxes_of_truths(name):
    zero_one = torch.tensor([0.0, 1.0])
    (a, ps), (b, qs) = boxes(zero_one, 1, 0, whole=True), boxes(zero_one, 2, 0, whole=True)
    value = OPERATIONS[name].rule([a] if name == "not" else [a, b], (), torch.bool)
    for p in ps:
        for q in qs:
            f = getattr(torch, f"logical_{name}")
            contained(value, (f(p.round()) if name == "not" else f(p.round(), q.round())).float())


def _sorted(p, e):
    return p.sort(dim=1, descending=e[1])[0][:, : e[2]]


ALONG = {
    "sum": ((1, False), lambda p, e: p.sum(1, keepdim=True)),
    "amax": ((1,), lambda p, e: p.amax(1, keepdim=True)),
    "amin": ((1,), lambda p, e: p.amin(1, keepdim=True)),
    "prod": ((1,), lambda p, e: p.prod(1, keepdim=True)),
    "var": ((1, 1), lambda p, e: p.var(dim=1, keepdim=True)),
    "cumsum": ((1,), lambda p, e: p.cumsum(1)),
    "softmax": ((1,), lambda p, e: p.softmax(1)),
    "log_softmax": ((1,), lambda p, e: p.log_softmax(1)),
    "logsumexp": ((1,), lambda p, e: p.logsumexp(1, keepdim=True)),
    "sort": ((1, False, 2), _sorted),
    "share": ((3,), lambda p, e: p / 3),
    "flip": ((1,), lambda p, e: p.flip(1)),
    "clamp": ((-0.5, 2.0), lambda p, e: p.clamp(*e)),
    "nan_to_num": ((0.5, 7.0, -7.0), lambda p, e: p.nan_to_num(*e)),
    "cast": ((torch.float32,), lambda p, e: p),
    "coarse": ((), lambda p, e: p),
}


@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize("name", ALONG)
def test_boxes_of_whole_rows(name, whole):
    extra, f = ALONG[name]
    endless = name in ("amax", "amin", "clamp", "nan_to_num", "flip", "sort", "share")
    box, points = boxes(ENDS if endless else TAME, 1, 0, whole=whole)
    value = OPERATIONS[name].rule([box], extra, torch.float32)
    for p in points:
        contained(value, f(p, extra))


def test_boxes_of_classes():
    box, points = boxes(torch.tensor([0.0, 1.0, 2.0, 3.0]), 1, 0, whole=True)
    value = OPERATIONS["one_hot"].rule([box], (4,), torch.int64)
    for p in points:
        contained(value, torch.nn.functional.one_hot(p.long(), 4).float())


@pytest.mark.parametrize("end", [-1.0, 1.0])
def test_parts_beyond_float32_cancel_in_any_order(end):
    """inf - inf, or finite, as the order has it: nothing may be said of such a sum."""
    x = torch.tensor([[3e38, 3e38, -3e38, -3e38]]) * end
    for name in ("sum", "cumsum"):
        value = bounds(name, x, extra=(1, False))
        assert value.nan
        assert bool((value.low == -torch.inf).all() and (value.high == torch.inf).all())


def test_coefficients_that_cancel_may_turn_their_sign():
    a, b = Value(*(torch.tensor([v]).double() for v in (1.0, 1.0)), torch.tensor([False])), at(torch.tensor([-1.0]))
    value = OPERATIONS["mix"].rule([a, b], (True,), torch.float32)
    assert float(value.low) < 0 < float(value.high)
