"""Merging and checking: config/default.yaml < config/envs/X.yaml < config/algs/Y.yaml < command line."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from utils.config.command_line import SOURCE, parse_call
from utils.config.env_args import EnvArgs
from utils.config.files import CONFIG_DIR, FOLDERS, available, config_file, shown_path
from utils.config.key import Key
from utils.config.merge import Layers
from utils.config.pymarl2 import GONE_KEYS
from utils.config.schema import ENV_ARGS, GROUPS, all_keys
from utils.config.suggest import nearest_keys
from utils.config.yaml_file import read_yaml
from utils.errors import UserError

__all__ = ["CONFIG_DIR", "Config", "available", "load_config"]


@dataclass(frozen=True)
class Config:
    """The finished config: nested ``values`` of plain types, and by dotted key where each was set.

    alg, env_config: the names of ``--config`` and ``--env-config`` ("" where none was given).
    """

    values: dict[str, Any]
    sources: dict[str, str]
    alg: str
    env_config: str

    @property
    def given(self) -> frozenset[str]:
        """The dotted keys that the command line itself sets."""
        return frozenset(key for key, source in self.sources.items() if source == SOURCE)


def load_config(argv: Sequence[str], config_dir: Path | None = None, alg_required: bool = True) -> Config:
    """The config that the command line asks for.

    ``argv`` is without the program's name. Raises UserError with one line for every problem found.
    """
    folder = CONFIG_DIR if config_dir is None else config_dir
    call = parse_call(argv)
    problems = list(call.problems)
    layers, unread = _read_files(folder, call.options, alg_required, problems)
    for dotted, text in call.overrides.items():
        layers.add_override(dotted, text)
    problems += layers.problems
    problems += _check_keys(layers, all_keys())
    if "default" not in unread:
        problems += _missing_defaults(layers, all_keys())
    if "--env-config" not in unread:  # else the environment that was meant is not known
        problems += _check_env_args(layers)
    if problems:
        raise UserError(
            "\n  ".join(["the configuration is not valid:", *problems]) if len(problems) > 1 else problems[0]
        )
    sources = {dotted: entry.source for dotted, entry in layers.entries.items()}
    return Config(layers.nested(), sources, call.options.get("--config", ""), call.options.get("--env-config", ""))


def _read_files(
    folder: Path, options: Mapping[str, str], alg_required: bool, problems: list[str]
) -> tuple[Layers, set[str]]:
    """The files' layers, and which of them could not be read; what is wrong with them goes to ``problems``."""
    paths = {"default": folder / "default.yaml"}
    unread = set()
    for option, subfolder in FOLDERS.items():
        if option not in options:
            if option == "--env-config" or alg_required:
                there_is = ", ".join(available(folder, subfolder)) or "none"
                problems.append(f"command line: {option}=NAME is missing; there is {there_is}")
                unread.add(option)
        elif not options[option]:
            unread.add(option)  # said when the command line was read
        else:
            try:
                paths[option] = config_file(folder, option, options[option])
            except ValueError as e:
                problems.append(f"command line: {e}")
                unread.add(option)
    layers = Layers()
    for what, path in paths.items():
        name = shown_path(folder, path)
        try:
            file = read_yaml(path, name)
        except UserError as e:
            problems.append(str(e))
            unread.add(what)
            continue
        if what == "--config" and file.values.pop(ENV_ARGS, None) is not None:
            problems.append(
                f"{name}, line {file.lines[ENV_ARGS]}: {ENV_ARGS} belongs to environment files and the command line, "
                f"not to an algorithm's file"
            )
        layers.add_file(file, name)
    return layers, unread


def _check_keys(layers: Layers, keys: Mapping[str, Key]) -> list[str]:
    """Checks all but ``env_args`` against the declarations and converts values in place; returns what is wrong."""
    problems = []
    known = [*keys, *GROUPS, *(dotted for dotted in layers.entries if dotted.startswith(f"{ENV_ARGS}."))]
    for dotted, entry in layers.entries.items():
        if dotted.startswith(f"{ENV_ARGS}."):
            continue
        if dotted not in keys:
            problems.append(f"{entry.source}: there is no key {dotted}; {_hint(dotted, known)}")
            continue
        try:
            value = keys[dotted].kind.accept(entry.value, entry.text)
        except ValueError as e:
            problems.append(f"{entry.source}: {dotted} {e}")
            continue
        layers.entries[dotted] = replace(entry, value=value)
    return problems


def _hint(dotted: str, known: Collection[str]) -> str:
    """What to do about a key that does not exist."""
    if dotted in GONE_KEYS:
        return GONE_KEYS[dotted]
    near = nearest_keys(dotted, known)
    return f"did you mean {' or '.join(near)}?" if near else "docs/config.md lists all keys"


def _missing_defaults(layers: Layers, keys: Mapping[str, Key]) -> list[str]:
    missing = [dotted for dotted in keys if dotted not in layers.entries]
    return [f"config/default.yaml: sets no value for {', '.join(missing)}"] if missing else []


def _check_env_args(layers: Layers) -> list[str]:
    """Checks ``env_args`` against the environment's adapter and converts values in place; returns what is wrong."""
    env = layers.entries.get("env")
    if env is None or not isinstance(env.value, str):
        return []  # said by the check of env itself
    try:
        adapter = EnvArgs(env.value)
    except UserError as e:
        return [f"{env.source}: {e}"]
    problems = []
    given = set()
    for dotted, entry in layers.entries.items():
        group, _, name = dotted.partition(".")
        if group != ENV_ARGS:
            continue
        given.add(name)
        try:
            value = adapter.accept(name, entry.value, entry.text)
        except ValueError as e:
            problems.append(f"{entry.source}: {dotted} {e}")
            continue
        layers.entries[dotted] = replace(entry, value=value)
    return problems + [f"env={env.value} needs {ENV_ARGS}.{name}=VALUE" for name in adapter.needed if name not in given]
