"""Agents: observations and memory -> utilities of each action."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from types import SimpleNamespace

from modules.agents.atten_rnn_agent import ATTRNNAgent
from modules.agents.base import Agent
from modules.agents.central_rnn_agent import CentralRNNAgent
from modules.agents.conv_agent import ConvAgent
from modules.agents.ff_agent import FFAgent
from modules.agents.mlp_agent import MLPAgent
from modules.agents.n_rnn_agent import NRNNAgent
from modules.agents.noisy_agents import NoisyRNNAgent
from modules.agents.rnn_agent import RNNAgent
from modules.agents.rnn_ppo_agent import RNNPPOAgent
from modules.agents.separate_agents import SeparateAgents

REGISTRY: dict[str, type[Agent]] = {
    "rnn": RNNAgent,
    "n_rnn": NRNNAgent,
    "ff": FFAgent,
    "att_rnn": ATTRNNAgent,
    "central_rnn": CentralRNNAgent,
    "rnn_ppo": RNNPPOAgent,
    "noisy_rnn": NoisyRNNAgent,
    "conv_agent": ConvAgent,
    "mlp": MLPAgent,
}


def build_agent(input_shape: int, args: SimpleNamespace) -> Agent:
    """The network that ``args.agent`` names, for inputs ``[..., input_shape]``; one for all, or one each."""
    build: Callable[[], Agent] = partial(REGISTRY[args.agent], input_shape, args)
    return build() if args.share_parameters else SeparateAgents(args.n_agents, build)


__all__ = ["REGISTRY", "Agent", "FFAgent", "NRNNAgent", "RNNAgent", "RNNPPOAgent", "build_agent"]
