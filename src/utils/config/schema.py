"""Every config key by name: the framework's, and the plug-in's settings under ``llm``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from functools import cache
from typing import get_type_hints

from llm_credit.settings import TFCAFSettings
from utils.config.key import Key
from utils.config.kinds import kind_of_hint
from utils.config.schema_learning import LEARNING
from utils.config.schema_run import RUN

PLUGIN_GROUP = "llm"
ENV_ARGS = "env_args"  # declared by the environment's adapter, not here
GROUPS = (ENV_ARGS, PLUGIN_GROUP)  # keys that hold keys


def _plugin_keys() -> tuple[Key, ...]:
    """The plug-in declares its own settings; here they only get their prefix."""
    hints = get_type_hints(TFCAFSettings)
    keys = []
    for f in fields(TFCAFSettings):
        meta = f.metadata
        limits = {name: meta[name] for name in ("choices", "low", "high", "above") if name in meta}
        kind = replace(kind_of_hint(hints[f.name]), **limits)
        keys.append(Key(f"{PLUGIN_GROUP}.{f.name}", kind, meta["help"], meta.get("unit", "")))
    return tuple(keys)


@cache
def all_sections() -> Mapping[str, tuple[Key, ...]]:
    """Every section with its keys, the plug-in's last."""
    return {**RUN, **LEARNING, "Credit functions written by a language model (mixer: tfcaf)": _plugin_keys()}


@cache
def all_keys() -> Mapping[str, Key]:
    """Every key by its dotted name; those of ``env_args`` are the adapter's (:mod:`utils.config.env_args`)."""
    return {key.name: key for keys in all_sections().values() for key in keys}
