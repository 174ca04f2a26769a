"""Runners: environment steps -> EpisodeBatch."""

from __future__ import annotations

from runners.episode_runner import EpisodeRunner
from runners.parallel_runner import ParallelRunner
from runners.runner import Runner

REGISTRY: dict[str, type[Runner]] = {
    "episode": EpisodeRunner,
    "parallel": ParallelRunner,
}

__all__ = ["REGISTRY", "EpisodeRunner", "ParallelRunner", "Runner"]
