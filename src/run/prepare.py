"""All that a user can get wrong, found before anything starts or is written."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Mapping
from copy import deepcopy
from difflib import get_close_matches
from types import SimpleNamespace
from typing import Any, NamedTuple

import torch as th

import envs
from components.action_selectors import REGISTRY as action_REGISTRY
from controllers import REGISTRY as mac_REGISTRY
from learners import REGISTRY as le_REGISTRY
from modules.agents import REGISTRY as agent_REGISTRY
from run.unread import unread_by_parts
from runners import REGISTRY as r_REGISTRY
from utils.checkpoint import find_step
from utils.config.pymarl2 import GONE_VALUES
from utils.errors import UserError
from utils.optim import effective, without_effect
from utils.seeding import draw_seed, env_seed

log = logging.getLogger(__name__)


class Prepared(NamedTuple):
    """The config that really runs, and a sentence for each thing in it that is allowed and probably not meant."""

    config: dict[str, Any]
    doubts: list[str]


def prepare(values: Mapping[str, Any], given: Collection[str] = ()) -> Prepared:
    """Seed drawn, device and optimiser resolved, test episodes rounded. Raises UserError.

    ``given``: keys that a person has asked for by name; those that change nothing are among the doubts.

    The environment and the mixer are built once to see that they can be (and thrown away): a missing package, or a
    credit function for which there is no source, ends here and not in the middle of a record.
    """
    config = deepcopy(dict(values))
    _check_names(config)
    _check_sizes(config)
    if config["checkpoint_path"]:
        find_step(config["checkpoint_path"], config["load_step"])
    elif config["evaluate"] or config["save_replay"]:
        raise UserError("evaluate and save_replay need a trained model: give checkpoint_path=<folder of step folders>")
    if config["seed"] is None:
        config["seed"] = draw_seed()
    config["env_args"] = {**config["env_args"], "seed": config["seed"]}
    config["device"] = resolve_device(config["device"], config["use_cuda"])
    config["use_cuda"] = config["device"].startswith("cuda")
    config["test_nepisode"] = _rounded_test_episodes(config)
    learner = le_REGISTRY[config["learner"]]
    learner.check_config(config)
    doubts = [*learner.doubts(config), *_unread(config, given)]
    config.update(effective(config, learner.epsilons))
    args = make_args(config, probe_environment(config))
    learner.build_mixer(args)
    return Prepared(config, doubts)


def make_args(config: Mapping[str, Any], env_info: Mapping[str, Any]) -> SimpleNamespace:
    """PyMARL's ``args``: the config, and what the environment says of itself."""
    keys = ("n_agents", "n_actions", "state_shape", "obs_shape", "episode_limit", "task")
    values = {**config, **{key: env_info[key] for key in keys}}
    if values["agent_own_state_size"] is True:
        values["agent_own_state_size"] = env_info.get("agent_own_state_size")
    return SimpleNamespace(**values)


def probe_environment(config: Mapping[str, Any]) -> dict[str, Any]:
    """What the environment says of itself."""
    env = envs.REGISTRY[config["env"]](**{**config["env_args"], "seed": env_seed(config["seed"], 0)})
    try:
        return env.get_env_info()
    finally:
        env.close()


def resolve_device(device: str, use_cuda: bool) -> str:
    """``auto``, ``cpu``, ``cuda`` or ``cuda:N`` -> the device to use. Raises UserError for one that is not there."""
    available = th.cuda.is_available()
    if device == "auto":
        if use_cuda and not available:
            log.info("no CUDA device: running on the CPU")
        return "cuda" if use_cuda and available else "cpu"
    if device.startswith("cuda"):
        index = int(device.partition(":")[2] or 0)
        if not available or index >= th.cuda.device_count():
            raise UserError(f"device={device} is not there; this machine has {th.cuda.device_count()} CUDA devices")
    return device


def _check_names(config: Mapping[str, Any]) -> None:
    registries: dict[str, Iterable[str]] = {
        "run": ("default",),
        "env": envs.REGISTRY,
        "runner": r_REGISTRY,
        "mac": mac_REGISTRY,
        "agent": agent_REGISTRY,
        "action_selector": action_REGISTRY,
        "learner": le_REGISTRY,
    }
    for key, registry in registries.items():
        known = sorted(registry)
        if config[key] not in known:
            near = get_close_matches(str(config[key]), known, n=1)
            hint = f" Did you mean {key}={near[0]}?" if near else ""
            gone = GONE_VALUES.get((key, config[key]))
            if gone:
                hint = f" PyMARL2's {config[key]} is not needed here: {gone}."
            raise UserError(f"{key}={config[key]} does not exist; there is {', '.join(known)}.{hint}")


def _unread(config: Mapping[str, Any], given: Collection[str]) -> list[str]:
    """A sentence for each given key that is for other parts, or has no effect beside the optimiser's others."""
    epsilons = le_REGISTRY[config["learner"]].epsilons
    optimiser, idle = effective(config, epsilons), without_effect(config, epsilons)
    return [
        *unread_by_parts(config, given),
        *(
            f"{k}={config[k]} changes nothing: the optimiser is {optimiser['optimizer']} with epsilon "
            f"{optimiser['optimizer_epsilon']:g} (optimizer, optim, optimizer_epsilon)"
            for k in sorted(given)
            if k in idle
        ),
    ]


def _check_sizes(config: Mapping[str, Any]) -> None:
    most = r_REGISTRY[config["runner"]].max_batch_size
    if most is not None and config["batch_size_run"] > most:
        raise UserError(
            f"runner={config['runner']} runs {most} environment; batch_size_run={config['batch_size_run']} needs "
            f"runner=parallel"
        )
    agent, mac = agent_REGISTRY[config["agent"]], mac_REGISTRY[config["mac"]]
    if agent.central:
        fitting = [name for name, other in agent_REGISTRY.items() if not other.central]
        raise UserError(
            f"agent={config['agent']} is a central value's network (central_agent); there is {', '.join(fitting)}"
        )
    if not mac.selects_actions:
        fitting = [name for name, other in mac_REGISTRY.items() if other.selects_actions]
        raise UserError(f"mac={config['mac']} selects no actions (it is a central_mac); there is {', '.join(fitting)}")
    if agent.gives_value != mac.needs_value:
        fitting = [name for name, other in agent_REGISTRY.items() if other.gives_value == mac.needs_value]
        raise UserError(
            f"agent={config['agent']} does not go with mac={config['mac']}, which needs one of {', '.join(fitting)}"
        )
    if agent.sees_others and not config["share_parameters"]:
        raise UserError(f"agent={config['agent']} looks at all agents at once: it needs share_parameters=True")
    selector = action_REGISTRY[config["action_selector"]]
    if config["save_probs"] and not selector.has_probabilities:
        raise UserError(f"save_probs=True needs a policy; action_selector={config['action_selector']} has none")


def _rounded_test_episodes(config: Mapping[str, Any]) -> int:
    """Test episodes come in rounds of ``batch_size_run`` (PyMARL2's rule)."""
    n, per_round = config["test_nepisode"], config["batch_size_run"]
    return max(1, n // per_round) * per_round
