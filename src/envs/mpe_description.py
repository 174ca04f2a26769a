"""Multi-agent particle environments in words and numbers, made from the game itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llm_credit.task import TaskDescription

if TYPE_CHECKING:
    from envs.mpe import MPEEnv


def describe_mpe(env: MPEEnv) -> TaskDescription:
    game, limit = env.game, env.episode_limit
    bounds = [game.reward_range(t) for t in range(1, limit + 1)]
    changed = dict(env.changes)
    if limit != 25:
        changed["time_limit"] = limit
    if env.opponent not in ("", "pretrained"):
        changed["opponent"] = env.opponent
    early = game.end_words()
    per = "" if env.reward_scale == 1.0 else ", divided by the number of agents"
    return TaskDescription(
        name=":".join(["mpe", env.key, env.state_kind, *(f"{k}={v}" for k, v in sorted(changed.items()))]),
        family="mpe",
        summary=game.summary(),
        agents=tuple(game.roles()),
        actions=game.actions,
        state_fields=env.fields,
        state_dim=env.get_state_size(),
        obs_dim=env.get_obs_size(),
        reward=f"{game.reward_words()} The team's reward is the sum over its agents{per}.",
        return_low=env.reward_scale * sum(low for low, _ in bounds),
        return_high=env.reward_scale * sum(high for _, high in bounds),
        episode_end=f"After {limit} steps{f', or {early}' if early else ''}.",
        episode_limit=limit,
        facts=_facts(env),
    )


def _facts(env: MPEEnv) -> dict[str, Any]:
    world = env.game.world
    facts: dict[str, Any] = {
        "key": env.key,
        "state": env.state_kind,
        "n_landmarks": env.game.n_landmarks,
        "landmark_radii": [world.sizes[m] for m in env.game.landmarks],
        "agent_radii": [world.sizes[a] for a in env.game.team],
        "seconds_per_step": world.dt,
        "damping_per_step": world.damping,
        "reward_scale": env.reward_scale,
    }
    if env.opponent:
        facts["opponent"] = env.opponent
    return facts
