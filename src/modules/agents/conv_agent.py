"""An agent that looks at its last few inputs by convolutions over time.

Legend: B episodes, T time steps, A agents, E inputs, F frames, H hidden units, U actions.
"""

from __future__ import annotations

from types import SimpleNamespace

import torch as th
from torch import nn
from torch.nn import functional as F

from modules.agents.base import Agent

SHRINK = 3  # two convolutions of widths 2 and 3 take so many frames away


class ConvAgent(Agent):
    """PyMARL2's ``conv_agent``; its memory is the last ``frames`` inputs, zeros at the start of an episode.

    (In PyMARL2 the controller ``conv_mac`` keeps these frames.)
    """

    keeps_inputs = True
    reads = frozenset({"frames"})

    def __init__(self, input_shape: int, args: SimpleNamespace) -> None:
        super().__init__()
        hidden = args.rnn_hidden_dim
        self.frames: int = args.frames
        self.input_shape = input_shape
        self.conv1 = nn.Conv1d(input_shape, hidden, 2)
        self.conv2 = nn.Conv1d(hidden, hidden, 3)
        self.fc1 = nn.Linear((self.frames - SHRINK) * hidden, hidden)
        self.fc2 = nn.Linear(hidden, args.n_actions)

    def init_hidden(self) -> th.Tensor:
        return self.fc1.weight.new_zeros(1, self.frames * self.input_shape)

    def forward(self, inputs: th.Tensor, hidden_state: th.Tensor) -> tuple[th.Tensor, th.Tensor]:
        memory = th.cat([hidden_state[..., self.input_shape :], inputs], dim=-1)  # [B, A, F * E], the oldest drops out
        b, a = inputs.shape[:2]
        return self._outputs(memory.view(b * a, self.frames, -1)).view(b, a, -1), memory

    def unroll(self, inputs: th.Tensor, hidden_state: th.Tensor) -> tuple[th.Tensor, th.Tensor]:
        b, t, a, e = inputs.shape
        before = hidden_state.reshape(b, a, self.frames, e)[:, :, 1:].transpose(1, 2)  # [B, F - 1, A, E]
        windows = th.cat([before, inputs], dim=1).unfold(1, self.frames, 1).transpose(3, 4)  # [B, T, A, F, E]
        outs = self._outputs(windows.reshape(b * t * a, self.frames, e))
        return outs.view(b, t, a, -1), windows.flatten(3)

    def _outputs(self, frames: th.Tensor) -> th.Tensor:
        """``[N, F, E] -> [N, U]``"""
        x = F.relu(self.conv2(F.relu(self.conv1(frames.transpose(1, 2)))))  # [N, H, F - 3]
        q: th.Tensor = self.fc2(F.relu(self.fc1(x.flatten(1))))
        return q
