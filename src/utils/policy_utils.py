"""Quantities of stochastic policies that hold where no action is available (padded steps), gradients included.

Legend: B episodes, T transitions, A agents, U actions.
"""

from __future__ import annotations

import torch as th

TINY = th.finfo(th.float32).tiny
EPS = th.finfo(th.float32).eps  # torch.distributions' bound of probabilities inside logarithms
LEAST = 1e-30  # the least probability of an action taken: its logarithm and its reciprocal stay finite in float32

UNAVAILABLE = -9999999.0  # PyMARL's utility of an action that cannot be taken
UNAVAILABLE_LOGIT = -1e5  # PyMARL2's logit of one


def greedy_actions(scores: th.Tensor, avail_actions: th.Tensor) -> th.Tensor:
    """The best available action ``[..., 1]`` by ``scores [..., U]``; the first one where there is none."""
    return scores.masked_fill(avail_actions == 0, UNAVAILABLE).argmax(dim=-1, keepdim=True)


def renormalise(probs: th.Tensor, avail_actions: th.Tensor) -> th.Tensor:
    """Probabilities ``[..., U]`` over the available actions alone; zeros where there is none.

    (PyMARL2 divides by zero there and overwrites the result, which today's torch turns into NaN gradients.)
    """
    allowed = probs.masked_fill(avail_actions == 0, 0.0)
    return allowed / allowed.sum(dim=-1, keepdim=True).clamp(min=TINY)


def log_taken(probs: th.Tensor, actions: th.Tensor, mask: th.Tensor) -> th.Tensor:
    """Log-probabilities ``[B, T, A]`` of actions ``[B, T, A, 1]``; 0 where ``mask [B, T, 1]`` is 0.

    Finite, gradient included, also where today's policy gives the action that was taken no probability at all.
    """
    taken = probs.gather(-1, actions).squeeze(-1)
    return taken.masked_fill(mask == 0, 1.0).clamp(min=LEAST).log()


def categorical_entropy(probs: th.Tensor) -> th.Tensor:
    """Entropy ``[...]`` of probabilities ``[..., U]`` in nats, as ``torch.distributions.Categorical``; 0 for none."""
    probs = probs / probs.sum(dim=-1, keepdim=True).clamp(min=TINY)
    return -(probs * probs.clamp(EPS, 1 - EPS).log()).sum(dim=-1)


def constant_force(entropy: th.Tensor) -> th.Tensor:
    """A mean entropy (scalar) divided by its own size, so that the bonus pulls alike however small it has become.

    Zhou et al. 2020 (LICA, arXiv 2007.02529) do so for each policy; PyMARL2, and this, for the batch's mean.
    """
    return entropy / entropy.detach().clamp(min=EPS)


def standardised(x: th.Tensor, mask: th.Tensor) -> th.Tensor:
    """``x`` less its mean and over its standard deviation, both over real transitions; ``mask`` broadcasts to ``x``.

    0 where all are equal. What lies in padded steps has no part in either and means nothing in the result.
    """
    centred = x - masked_mean(x, mask)
    return centred / (masked_mean(centred.square(), mask).sqrt() + 1e-6)


def masked_mean(x: th.Tensor, mask: th.Tensor) -> th.Tensor:
    """Mean over real transitions; ``mask`` broadcasts to ``x``."""
    wide = mask.expand_as(x)
    return (x * wide).sum() / wide.sum()
