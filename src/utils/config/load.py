"""Merging and checking: config/default.yaml < config/envs/X.yaml < config/algs/Y.yaml < command line."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from utils.config.env_args import env_arg_problems
from utils.config.schema import Key, all_keys
from utils.config.yaml_file import read_yaml
from utils.errors import UserError

CONFIG_DIR = Path(__file__).resolve().parents[3] / "config"


@dataclass
class Config:
    """The finished config: nested ``values``, and by dotted key where each came from."""

    values: dict[str, Any]
    sources: dict[str, str]
    alg: str
    env_config: str


def load_config(argv: Sequence[str], config_dir: Path = CONFIG_DIR, alg_required: bool = True) -> Config:
    """The config that the command line asks for. Raises UserError with one line for every problem found."""
    options, overrides = parse_argv(argv)
    names = {
        "--env-config": ("envs", options.get("--env-config"), True),
        "--config": ("algs", options.get("--config"), alg_required),
    }
    flat: dict[str, Any] = {}
    sources: dict[str, str] = {}
    problems: list[str] = []
    paths = [config_dir / "default.yaml"]
    for option, (folder, name, required) in names.items():
        if name is None:
            if required:
                problems.append(f"{option}=NAME is missing; there is {', '.join(available(config_dir, folder))}")
            continue
        paths.append(_config_file(config_dir, folder, name, option))
    if problems:
        raise UserError("\n  ".join(["the call is not complete:", *problems]))
    keys = all_keys()
    for path in paths:
        values = flatten(read_yaml(path), keys)
        if path.parent.name == "algs":
            problems += [
                f"{path}: {k} belongs to environment files, not to an algorithm's"
                for k in values
                if k.startswith("env_args.")
            ]
        flat.update(values)
        sources.update(dict.fromkeys(values, str(path)))
    for key, text in overrides.items():
        flat[key] = parse_value(text)
        sources[key] = "the command line"
    problems += check(flat, sources, keys)
    if problems:
        raise UserError("\n  ".join(["the config is not valid:", *problems]))
    return Config(nest(flat), sources, options.get("--config", ""), options.get("--env-config", ""))


def parse_argv(argv: Sequence[str]) -> tuple[dict[str, str], dict[str, str]]:
    """``--config=a --env-config=b with k=v ...`` -> options and overrides. Raises UserError."""
    options: dict[str, str] = {}
    overrides: dict[str, str] = {}
    words = list(argv)
    with_seen = False
    while words:
        word = words.pop(0)
        name, equals, value = word.partition("=")
        if name in ("--config", "--env-config"):
            if not equals and not words:
                raise UserError(f"{name} needs a name, as {name}=NAME")
            options[name] = value if equals else words.pop(0)
        elif word == "with":
            with_seen = True
        elif word in ("-m", "--mongo_observer") or name == "--mongo_observer":
            raise UserError("to record to a MongoDB, set its address: with mongo_url=mongodb://HOST:PORT")
        elif word.startswith("-"):
            raise UserError(
                f"{word} is no option; there are --config=NAME and --env-config=NAME, and then: with key=value"
            )
        elif not equals:
            raise UserError(f"{word!r} is no key=value; what follows 'with' must be, without spaces around '='")
        elif not with_seen:
            raise UserError(f"write 'with' before the first key=value: with {word}")
        else:
            overrides[name] = value
    return options, overrides


def parse_value(text: str) -> Any:
    """A value as it is written on the command line: a Python literal, null/true/false, or else text."""
    words = {"null": None, "none": None, "true": True, "false": False}
    if text.lower() in words:
        return words[text.lower()]
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return text


def available(config_dir: Path, folder: str) -> list[str]:
    return sorted(p.stem for p in (config_dir / folder).glob("*.yaml"))


def _config_file(config_dir: Path, folder: str, name: str, option: str) -> Path:
    known = available(config_dir, folder)
    if name not in known:
        near = get_close_matches(name, known, n=1)
        hint = f" Did you mean {option}={near[0]}?" if near else ""
        raise UserError(f"{option}={name} does not exist; there is {', '.join(known)}.{hint}")
    return config_dir / folder / f"{name}.yaml"


def flatten(values: Mapping[str, Any], keys: Mapping[str, Key], prefix: str = "") -> dict[str, Any]:
    """Nested mappings as dotted keys, down to declared keys and to the entries of env_args."""
    flat: dict[str, Any] = {}
    for name, value in values.items():
        dotted = f"{prefix}{name}"
        if (
            isinstance(value, Mapping)
            and (dotted == "env_args" or dotted not in keys)
            and not prefix.startswith("env_args.")
        ):
            flat.update(flatten(value, keys, f"{dotted}."))
        else:
            flat[dotted] = value
    return flat


def nest(flat: Mapping[str, Any]) -> dict[str, Any]:
    """Dotted keys as nested mappings."""
    nested: dict[str, Any] = {"env_args": {}}
    for dotted, value in flat.items():
        *parents, last = dotted.split(".")
        place = nested
        for parent in parents:
            place = place.setdefault(parent, {})
        place[last] = value
    return nested


def check(flat: dict[str, Any], sources: Mapping[str, str], keys: Mapping[str, Key]) -> list[str]:
    """Every problem as ``where: key what``; values that only need another number type are converted in place."""
    problems = []
    env_args = {}
    for dotted, value in flat.items():
        if dotted.startswith("env_args."):
            env_args[dotted.removeprefix("env_args.")] = value
            continue
        if dotted not in keys:
            near = get_close_matches(dotted, keys, n=1)
            hint = f"; did you mean {near[0]}?" if near else "; docs/config.md lists what there is"
            problems.append(f"{sources[dotted]}: there is no key {dotted}{hint}")
            continue
        flat[dotted] = keys[dotted].converted(value)
        problem = keys[dotted].problem(flat[dotted])
        if problem:
            problems.append(f"{sources[dotted]}: {dotted} {problem}")
    env = flat.get("env")
    if isinstance(env, str):
        for name, problem in env_arg_problems(env, env_args):
            problems.append(f"{sources.get(f'env_args.{name}', f'env={env}')}: env_args.{name} {problem}")
    return problems
