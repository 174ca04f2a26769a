"""Targets of value-based learning.

Legend: B episodes, T transitions, X = 1 (mixed) or A (independent agents).
"""

from __future__ import annotations

import torch as th

from components.episode_buffer import EpisodeBatch


def transition_mask(batch: EpisodeBatch) -> th.Tensor:
    """1 where step ``t`` is a real transition, ``[B, T, 1]`` float.

    A step counts if it was seen, comes after no termination, and either ended the episode or was followed by another
    step. PyMARL leaves the last condition out, so that an episode that was cut off before the batch's last step
    counts its last state as a transition into padding; where no episode is cut off early the two are equal.
    """
    filled = batch["filled"].float()
    terminated = batch["terminated"][:, :-1].float()
    mask = filled[:, :-1] * th.maximum(filled[:, 1:], terminated)
    mask[:, 1:] = mask[:, 1:] * (1 - terminated[:, :-1])
    return mask


def real_steps(mask: th.Tensor) -> list[int]:
    """The time steps at which any episode has a real transition (``mask [B, T, 1]``)."""
    return [t for t, real in enumerate(mask.amax(dim=(0, 2)).tolist()) if real]


def build_td_lambda_targets(
    rewards: th.Tensor,
    terminated: th.Tensor,
    mask: th.Tensor,
    target_qs: th.Tensor,
    n_agents: int,
    gamma: float,
    td_lambda: float,
) -> th.Tensor:
    """TD(lambda) returns ``[B, T, X]`` (Sutton & Barto 2018, eq. 12.18-12.20, with an episode's end).

    ``G_t = r_t + gamma (1 - done_t) ((1 - lambda) Q_{t+1} + lambda G_{t+1})``, and ``G`` of the first step that is no
    transition is ``Q`` there. ``rewards, terminated, mask`` are ``[B, T, 1]``, ``target_qs`` ``[B, T + 1, X]``.
    ``n_agents`` is unused, kept for PyMARL2's signature.

    Deviation from PyMARL2: an episode that was cut off before the batch's last step bootstraps from its own last
    state, not from the padding behind it. Padded steps have target 0.
    """
    del n_agents
    return _lambda_returns(rewards, terminated, mask, target_qs, gamma, td_lambda)


def build_q_lambda_targets(
    rewards: th.Tensor,
    terminated: th.Tensor,
    mask: th.Tensor,
    exp_qvals: th.Tensor,
    qvals: th.Tensor,
    gamma: float,
    td_lambda: float,
) -> th.Tensor:
    """Q(lambda) returns ``[B, T, X]`` (Harutyunyan et al. 2016, arXiv 1602.04951), in PyMARL2's form.

    TD(lambda) over rewards corrected by ``exp_qvals - qvals`` of the same step: the greedy value less the value of
    the action that was taken, both ``[B, T + 1, X]``.
    """
    corrected = rewards + exp_qvals[:, :-1] - qvals[:, :-1]  # [B, T, X]
    return _lambda_returns(corrected, terminated, mask, exp_qvals, gamma, td_lambda)


def _lambda_returns(
    rewards: th.Tensor, terminated: th.Tensor, mask: th.Tensor, qs: th.Tensor, gamma: float, td_lambda: float
) -> th.Tensor:
    next_qs = qs[:, 1:]  # [B, T, X]
    goes_on = gamma * (1 - terminated) * mask  # [B, T, 1]
    # lambda G_{t+1} becomes lambda Q_{t+1} where step t + 1 is no transition
    next_mask = th.cat([mask[:, 1:], th.zeros_like(mask[:, :1])], dim=1)
    constant = rewards * mask + goes_on * next_qs * (1 - td_lambda * next_mask)  # all that needs no recursion
    decay = td_lambda * goes_on * next_mask
    if td_lambda == 0:
        return constant  # one-step
    returns = constant.clone()
    for t in range(returns.shape[1] - 2, -1, -1):
        returns[:, t] += decay[:, t] * returns[:, t + 1]
    return returns


def build_gae_targets(
    rewards: th.Tensor, masks: th.Tensor, values: th.Tensor, gamma: float, lambd: float, real: th.Tensor | None = None
) -> tuple[th.Tensor, th.Tensor]:
    """Generalised advantages and returns ``[B, T, ...]`` (Schulman et al. 2016, arXiv 1506.02438, eq. 16).

    ``delta_t = r_t + gamma m_t V_{t+1} - V_t``, ``A_t = delta_t + gamma lambda m_t A_{t+1}``. ``rewards`` and ``masks``
    ``[B, T, ...]``, ``values [B, T + 1, ...]``; ``m_t`` is 0 where nothing follows (the episode ended there). PyMARL2
    passes the mask of real transitions for it. ``real``: 1 at real transitions; others then have advantage 0, as an
    episode that was cut off before the batch's last step needs.
    """
    advantages = th.zeros_like(values[:, :-1])
    deltas = rewards + gamma * values[:, 1:] * masks - values[:, :-1]
    if real is not None:
        deltas = deltas * real
    following = th.zeros_like(advantages[:, 0])
    for t in range(advantages.shape[1] - 1, -1, -1):
        following = deltas[:, t] + gamma * lambd * masks[:, t] * following
        advantages[:, t] = following
    return advantages, values[:, :-1] + advantages


def build_target_q(
    td_q: th.Tensor, target_q: th.Tensor, mac: th.Tensor, mask: th.Tensor, gamma: float, td_lambda: float, n: int
) -> th.Tensor:
    """Tree-backup targets of ``n`` steps, ``[B, T, 1]`` (Wang et al. 2021, DOP, arXiv 2007.12322).

    ``Q_t + sum_{k < n} (gamma lambda)^k (prod_{j = 1}^{k} pi_{t+j}) delta_{t+k}``: errors ``td_q [B, T, 1]`` (0 in
    padded steps), values ``target_q [B, T, 1]``, probabilities ``mac [B, T + 1, 1]`` of the joint actions.
    ``mask`` is unused, kept for PyMARL2's signature.
    """
    del mask
    later, total, decay = td_q, th.zeros_like(td_q), 1.0
    for _ in range(n):
        total = total + decay * later
        later = th.cat([(later * mac[:, :-1])[:, 1:], th.zeros_like(td_q[:, :1])], dim=1)
        decay *= gamma * td_lambda
    return target_q + total


def build_retrace_targets(
    rewards: th.Tensor,
    terminated: th.Tensor,
    mask: th.Tensor,
    expected_qs: th.Tensor,
    taken_qs: th.Tensor,
    ratios: th.Tensor,
    gamma: float,
    retrace_lambda: float,
) -> th.Tensor:
    """Retrace returns ``[B, T, 1]`` (Munos et al. 2016, arXiv 1606.02647).

    ``G_t = r_t + gamma (1 - done_t) (E_{t+1} + lambda c_{t+1} (G_{t+1} - Q_{t+1}))``, ``c = min(1, ratio)``; the second
    term is 0 where step ``t + 1`` is no transition. ``expected_qs`` are the values ``E`` under today's policy,
    ``taken_qs`` those of the actions taken, ``ratios`` today's probability of these actions over the one they were
    drawn with, ``[B, T + 1, 1]`` each; the rest is ``[B, T, 1]``.
    """
    goes_on = gamma * (1 - terminated) * mask
    next_mask = th.cat([mask[:, 1:], th.zeros_like(mask[:, :1])], dim=1)
    trace = retrace_lambda * ratios[:, 1:].clamp(max=1.0) * next_mask
    returns = rewards * mask + goes_on * (expected_qs[:, 1:] - trace * taken_qs[:, 1:])
    for t in range(returns.shape[1] - 2, -1, -1):
        returns[:, t] += goes_on[:, t] * trace[:, t] * returns[:, t + 1]
    return returns
