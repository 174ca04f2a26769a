"""A linear layer with learned noise, for exploration.

Legend: T time steps, N rows, I inputs, O outputs.
"""

from __future__ import annotations

import torch as th
from torch import nn
from torch.nn import functional as F

SIGMA = 0.017  # the noise's size at the start


class NoisyLinear(nn.Module):
    """Weights ``u + s e`` with fresh normal ``e`` at each call in training, else ``u`` alone (Fortunato et al. 2018,
    arXiv 1706.10295, independent noise, section 3.2). Deviation from PyMARL2, which draws the first ``u_b`` from
    ``sqrt(3 / I)`` to 1: here they are drawn as the paper says, between ``-sqrt(3 / I)`` and ``sqrt(3 / I)``.
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        bound = (3 / inputs) ** 0.5
        self.u_w = nn.Parameter(th.empty(outputs, inputs).uniform_(-bound, bound))
        self.s_w = nn.Parameter(th.full((outputs, inputs), SIGMA))
        self.u_b = nn.Parameter(th.empty(outputs).uniform_(-bound, bound))
        self.s_b = nn.Parameter(th.full((outputs,), SIGMA))

    def _draw(self) -> tuple[th.Tensor, th.Tensor]:
        if not self.training:
            return self.u_w, self.u_b
        return self.u_w + self.s_w * th.randn_like(self.s_w), self.u_b + self.s_b * th.randn_like(self.s_b)

    def forward(self, x: th.Tensor) -> th.Tensor:
        """``[..., I] -> [..., O]``, one draw for all rows."""
        return F.linear(x, *self._draw())

    def over_time(self, x: th.Tensor) -> th.Tensor:
        """``[T, N, I] -> [T, N, O]`` with a draw of its own for each step, as calls one after the other make them."""
        weights, biases = zip(*(self._draw() for _ in range(x.shape[0])), strict=True)
        return th.baddbmm(th.stack(biases).unsqueeze(1), x, th.stack(weights).transpose(1, 2))
