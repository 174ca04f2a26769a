"""What every agent network offers.

Legend: B episodes, T time steps, A agents, E inputs, H memory, U actions.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

import torch as th
from torch import nn


class Agent(nn.Module, ABC):
    """One network for all agents (parameters are shared).

    gives_value: outputs are ``U + 1``, a value last.
    sees_others: an agent's outputs depend on the other agents' inputs.
    draws_noise: in training its outputs are random.
    central: several numbers for each action, a central value's; it acts for nobody.
    keeps_inputs: its memory is inputs of earlier steps and not ``rnn_hidden_dim`` units.
    reads: config keys that it reads and not every agent does, beyond its bases'.
    """

    gives_value: ClassVar[bool] = False
    sees_others: ClassVar[bool] = False
    draws_noise: ClassVar[bool] = False
    central: ClassVar[bool] = False
    keeps_inputs: ClassVar[bool] = False
    reads: ClassVar[frozenset[str]] = frozenset({"rnn_hidden_dim"})

    @abstractmethod
    def init_hidden(self) -> th.Tensor:
        """The memory before the first step: zeros ``[1, H]`` on the network's device."""

    @abstractmethod
    def forward(self, inputs: th.Tensor, hidden_state: th.Tensor) -> tuple[th.Tensor, th.Tensor]:
        """One step: inputs ``[B, A, E]``, memory ``[B, A, H]`` -> outputs ``[B, A, U]``, memory ``[B, A, H]``."""

    def unroll(self, inputs: th.Tensor, hidden_state: th.Tensor) -> tuple[th.Tensor, th.Tensor]:
        """All steps: inputs ``[B, T, A, E]`` -> outputs ``[B, T, A, U]``, memories ``[B, T, A, H]``.

        Equals :meth:`forward` step by step; networks that can do better override it.
        """
        outs, hiddens = [], []
        for t in range(inputs.shape[1]):
            out, hidden_state = self(inputs[:, t], hidden_state)
            outs.append(out)
            hiddens.append(hidden_state)
        return th.stack(outs, dim=1), th.stack(hiddens, dim=1)
