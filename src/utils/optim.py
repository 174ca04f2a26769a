"""Optimisers by name, and what of the config's keys for them takes effect."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from torch import nn
from torch.optim import Adam, Optimizer, RMSprop

Parameters = Iterable[nn.Parameter]


def _adam(params: Parameters, lr: float, config: Mapping[str, Any]) -> Optimizer:
    eps, decay = config["optimizer_epsilon"], config["weight_decay"]
    return Adam(params, lr=lr, eps=eps, weight_decay=decay, fused=True)


def _rmsprop(params: Parameters, lr: float, config: Mapping[str, Any]) -> Optimizer:
    eps, decay = config["optimizer_epsilon"], config["weight_decay"]
    return RMSprop(params, lr=lr, alpha=config["optim_alpha"], eps=eps, weight_decay=decay)


OPTIMISERS: Mapping[str, Callable[[Parameters, float, Mapping[str, Any]], Optimizer]] = {
    "adam": _adam,
    "rmsprop": _rmsprop,
}


def build_optimiser(
    params: Parameters, lr: float, config: Mapping[str, Any], epsilons: Mapping[str, float]
) -> Optimizer:
    """The optimiser that the config asks for, over parameters that already lie on their device.

    ``epsilons``: see :func:`effective`.
    """
    config = {**config, **effective(config, epsilons)}
    return OPTIMISERS[config["optimizer"]](params, lr, config)


def effective(config: Mapping[str, Any], epsilons: Mapping[str, float]) -> dict[str, Any]:
    """The keys that say which optimiser really runs, for the record: resolving them again changes nothing.

    ``optim`` is PyMARL2's other name of ``optimizer`` and wins. Where ``optimizer_epsilon`` is null, ``epsilons`` (a
    learner's, by optimiser) has PyMARL2's; what is not there is ``optim_eps``.
    """
    name, eps = config["optim"] or config["optimizer"], config["optimizer_epsilon"]
    return {
        "optimizer": name,
        "optim": None,
        "optimizer_epsilon": epsilons.get(name, config["optim_eps"]) if eps is None else eps,
    }


def without_effect(config: Mapping[str, Any], epsilons: Mapping[str, float]) -> set[str]:
    """The optimiser's keys that change nothing beside the others, before :func:`effective`."""
    name = effective(config, epsilons)["optimizer"]
    keys = {"optimizer"} if name != config["optimizer"] else set()
    if name != "rmsprop":
        return keys | {"optim_alpha", "optim_eps"}
    return keys | {"optim_eps"} if config["optimizer_epsilon"] is not None or name in epsilons else keys


def restore_optimiser(optimiser: Optimizer, saved: Mapping[str, Any]) -> None:
    """Takes a saved optimiser's moments; learning rate, epsilon and all else that is set stay as they are.

    Raises ValueError or KeyError where the file belongs to another optimiser or other networks.
    """
    if ("betas" in saved["param_groups"][0]) != ("betas" in optimiser.defaults):
        raise ValueError(f"was not written by {type(optimiser).__name__}, this run's optimiser")
    # The settings are put in before loading: torch places the state as they (Adam's `fused`) demand.
    groups = [
        {**theirs, **{k: v for k, v in mine.items() if k != "params"}}
        for theirs, mine in zip(saved["param_groups"], optimiser.param_groups, strict=True)
    ]
    optimiser.load_state_dict({"state": saved["state"], "param_groups": groups})
