"""What a learner asks of the training loop: which episodes, from which replay, for which of its methods."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from utils.errors import UserError

MAIN = "buffer_size"  # every learner's first replay


@dataclass(frozen=True)
class Draw:
    """One batch of episodes. Names are config keys.

    size: how many episodes.
    source: the replay to draw from, named by the key of its size.
    latest: the newest episodes (on-policy data), in place of a uniform sample.
    """

    size: str = "batch_size"
    source: str = MAIN
    latest: bool = False


@dataclass(frozen=True)
class Update:
    """One call ``learner.<method>(*batches, t_env, episode_num)``, a batch for each draw.

    It is left out until every replay that it draws from holds ``filled`` episodes (a config key; empty: the draw's own
    size).
    """

    method: str = "train"
    draws: tuple[Draw, ...] = (Draw(),)
    filled: str = ""

    def needed(self, config: Mapping[str, Any]) -> dict[str, int]:
        """Episodes that each replay must hold before this update."""
        needed: dict[str, int] = {}
        for draw in self.draws:
            needed[draw.source] = max(needed.get(draw.source, 0), config[self.filled or draw.size], config[draw.size])
        return needed


def uses_of_an_episode(updates: Iterable[Update], config: Mapping[str, Any]) -> float:
    """How often an episode is used by the draws of the newest ones, in the mean; 1 is strictly on-policy."""
    per_rollout = config["batch_size_run"]
    rollouts = -(-(config["accumulated_episodes"] or 1) // per_rollout)  # between two times of learning
    sizes = [config[draw.size] for update in updates for draw in update.draws if draw.latest]
    return float(max(sizes) * config["updates_per_rollout"] / (rollouts * per_rollout))


def replays_of(updates: Iterable[Update]) -> list[str]:
    """The replays that these updates draw from, the main one first; each is named by the key of its size."""
    return list(dict.fromkeys([MAIN, *(draw.source for update in updates for draw in update.draws)]))


def check_replay_sizes(updates: tuple[Update, ...], config: Mapping[str, Any]) -> None:
    """Raises UserError where a replay can never hold what an update asks of it."""
    for update in updates:
        for draw in update.draws:
            for key in (draw.size, "batch_size_run", *([update.filled] if update.filled else [])):
                if config[draw.source] < config[key]:
                    raise UserError(
                        f"{draw.source}={config[draw.source]} episodes is less than {key}={config[key]}: nothing could "
                        f"ever be learned; raise {draw.source} or lower {key}"
                    )
