"""Given keys that no part of this run reads, and whose they are: each part declares the keys that it reads."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from components.action_selectors import REGISTRY as action_REGISTRY
from components.prioritised_replay import PrioritizedReplayBuffer
from learners import REGISTRY as le_REGISTRY
from modules.agents import REGISTRY as agent_REGISTRY
from modules.mixers import keys_of_mixers
from utils.reads import keys_read


class Slot(NamedTuple):
    """A place for one part, as the mixer's: what stands there, the keys it reads, and those of all that could.

    chosen: as a call would say it (``mixer=vdn``). others: keys by the part's name in a message.
    """

    chosen: str
    keys: frozenset[str]
    others: Mapping[str, frozenset[str]]


def unread_by_parts(config: Mapping[str, Any], given: Collection[str]) -> list[str]:
    """A sentence for each given key that only parts read which this run does not have."""
    slots = [_learner(config), _mixer(config), _agent(config), _action_selector(config), _replay(config)]
    read = frozenset().union(*(slot.keys for slot in slots))
    said = []
    for dotted in sorted(given):
        key = dotted.partition(".")[0]  # a part reads a group of keys as a whole
        concerned = [slot for slot in slots if any(key in keys for keys in slot.others.values())]
        if key in read or not concerned:
            continue
        parts = " and ".join(slot.chosen for slot in concerned)
        readers = ", ".join(name for slot in concerned for name, keys in slot.others.items() if key in keys)
        does = "does" if len(concerned) == 1 else "do"
        said.append(f"{dotted}={_value(config, dotted)} changes nothing: {parts} {does} not read it ({readers})")
    return said


def _value(config: Mapping[str, Any], dotted: str) -> Any:
    value: Any = config
    for name in dotted.split("."):
        value = value[name]
    return value


def _learner(config: Mapping[str, Any]) -> Slot:
    keys = {name: learner.keys_read() for name, learner in le_REGISTRY.items()}
    return Slot(f"learner={config['learner']}", keys[config["learner"]], keys)


def _mixer(config: Mapping[str, Any]) -> Slot:
    """One name may be several networks: keys that not all of them read are told with the learners that have them."""
    family, chosen = le_REGISTRY[config["learner"]].mixer_family, config["mixer"]
    mine = keys_of_mixers(family).get(chosen, frozenset()) if family is not None else frozenset()
    networks: dict[str, dict[frozenset[str], list[str]]] = {}  # name -> keys -> learners
    for learner, cls in le_REGISTRY.items():
        for name, keys in keys_of_mixers(cls.mixer_family).items() if cls.mixer_family is not None else ():
            networks.setdefault(name, {}).setdefault(keys, []).append(learner)
    others: dict[str, frozenset[str]] = {}
    for name, kinds in networks.items():
        others[f"mixer={name}"] = common = frozenset.intersection(*kinds)
        for keys, learners in kinds.items():
            if keys - common:
                others[f"mixer={name} of {', '.join(learners)}"] = keys - common
    return Slot(f"mixer={chosen or 'null'}", mine, others)


def _agent(config: Mapping[str, Any]) -> Slot:
    keys = {f"agent={name}": keys_read(agent) for name, agent in agent_REGISTRY.items() if not agent.central}
    chosen = f"agent={config['agent']}"
    return Slot(chosen, keys[chosen], keys)


def _action_selector(config: Mapping[str, Any]) -> Slot:
    keys = {f"action_selector={name}": keys_read(selector) for name, selector in action_REGISTRY.items()}
    chosen = f"action_selector={config['action_selector']}"
    return Slot(chosen, keys[chosen], keys)


def _replay(config: Mapping[str, Any]) -> Slot:
    keys = {"use_per=True": keys_read(PrioritizedReplayBuffer), "use_per=False": frozenset[str]()}
    chosen = f"use_per={config['use_per']}"
    return Slot(chosen, keys[chosen], keys)
