"""Optimisers by name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import SimpleNamespace

from torch import nn
from torch.optim import Adam, Optimizer, RMSprop

Parameters = Iterable[nn.Parameter]


def adam(params: Parameters, lr: float, weight_decay: float = 0.0, eps: float = 1e-8) -> Optimizer:
    return Adam(params, lr=lr, eps=eps, weight_decay=weight_decay, fused=True)


def rmsprop(
    params: Parameters, lr: float, weight_decay: float = 0.0, alpha: float = 0.99, eps: float = 1e-8
) -> Optimizer:
    return RMSprop(params, lr=lr, alpha=alpha, eps=eps, weight_decay=weight_decay)


def _adam_of_args(params: Parameters, args: SimpleNamespace, lr: float, adam_eps: float) -> Optimizer:
    return adam(params, lr, args.weight_decay, adam_eps)


def _rmsprop_of_args(params: Parameters, args: SimpleNamespace, lr: float, adam_eps: float) -> Optimizer:
    return rmsprop(params, lr, args.weight_decay, args.optim_alpha, args.optim_eps)


OPTIMISERS: Mapping[str, Callable[[Parameters, SimpleNamespace, float, float], Optimizer]] = {
    "adam": _adam_of_args,
    "rmsprop": _rmsprop_of_args,
}


def build_optimiser(params: Parameters, args: SimpleNamespace, lr: float, adam_eps: float = 1e-8) -> Optimizer:
    """The optimiser that ``args.optimizer`` names, over parameters that already lie on their device."""
    return OPTIMISERS[args.optimizer](params, args, lr, adam_eps)
