"""Parts of critics' inputs, each ``[B, T, A, ...]``.

Legend: B episodes, T time steps, A agents, U actions, S state.
"""

from __future__ import annotations

import torch as th

from components.episode_buffer import EpisodeBatch


def states_for_agents(batch: EpisodeBatch, n_agents: int) -> th.Tensor:
    """``[B, T, A, S]``: the state, alike for every agent."""
    return batch["state"].unsqueeze(2).expand(-1, -1, n_agents, -1)


def agent_ids(batch: EpisodeBatch, n_agents: int) -> th.Tensor:
    """``[B, T, A, A]``: every agent's number, one-hot."""
    ids = th.eye(n_agents, device=batch.device)
    return ids.expand(batch.batch_size, batch.max_seq_length, -1, -1)


def joint_actions_for_agents(onehot: th.Tensor) -> th.Tensor:
    """One-hot actions ``[B, T, A, U]`` -> ``[B, T, A, A * U]``: all agents' actions, alike for every agent."""
    return onehot.flatten(2).unsqueeze(2).expand(-1, -1, onehot.shape[2], -1)


def others_actions(onehot: th.Tensor) -> th.Tensor:
    """One-hot actions ``[B, T, A, U]`` -> ``[B, T, A, A * U]``: all agents' actions, each agent's own left out."""
    a, u = onehot.shape[2:]
    others = (1 - th.eye(a, device=onehot.device)).repeat_interleave(u, dim=1)  # [A, A * U]
    return joint_actions_for_agents(onehot) * others


def before(onehot: th.Tensor) -> th.Tensor:
    """The actions of the step before ``[B, T, A, U]``; zeros at the first step."""
    return th.cat([th.zeros_like(onehot[:, :1]), onehot[:, :-1]], dim=1)
