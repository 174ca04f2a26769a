"""One network for each agent.

Legend: B episodes, T time steps, A agents, E inputs, H memory, U actions.
"""

from __future__ import annotations

from collections.abc import Callable

import torch as th
from torch import nn

from modules.agents.base import Agent


class SeparateAgents(Agent):
    """``share_parameters: False``: agent ``i`` has a network of its own, ``agents.<i>`` in the saved file."""

    def __init__(self, n_agents: int, build: Callable[[], Agent]) -> None:
        super().__init__()
        self.agents = nn.ModuleList(build() for _ in range(n_agents))

    def init_hidden(self) -> th.Tensor:
        first = self.agents[0]
        assert isinstance(first, Agent)
        return first.init_hidden()

    def forward(self, inputs: th.Tensor, hidden_state: th.Tensor) -> tuple[th.Tensor, th.Tensor]:
        results = [
            agent(x, h)
            for agent, x, h in zip(self.agents, inputs.split(1, dim=1), hidden_state.split(1, dim=1), strict=True)
        ]
        outs, hiddens = zip(*results, strict=True)
        return th.cat(outs, dim=1), th.cat(hiddens, dim=1)  # [B, A, U], [B, A, H]

    def unroll(self, inputs: th.Tensor, hidden_state: th.Tensor) -> tuple[th.Tensor, th.Tensor]:
        if self.training and self.noisy:
            return super().unroll(inputs, hidden_state)  # step by step, to draw noise in the order of forward
        results = []
        for agent, x, h in zip(self.agents, inputs.split(1, dim=2), hidden_state.split(1, dim=1), strict=True):
            assert isinstance(agent, Agent)
            results.append(agent.unroll(x, h))
        outs, hiddens = zip(*results, strict=True)
        return th.cat(outs, dim=2), th.cat(hiddens, dim=2)  # [B, T, A, U], [B, T, A, H]

    @property
    def noisy(self) -> bool:
        return any(isinstance(agent, Agent) and agent.draws_noise for agent in self.agents)
