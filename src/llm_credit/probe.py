"""Hard numerical checks of a function on drawn states: what fails here is refused.

Legend: N rows, A agents, S state, U actions.
"""

from __future__ import annotations

import ast
from collections.abc import Callable

import torch

from .episodes import Episodes, credit_return_correlation
from .errors import Refused
from .numbers import Credits, measure, symmetry
from .rehearsal import FEW, compare
from .screen import Screened
from .settings import TFCAFSettings
from .states import corner_states, draw_actions, draw_states, pointed_states
from .task import TaskDescription
from .tfcaf import SMALLEST_LAMBDA, TFCAF, AdvantageTFCAF, CreditFunction

POINTED = 4096  # states made of the function's own numbers
SILENT = 0.5  # the largest share of states in which no agent may get any credit


@torch.no_grad()
def probe(
    function: CreditFunction,
    screened: Screened,
    task: TaskDescription,
    settings: TFCAFSettings,
    episodes: Episodes | None = None,
) -> dict[str, float]:
    """Raises Refused (stage probe) for a failed hard check; returns the numbers that only inform."""
    n, seed = settings.check_states, settings.check_seed
    drawn, corners = draw_states(task, n, seed), corner_states(task, seed=seed)
    few = draw_states(task, FEW, seed)
    compare(screened, function.program, rehearsal_arguments(screened.form, task, few, seed))
    call = _caller(function, task, seed)
    weights = call(drawn)
    pointed = pointed_states(task, _numbers_in(screened), POINTED, seed)
    for name, states in (
        ("drawn states", drawn), ("zeros and corners of the ranges", corners),
        ("states made of the function's own numbers", pointed),
    ):  # fmt: skip
        for part in call(states):
            if not torch.isfinite(part).all():
                row = int((~torch.isfinite(part)).any(dim=1).nonzero()[0])
                raise Refused("probe", f"not finite on {name}, for example for state {states[row].tolist()}")
    _check_rows(call, drawn, weights[0])

    raw, gated = _measured(function, task, seed)
    silent = float((gated(drawn) <= SMALLEST_LAMBDA).all(dim=1).float().mean())
    if silent > SILENT:
        raise Refused("probe", f"all credits are zero after the gate in {silent:.0%} of the drawn states")
    numbers = measure(gated, raw, task, drawn, seed)
    if isinstance(function, TFCAF):  # joint actions have agents of their own, which do not change places
        numbers |= symmetry(raw, task, drawn)
    if episodes is not None:
        numbers |= credit_return_correlation(_on_episodes(function, task, episodes), task, episodes)
    numbers |= _of_the_form(function, task, drawn, weights, seed)
    return {name: round(value, 6) for name, value in numbers.items()}


def _numbers_in(screened: Screened) -> list[float]:
    """The plain numbers of the source, either sign, the first 50 of them: where what it divides by may be 0."""
    found = [n.value for n in ast.walk(screened.function) if isinstance(n, ast.Constant)]
    plain = dict.fromkeys(float(x) for x in found if isinstance(x, (int, float)) and not isinstance(x, bool))
    return [s * x for x in list(plain)[:50] for s in (1.0, -1.0)]


def _measured(function: CreditFunction, task: TaskDescription, seed: int) -> tuple[Credits, Credits]:
    """Weights before and after the gate; the advantage form's with a joint action drawn for each row."""
    if isinstance(function, TFCAF):
        return (lambda s: function.raw_weights(s)[0]), (lambda s: function.credit_weights(s)[0])
    assert isinstance(function, AdvantageTFCAF)
    return (
        lambda s: function.raw_lambda(s, draw_actions(task, len(s), seed)),
        lambda s: function.credit_advantages(s, draw_actions(task, len(s), seed)),
    )


def _on_episodes(function: CreditFunction, task: TaskDescription, episodes: Episodes) -> torch.Tensor:
    """The credits ``[K, A]`` in every step of the episodes."""
    if isinstance(function, TFCAF):
        return function.credit_weights(episodes.states)[0]
    assert isinstance(function, AdvantageTFCAF)
    hot = torch.nn.functional.one_hot(episodes.actions, task.n_actions).float()
    return function.credit_advantages(episodes.states, hot)


def rehearsal_arguments(form: str, task: TaskDescription, states: torch.Tensor, seed: int) -> list[torch.Tensor]:
    """What a function of that form is called with, for ``states [N, S]``."""
    n = len(states)
    if form == "credit_weights":
        return [states]
    if form == "QLLMNetwork":
        return [torch.randn(n, task.n_agents, generator=torch.Generator().manual_seed(seed)), states]
    return [states, draw_actions(task, n, seed)]


@torch.no_grad()
def negative_state(function: CreditFunction, task: TaskDescription, settings: TFCAFSettings) -> list[float]:
    """The drawn state with the most negative weight, which there must be."""
    states = draw_states(task, settings.check_states, settings.check_seed)
    w = _caller(function, task, settings.check_seed)(states)[0]
    return [round(x, 6) for x in states[int(w.min(dim=1).values.argmin())].tolist()]


Call = Callable[[torch.Tensor], tuple[torch.Tensor, ...]]


def _caller(function: CreditFunction, task: TaskDescription, seed: int) -> Call:
    """The function's own answer as a tuple, its shapes and types checked: ``(w, b)``, or ``(lambda,)``."""

    def call(states: torch.Tensor) -> tuple[torch.Tensor, ...]:
        n = states.shape[0]
        try:
            if isinstance(function, TFCAF):
                named = list(zip("wb", function.raw_weights(states), (task.n_agents, 1), strict=True))
            else:
                assert isinstance(function, AdvantageTFCAF)
                result = function.raw_lambda(states, _alike(task, n, seed))
                named = [("lambda", result, task.n_agents)]
        except Exception as e:  # whatever TorchScript raises while it runs
            message = str(e).strip().splitlines()
            raise Refused("probe", f"fails when it runs: {message[-1] if message else type(e).__name__}") from e
        for name, part, width in named:
            _check_part(name, part, n, width)
        return tuple(part for _, part, _ in named)

    return call


def _check_part(name: str, part: object, n: int, width: int) -> None:
    if not isinstance(part, torch.Tensor):
        raise Refused("probe", f"{name} should be a tensor, but is {type(part).__name__}")
    if tuple(part.shape) != (n, width):
        raise Refused("probe", f"{name} should be [{n}, {width}] for {n} states, but is {list(part.shape)}")
    if part.dtype != torch.float32:
        raise Refused("probe", f"{name} should be float32, but is {part.dtype}")


def _alike(task: TaskDescription, n: int, seed: int) -> torch.Tensor:
    """``[n, A, U]``: every agent takes the same action in every state.

    So agents that change places, and rows that are looked at alone, change nothing but the state.
    """
    chosen = torch.full((n, task.n_agents), seed % task.n_actions)
    return torch.nn.functional.one_hot(chosen, task.n_actions).float()


def _check_rows(call: Call, states: torch.Tensor, w: torch.Tensor) -> None:
    """Unchanged input, the same answer twice, and rows that know nothing of each other."""
    before = states.clone()
    again = call(states)[0]
    rows = min(16, len(states))
    if not torch.equal(states, before):
        raise Refused("probe", "the function changes its input; use .clone() or torch.where")
    if not torch.equal(again, w):
        raise Refused("probe", "the function gives another answer the second time")
    alone = torch.cat([call(states[i : i + 1])[0] for i in range(rows)])
    turned = call(states.flip(0))[0].flip(0)
    if not all(torch.allclose(a, w[: len(a)], rtol=1e-4, atol=1e-5) for a in (alone, turned)):
        raise Refused(
            "probe", "a state's credits depend on the other states of the batch; reduce over dim=1, not dim=0"
        )


def _of_the_form(
    function: CreditFunction, task: TaskDescription, states: torch.Tensor, weights: tuple[torch.Tensor, ...], seed: int
) -> dict[str, float]:
    """Checks and numbers that one form has and the others have not."""
    if isinstance(function, AdvantageTFCAF):
        one, other = (function.raw_lambda(states, draw_actions(task, len(states), seed + k)) for k in (0, 1))
        for part in (one, other):
            if not torch.isfinite(part).all():
                raise Refused("probe", "lambda is not finite for some joint actions (in padded steps they are zero)")
        return {"sensitivity/actions": float((one - other).abs().mean())}
    w, b = weights
    if function.bias == "on":
        spread, allowed = float(b.max() - b.min()), task.return_high - task.return_low
        if spread > allowed:
            raise Refused("probe", f"the bias spreads over {spread:.3g}, more than the range of returns, {allowed:.3g}")
    if function.form != "QLLMNetwork":
        return {}
    return {"nonlinearity": _nonlinearity(function, states, w, b, seed)}


def _nonlinearity(function: CreditFunction, states: torch.Tensor, w: torch.Tensor, b: torch.Tensor, seed: int) -> float:
    """Mean distance of the paper's form from ``sum w_i q_i + b``, over the mean size of the latter."""
    q = torch.randn(w.shape, generator=torch.Generator().manual_seed(seed))
    line = (w * q).sum(dim=1, keepdim=True) + b
    real = function.n_agents * function.program.QLLMNetwork(q, states)
    return float((real - line).abs().mean() / line.abs().mean().clamp(min=1e-9))
