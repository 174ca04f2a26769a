"""Environments by name. Importing this package imports none of them, and no torch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from utils.errors import UserError

if TYPE_CHECKING:
    from envs.batched import BatchedEnv
    from envs.multiagentenv import MultiAgentEnv


class Adapter(Protocol):
    """A class that makes environments from ``env_args``; ``batched``: see :class:`envs.multiagentenv.MultiAgentEnv`."""

    batched: type[BatchedEnv] | None

    def __call__(self, *args: Any, **env_args: Any) -> MultiAgentEnv: ...


class _Entry(NamedTuple):
    module: str
    adapter: str
    install: str  # the command that installs what the adapter needs


_LBF = _Entry("envs.lbf", "LBFEnv", "pip install lbforaging==2.0.0")
_MATRIX = _Entry("envs.matrix_game", "MatrixGame", "")
_SC2 = (
    "make sc2, then .venv/bin/pip install --no-deps git+https://github.com/oxwhirl/smacv2.git "
    "(docs/environments/sc2.md)"
)
_ENTRIES: Mapping[str, _Entry] = {
    "lbf": _LBF,
    "matrix_game": _MATRIX,
    "one_step_matrix_game": _MATRIX,  # PyMARL2's name
    "skirmish": _Entry("envs.skirmish", "SkirmishEnv", ""),
    "stag_hunt": _Entry("envs.stag_hunt", "StagHuntEnv", ""),
    "mpe": _Entry("envs.mpe", "MPEEnv", "pip install mpe2==1.1.1 pettingzoo==1.27.0"),
    "pettingzoo": _Entry("envs.pettingzoo_parallel", "PettingZooEnv", "pip install pettingzoo==1.27.0"),
    "gymma": _Entry("envs.gymma", "GymmaEnv", "pip install gymnasium==1.4.0"),
    "sc2": _Entry("envs.sc2", "SC2Env", _SC2),
    "sc2_v2": _Entry("envs.sc2_v2", "SC2v2Env", _SC2),
}


class _Registry(Mapping[str, Adapter]):
    """Adapter classes by name; an adapter and its package are imported when it is asked for."""

    def __getitem__(self, name: str) -> Adapter:
        """Raises UserError, and no KeyError, for an unknown name and for a missing package."""
        if name not in _ENTRIES:
            near = get_close_matches(str(name), _ENTRIES, n=1)
            hint = f" Did you mean env={near[0]}?" if near else ""
            raise UserError(f"env={name} does not exist; there is {', '.join(sorted(_ENTRIES))}.{hint}")
        entry = _ENTRIES[name]
        try:
            return getattr(import_module(entry.module), entry.adapter)
        except ModuleNotFoundError as e:
            if e.name is not None and e.name.split(".")[0] in ("envs", "utils", "llm_credit"):
                raise  # a fault of this project, not a missing package
            raise UserError(f"env={name} needs the package {e.name}, which is not installed: {entry.install}") from e

    def __contains__(self, name: object) -> bool:
        return name in _ENTRIES  # Mapping's own would import the adapter, and expects a KeyError

    def get(self, name: str, default: Any = None) -> Any:
        return self[name] if name in _ENTRIES else default

    def __iter__(self) -> Iterator[str]:
        return iter(_ENTRIES)

    def __len__(self) -> int:
        return len(_ENTRIES)


REGISTRY: Mapping[str, Adapter] = _Registry()


def modules_of(name: str) -> list[str]:
    """The modules that a process must import to make this environment."""
    return [_ENTRIES[name].module] if name in _ENTRIES else []
