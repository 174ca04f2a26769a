"""Environments of our own that step many independent episodes at once, in NumPy.

A batched environment is a :class:`BatchedEnv` and an adapter for it, a :class:`SingleEnv` whose class attribute
``batched`` names it. The adapter stands in the registry and serves one episode, as every other environment's; the
``parallel`` runner sees ``batched`` and steps ``batch_size_run`` episodes in its own process instead of asking workers.

Legend: B environments of a batch, b chosen ones, A agents, U actions, O observation, S state.
"""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar, NamedTuple

import numpy as np

from envs.multiagentenv import MultiAgentEnv
from llm_credit.task import TaskDescription
from utils.errors import UserError
from utils.seeding import draw_seed


class BatchStep(NamedTuple):
    """What a step gave each of the ``b`` environments that made it."""

    reward: np.ndarray  # [b] float, the team's
    over: np.ndarray  # [b] bool
    out_of_time: np.ndarray  # [b] bool: over, and only because the time ran out


class BatchedEnv(ABC):
    """``B`` independent episodes of one task. Subclasses set the sizes below and take ``seeds`` and ``env_args``.

    Environment ``i`` plays the same episodes whatever ``B`` is and whatever the other environments do. So all chance in
    it comes from ``generators[i]``, in an order that depends on its own past alone, and no number of it comes out of an
    operation whose rounding depends on ``B``: elementwise operations and reductions within a row are safe, matrix
    products over the batch are not (the library splits them by size).

    ``which [b]`` holds indices of environments, each at most once, in any order; all arrays given and returned are in
    that order. Returned arrays are never written to again.
    """

    n_agents: int
    n_actions: int
    obs_size: int
    state_size: int
    episode_limit: int  # steps

    def __init__(self, seeds: Sequence[int | None]) -> None:
        self.n_envs = len(seeds)
        self._seeds = [draw_seed() if seed is None else seed for seed in seeds]
        self.generators = [np.random.default_rng(seed) for seed in self._seeds]

    @abstractmethod
    def reset(self, which: np.ndarray) -> None:
        """Starts an episode in the chosen environments."""

    @abstractmethod
    def step(self, which: np.ndarray, actions: np.ndarray) -> BatchStep:
        """One joint action ``[b, A]`` in the chosen environments, whose episodes are running."""

    @abstractmethod
    def obs(self, which: np.ndarray) -> np.ndarray:
        """Float32 ``[b, A, O]``."""

    @abstractmethod
    def state(self, which: np.ndarray) -> np.ndarray:
        """Float32 ``[b, S]``, within the ranges that :meth:`describe` declares."""

    @abstractmethod
    def avail_actions(self, which: np.ndarray) -> np.ndarray:
        """Int32 ``[b, A, U]``: 1 for every action that an agent can take now; at least one each."""

    @abstractmethod
    def describe(self) -> TaskDescription:
        """The task in words and numbers; one for all environments."""

    def episode_info(self, i: int) -> dict[str, float]:
        """Numbers on the episode of environment ``i``, asked for when it is over: they are averaged and logged."""
        return {}

    def stats(self, i: int) -> dict[str, float]:
        """Numbers over all episodes of environment ``i`` so far, where any are kept."""
        return {}

    def seed(self, i: int, seed: int | None = None) -> int | None:
        """Starts generator ``i`` anew (None leaves it alone), between two episodes; returns the seed in use."""
        if seed is not None:
            self._seeds[i], self.generators[i] = seed, np.random.default_rng(seed)
        return self._seeds[i]

    def rng_state(self, i: int) -> dict[str, Any]:
        """All that the coming episodes of environment ``i`` depend on, between two episodes, as JSON can hold it."""
        return dict(self.generators[i].bit_generator.state)

    def set_rng_state(self, i: int, state: dict[str, Any]) -> None:
        """Restores what :meth:`rng_state` gave, between two episodes."""
        self.generators[i].bit_generator.state = state

    def render(self, i: int) -> Any:
        """Draws the current step of environment ``i``. Raises UserError where the environment cannot."""
        raise UserError(f"{type(self).__name__} cannot be drawn")

    def save_replay(self, i: int) -> None:
        """Saves a replay of environment ``i``'s last episode. Raises UserError where none is recorded."""
        raise UserError(f"{type(self).__name__} records no replays: run it with save_replay=False")

    def close(self) -> None:  # noqa: B027 - most have nothing to free
        """Frees everything; safe to call twice."""


def last_info(env: BatchedEnv, i: int, step: BatchStep, k: int) -> dict[str, Any]:
    """``info`` of environment ``i``, the ``k``-th of those that made ``step``; empty until its episode is over."""
    if not step.over[k]:
        return {}
    return {"episode_limit": bool(step.out_of_time[k]), **env.episode_info(i)}


class BatchMember(MultiAgentEnv):
    """Environment ``i`` of a batch, with PyMARL's methods."""

    def __init__(self, env: BatchedEnv, i: int) -> None:
        self.env, self.i = env, i
        self.n_agents, self.episode_limit = env.n_agents, env.episode_limit
        self._which = np.array([i])

    def reset(self) -> tuple[list[np.ndarray], np.ndarray]:
        self.env.reset(self._which)
        return self.get_obs(), self.get_state()

    def step(self, actions: Sequence[int] | np.ndarray) -> tuple[float, bool, dict[str, Any]]:
        step = self.env.step(self._which, np.asarray(actions)[np.newaxis])  # [1, A]
        return float(step.reward[0]), bool(step.over[0]), last_info(self.env, self.i, step, 0)

    def get_obs(self) -> list[np.ndarray]:
        return list(self.env.obs(self._which)[0])

    def get_obs_size(self) -> int:
        return self.env.obs_size

    def get_state(self) -> np.ndarray:
        return self.env.state(self._which)[0]

    def get_state_size(self) -> int:
        return self.env.state_size

    def get_avail_actions(self) -> list[list[int]]:
        return self.env.avail_actions(self._which)[0].tolist()

    def get_avail_agent_actions(self, agent_id: int) -> list[int]:
        return self.get_avail_actions()[agent_id]

    def get_total_actions(self) -> int:
        return self.env.n_actions

    def describe(self) -> TaskDescription:
        return self.env.describe()

    def get_stats(self) -> dict[str, float]:
        return self.env.stats(self.i)

    def seed(self, seed: int | None = None) -> int | None:
        return self.env.seed(self.i, seed)

    def rng_state(self) -> dict[str, Any]:
        return self.env.rng_state(self.i)

    def set_rng_state(self, state: dict[str, Any]) -> None:
        self.env.set_rng_state(self.i, state)

    def render(self) -> Any:
        return self.env.render(self.i)

    def save_replay(self) -> None:
        self.env.save_replay(self.i)

    def close(self) -> None:
        self.env.close()


class SingleEnv(BatchMember):
    """The adapter of a batched environment: a batch of one.

    A subclass names its environment, ``batched = StagHunt``, and takes that environment's arguments, with ``seed`` in
    place of ``seeds``: the keys of ``env_args`` and their types are checked against them.
    """

    batched: ClassVar[type[BatchedEnv]]
    __signature__: ClassVar[inspect.Signature]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.__signature__ = _single_signature(cls.batched)

    def __init__(self, seed: int | None = None, **env_args: Any) -> None:
        super().__init__(self.batched(seeds=[seed], **env_args), 0)


def signature_with_seeds(options: type) -> inspect.Signature:
    """For the ``__signature__`` of a batched environment whose arguments are the fields of a dataclass."""
    seeds = inspect.Parameter("seeds", inspect.Parameter.KEYWORD_ONLY, annotation=Sequence[int | None])
    fields = inspect.signature(options, eval_str=True).parameters.values()
    return inspect.Signature([seeds, *(p.replace(kind=p.KEYWORD_ONLY) for p in fields)])


def _single_signature(batched: type[BatchedEnv]) -> inspect.Signature:
    signature = inspect.signature(batched, eval_str=True)
    seed = inspect.Parameter("seed", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=int | None)
    others = [p.replace(kind=p.KEYWORD_ONLY) for name, p in signature.parameters.items() if name != "seeds"]
    return signature.replace(parameters=[*others, seed], return_annotation=inspect.Signature.empty)
