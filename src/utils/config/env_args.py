"""``env_args`` against the signature of the environment's adapter."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import envs
from utils.config.kinds import kind_of_hint
from utils.config.suggest import nearest_names

SEED = "seed"  # set when the run is prepared


class EnvArgs:
    """What an environment can be made with: the parameters of its adapter in ``envs.REGISTRY``.

    Raises UserError for an unknown environment and for one whose package is missing.
    """

    def __init__(self, env: str) -> None:
        self.env = env
        adapter = envs.REGISTRY[env]
        parameters = _parameters(adapter)
        named = [p for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]
        self.kinds = {p.name: kind_of_hint(p.annotation) for p in named}
        self.needed = [p.name for p in named if p.default is p.empty and p.name != SEED]
        self._any_key = any(p.kind is p.VAR_KEYWORD for p in parameters)

    def accept(self, name: str, value: Any, text: str | None) -> Any:
        """The value as the adapter declares it. Raises ValueError with what is wrong."""
        if name == SEED and value is not None:
            raise ValueError("is not set by hand: every environment gets a seed of its own from the key seed")
        if name in self.kinds:
            return self.kinds[name].accept(value, text)
        if self._any_key:
            return value
        near = nearest_names(name, self.kinds)
        takes = ", ".join(n for n in self.kinds if n != SEED) or "no arguments"
        hint = f"did you mean {near[0]}?" if near else f"it takes {takes}"
        raise ValueError(f"does not exist for env={self.env}; {hint}")


def _parameters(adapter: Callable[..., Any]) -> list[inspect.Parameter]:
    try:
        signature = inspect.signature(adapter, eval_str=True)
    except NameError:  # a name that is imported for type checkers only: keys are checked, types are not
        signature = inspect.signature(adapter)
    return list(signature.parameters.values())
