"""Running normalisation of values, as PPO's critics like their targets."""

from __future__ import annotations

import torch as th
from torch import nn


class ValueNorm(nn.Module):
    """Mean and variance as exponential averages, corrected for their start at zero (Yu et al. 2022, MAPPO, arXiv
    2103.01955, section 5.1). Buffers only: nothing is trained. The variance is at least 0.01.
    """

    running_mean: th.Tensor
    running_mean_sq: th.Tensor
    debiasing_term: th.Tensor

    def __init__(self, beta: float = 0.99999, epsilon: float = 1e-5) -> None:
        super().__init__()
        self.beta, self.epsilon = beta, epsilon
        for name in ("running_mean", "running_mean_sq", "debiasing_term"):
            self.register_buffer(name, th.zeros(()))

    @th.no_grad()
    def update(self, values: th.Tensor) -> None:
        """Takes the values (any shape) into account, as one step of the average."""
        self.running_mean.lerp_(values.mean(), 1.0 - self.beta)
        self.running_mean_sq.lerp_(values.square().mean(), 1.0 - self.beta)
        self.debiasing_term.lerp_(th.ones_like(self.debiasing_term), 1.0 - self.beta)

    def _moments(self) -> tuple[th.Tensor, th.Tensor]:
        weight = self.debiasing_term.clamp(min=self.epsilon)
        mean, mean_sq = self.running_mean / weight, self.running_mean_sq / weight
        return mean, (mean_sq - mean.square()).clamp(min=1e-2).sqrt()

    def normalize(self, values: th.Tensor) -> th.Tensor:
        mean, std = self._moments()
        return (values - mean) / std

    def denormalize(self, values: th.Tensor) -> th.Tensor:
        mean, std = self._moments()
        return values * std + mean
