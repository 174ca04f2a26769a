"""``env_args`` against the signature of the environment's adapter."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, get_type_hints

import envs
from envs.multiagentenv import MultiAgentEnv
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
        parameters, hints = _parameters(adapter), _hints(adapter)
        named = [p for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]
        self.kinds = {p.name: kind_of_hint(hints.get(p.name, Any)) for p in named}
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
    """Those of the adapter; ``**options`` stands for the fields of its ``options_class``, if it has one."""
    own = list(inspect.signature(adapter).parameters.values())
    options = _options_class(adapter)
    if options is None:
        return own
    return [p for p in own if p.kind is not p.VAR_KEYWORD] + list(inspect.signature(options).parameters.values())


def _options_class(adapter: Callable[..., Any]) -> type[Any] | None:
    return adapter.options_class if inspect.isclass(adapter) and issubclass(adapter, MultiAgentEnv) else None


def _hints(adapter: Callable[..., Any]) -> dict[str, Any]:
    target = adapter.__init__ if inspect.isclass(adapter) else adapter
    options = _options_class(adapter)
    try:
        return get_type_hints(target) | (get_type_hints(options) if options is not None else {})
    except NameError:  # a name that is imported for type checkers only: keys are checked, types are not
        return {}
