"""Trainable parameters of every config with a mixer on six task sizes, and what a credit function saves.

    python bench/parameters.py

Counted on the networks that the configs build; agents with agent id and last action among their inputs.
"""

from __future__ import annotations

import logging
from types import SimpleNamespace
from typing import Any

from configs import config_values
from controllers import REGISTRY as MACS
from learners import REGISTRY as LEARNERS
from modules.mixers.dueling import SIWeight

ADVANTAGE = "qplex, advantage form"
# agents, observation, state, actions, an agent's own values in the state (Qatten): of the state that an environment's
# config has (lbf, mpe, sc2), and for Google Research Football, which is none here, of the agents' observations in a row
SIZES = {
    "LBF 8x8-2p-2f": (2, 12, 24, 6, 3),
    "simple_spread": (3, 18, 18, 5, 4),
    "3s_vs_5z": (3, 48, 68, 11, 5),
    "2c_vs_64zg": (2, 404, 342, 70, 5),
    "MMM2": (10, 176, 322, 18, 7),
    "GRF 3_vs_1": (3, 115, 345, 19, 115),
}
CONFIGS = ("vdn", "qmix", "qatten", "qplex", ADVANTAGE, "cw_qmix", "vmix", "riit", "dop", "qtran")


class NoLogger:
    console_logger = logging.getLogger("bench")

    def log_stat(self, key: str, value: Any, t: int) -> None:
        pass


def counts(config: str, size: tuple[int, int, int, int, int]) -> tuple[dict[str, int], SimpleNamespace]:
    """Parameters by network, as a run logs them at its start."""
    agents, obs, state, actions, own = size
    values = config_values(config.split(",")[0])
    values |= {"n_agents": agents, "n_actions": actions, "state_shape": state, "agent_own_state_size": own}
    args = SimpleNamespace(**values | {"device": "cpu", "task": ""})
    scheme: Any = {"obs": {"vshape": obs}, "state": {"vshape": state}, "actions_onehot": {"vshape": (actions,)}}
    mac = MACS[args.mac](scheme, {"agents": agents}, args)
    logger: Any = NoLogger()
    return LEARNERS[args.learner](mac, scheme, logger, args).parameter_counts(), args


def left_with_tfcaf(config: str, size: tuple[int, int, int, int, int], args: SimpleNamespace) -> int | None:
    """What of the mixer stays learned: QPLEX's lambda under a function of the state. None: the pair does not exist."""
    if config == "qtran":
        return None
    if config == "qplex":
        return sum(p.numel() for p in SIWeight(args, size[2], size[0], size[3]).parameters())
    return 0


def print_tasks() -> None:
    """The sizes that the parameters follow from."""
    print("| task | agents | values observed | in the state | of it an agent's own | actions |")
    print("|---|---|---|---|---|---|")
    for task, (agents, obs, state, actions, own) in SIZES.items():
        print(f"| {task} | {agents} | {obs} | {state} | {own} | {actions} |")
    print()


def main() -> None:
    print_tasks()
    print("| task | config | agents | mixer | critics | mixer with TFCAF | saving of the mixer | saving of all |")
    print("|---|---|---|---|---|---|---|---|")
    for task, size in SIZES.items():
        for config in CONFIGS:
            n, args = counts(config, size)
            agent, mixer = n["agent_parameters"], n["mixer_parameters"]
            rest = sum(n.values()) - agent - mixer  # central networks and critics, which stay learned
            left = left_with_tfcaf(config, size, args)
            shown = [task, config, f"{agent:,}", f"{mixer:,}", f"{rest:,}" if rest else ""]
            if left is None:
                shown += ["no such pair", "", ""]
            elif mixer == 0:
                shown += ["0", "", "0%"]
            else:
                saved = mixer - left
                shown += [f"{left:,}", f"{saved / mixer:.0%}", f"{saved / (agent + mixer + rest):.0%}"]
            print("| " + " | ".join(shown) + " |")


if __name__ == "__main__":
    main()
