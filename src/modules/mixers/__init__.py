"""Mixers by family and name.

A learner declares the family of mixers that it can use (``mixer_family``), a config names one (``mixer``):

* ``state``: given utilities and states, ``forward(agent_qs [B, T, A], states [B, T, S]) -> [B, T, 1]``;
* ``state_v1``: the same contract for the learners that PyMARL2 left on PyMARL's original networks. A name without an
  entry of its own here means the one of ``state``;
* ``dueling``: also given the joint action and the utilities' maxima, ``forward(agent_qs, states, actions_onehot
  [B, T, A, U], max_qs [B, T, A]) -> [B, T, 1]`` (QPLEX);
* ``joint``: given state, memories and joint action, ``forward(states, hidden [B, T, A, H], actions_onehot) -> (Q_jt
  [B, T, 1], V [B, T, 1])`` (QTRAN).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module
from types import SimpleNamespace

from modules.mixers.base import StateMixer
from modules.mixers.dueling import SI_KEYS, DMAQer, DuelingMixer
from modules.mixers.nmix import Mixer
from modules.mixers.qatten import QattenMixer
from modules.mixers.qmix import QMixer
from modules.mixers.qtran import JointMixer, QTranBase
from modules.mixers.vdn import VDNMixer
from utils.errors import UserError
from utils.reads import keys_read

AnyMixer = StateMixer | DuelingMixer | JointMixer


@dataclass(frozen=True)
class Plugin:
    """A mixer of ``modules.mixers.tfcaf``: the plug-in is imported only where it is used.

    reads: config keys that it reads and not every mixer does (``llm`` is a group of keys).
    """

    name: str
    reads: frozenset[str]

    def __call__(self, args: SimpleNamespace) -> AnyMixer:
        mixer: AnyMixer = getattr(import_module("modules.mixers.tfcaf"), self.name)(args)
        return mixer


Builder = type[StateMixer] | type[DuelingMixer] | type[JointMixer] | Plugin
_tfcaf = Plugin("TFCAFMixer", frozenset({"llm"}))
_tfcaf_dueling = Plugin("TFCAFDuelingMixer", keys_read(DuelingMixer) | SI_KEYS | {"llm"})
REGISTRY: Mapping[str, Mapping[str, Builder]] = {
    "state": {"vdn": VDNMixer, "qmix": Mixer, "qatten": QattenMixer, "tfcaf": _tfcaf},
    "state_v1": {"qmix": QMixer},
    "joint": {"qtran_base": QTranBase},
    "dueling": {"dmaq": DMAQer, "tfcaf": _tfcaf_dueling},
}
PARENT: Mapping[str, str] = {"state_v1": "state"}


def mixers_of(family: str) -> dict[str, Builder]:
    """Every mixer that a learner of this family can use."""
    inherited = mixers_of(PARENT[family]) if family in PARENT else {}
    return {**inherited, **REGISTRY[family]}


def keys_of_mixers(family: str) -> dict[str, frozenset[str]]:
    """Which config keys each mixer of this family reads, of those that not every mixer does."""
    return {
        name: mixer.reads if isinstance(mixer, Plugin) else keys_read(mixer)
        for name, mixer in mixers_of(family).items()
    }


def build_mixer(args: SimpleNamespace, family: str, required: bool = False, why_no_other: str = "") -> AnyMixer | None:
    """The mixer that ``args.mixer`` names, None where it is null (independent learning).

    Raises UserError for a name that this family does not have, with ``why_no_other`` for one of another family, and for
    null where a mixer is ``required``.
    """
    if args.mixer is None and not required:
        return None
    known = mixers_of(family)
    if args.mixer is None or args.mixer not in known:
        name, also = args.mixer or "null", "" if required else " or null"
        what = f"mixer={name} does not go with learner={args.learner}, which can use {sorted(known)}{also}."
        raise UserError(what + _other_ways(args, known, why_no_other))
    return known[args.mixer](args)


FITTING: Mapping[str, str] = {
    "state": "--config=qmix, vdn or qatten",
    "state_v1": "--config=qmix_beta, vdn_beta, cw_qmix, ow_qmix, vmix, riit or dop",
    "dueling": "--config=qplex",
    "joint": "--config=qtran",
}


def _other_ways(args: SimpleNamespace, known: Mapping[str, Builder], why_not: str) -> str:
    """What might have been meant: a name that is spelled nearly so, or a config with which this mixer goes."""
    near = get_close_matches(str(args.mixer), known, n=1)
    if near:
        return f" Did you mean mixer={near[0]}?"
    elsewhere = where_it_goes(args.mixer)
    return f" The reason: {why_not}.{elsewhere}" if elsewhere and why_not else elsewhere


def where_it_goes(name: str | None) -> str:
    """Which configs a mixer of this name goes with, as a sentence; empty for a name that no family has."""
    fitting = [configs for family, configs in FITTING.items() if name in mixers_of(family)]
    return f" mixer={name} goes with {'; '.join(fitting)}." if fitting else ""


__all__ = [
    "REGISTRY",
    "AnyMixer",
    "DMAQer",
    "DuelingMixer",
    "Mixer",
    "QMixer",
    "QattenMixer",
    "StateMixer",
    "VDNMixer",
    "build_mixer",
    "keys_of_mixers",
    "mixers_of",
    "where_it_goes",
]
