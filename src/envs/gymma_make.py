"""Making a Gymnasium environment from its id, with errors that say what to do."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from importlib import import_module as import_by_name
from typing import Any

import gymnasium
from gymnasium.error import Error as GymnasiumError

from envs.suggest import nearest
from utils.errors import UserError


def make_gymnasium_env(
    key: str, import_module: str | None, kwargs: Mapping[str, Any], time_limit: int | None
) -> tuple[gymnasium.Env[Any, Any], int]:
    """The environment without Gymnasium's checking wrappers, and its time limit in steps. Raises UserError.

    The limit that the id is registered with is taken out of the environment: the adapter counts the steps itself.
    """
    module, _, name = key.rpartition(":")
    for needed in (import_module, module):
        if needed:
            _import(needed)
    try:
        spec = copy.deepcopy(gymnasium.spec(name))
    except GymnasiumError as e:
        raise UserError(
            f"env_args.key={key} is not registered with Gymnasium. {nearest(name, gymnasium.registry)} A package's ids "
            "exist once it is imported: write env_args.key=PACKAGE:ID, or set env_args.import_module=PACKAGE"
        ) from e
    limit = time_limit if time_limit is not None else spec.max_episode_steps
    if time_limit is not None and time_limit < 1:
        raise UserError(f"env_args.time_limit={time_limit} must be at least 1 step; null takes the limit of the id")
    if limit is None or limit < 1:
        raise UserError(f"env_args.key={key} comes with no time limit: set env_args.time_limit (steps, at least 1)")
    spec.max_episode_steps = None
    spec.disable_env_checker = True
    spec.order_enforce = False
    # Not handed to gymnasium.make, which would keep arguments such as max_episode_steps for itself.
    spec.kwargs = {**spec.kwargs, **kwargs}
    try:
        return gymnasium.make(spec), limit
    except (GymnasiumError, TypeError, ValueError, AssertionError, ImportError) as e:
        raise UserError(
            f"env_args.key={key} cannot be made with env_args.kwargs={dict(kwargs)}: {type(e).__name__}: {e}"
        ) from e


def _import(module: str) -> None:
    try:
        import_by_name(module)
    except ModuleNotFoundError as e:
        package = (e.name or module).split(".")[0]
        raise UserError(
            f"the module {module} cannot be imported, because {e.name} is not installed: pip install {package} (or the "
            "package that brings it), or correct env_args.key or env_args.import_module"
        ) from e
