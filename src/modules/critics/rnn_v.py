"""Every agent's own value: a network like the agents', with one output.

Legend: B episodes, T time steps, A agents.
"""

from __future__ import annotations

import copy
from types import SimpleNamespace

import torch as th
from torch import nn

from components.episode_buffer import EpisodeBatch, Scheme
from controllers import NMAC


class RNNVCritic(nn.Module):
    """``V_i`` of an agent's own inputs, ``[B, T, A]``; the network that ``args.agent`` names (PyMARL2's IPPO)."""

    def __init__(self, scheme: Scheme, args: SimpleNamespace) -> None:
        super().__init__()
        own = copy.copy(args)
        own.n_actions = 1
        mac = NMAC(scheme, {}, own)
        self.agent = mac.agent
        self._mac = mac

    def forward(self, batch: EpisodeBatch) -> th.Tensor:
        return self._mac.unroll(batch).out.squeeze(3)
