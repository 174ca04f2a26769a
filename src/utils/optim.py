"""Optimisers by name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import SimpleNamespace

from torch import nn
from torch.optim import Adam, Optimizer, RMSprop

Parameters = Iterable[nn.Parameter]


def _adam(params: Parameters, args: SimpleNamespace) -> Optimizer:
    return Adam(params, lr=args.lr, weight_decay=args.weight_decay, fused=True)


def _rmsprop(params: Parameters, args: SimpleNamespace) -> Optimizer:
    return RMSprop(params, lr=args.lr, alpha=args.optim_alpha, eps=args.optim_eps, weight_decay=args.weight_decay)


OPTIMISERS: Mapping[str, Callable[[Parameters, SimpleNamespace], Optimizer]] = {"adam": _adam, "rmsprop": _rmsprop}


def build_optimiser(params: Parameters, args: SimpleNamespace) -> Optimizer:
    """The optimiser that ``args.optimizer`` names, over parameters that already lie on their device."""
    return OPTIMISERS[args.optimizer](params, args)
