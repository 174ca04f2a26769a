"""Agents: observations and memory -> utilities of each action."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

from modules.agents.atten_rnn_agent import ATTRNNAgent
from modules.agents.base import Agent
from modules.agents.central_rnn_agent import CentralRNNAgent
from modules.agents.ff_agent import FFAgent
from modules.agents.n_rnn_agent import NRNNAgent
from modules.agents.rnn_agent import RNNAgent
from modules.agents.rnn_ppo_agent import RNNPPOAgent

REGISTRY: dict[str, Callable[[int, SimpleNamespace], Agent]] = {
    "rnn": RNNAgent,
    "n_rnn": NRNNAgent,
    "ff": FFAgent,
    "att_rnn": ATTRNNAgent,
    "central_rnn": CentralRNNAgent,
    "rnn_ppo": RNNPPOAgent,
}


def build_agent(input_shape: int, args: SimpleNamespace) -> Agent:
    """The network that ``args.agent`` names, for inputs ``[..., input_shape]``."""
    return REGISTRY[args.agent](input_shape, args)


__all__ = ["REGISTRY", "Agent", "FFAgent", "NRNNAgent", "RNNAgent", "RNNPPOAgent", "build_agent"]
