"""What a learner class says of itself before it is built, and the config held against it."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any, ClassVar

from learners.updates import Update, check_replay_sizes, uses_of_an_episode
from modules.mixers import AnyMixer, build_mixer, where_it_goes
from utils.errors import UserError
from utils.reads import keys_read


class Declarations:
    """What a learner works with and asks for; a subclass sets what differs."""

    mixer_family: ClassVar[str | None] = None  # None: this learner mixes nothing
    mixer_required: ClassVar[bool] = False  # True: independent agents (mixer: null) are no case of this learner
    why_no_mixer: ClassVar[str] = ""  # said to whoever asks for one where there is no family, or for another family's
    updates: ClassVar[tuple[Update, ...]] = (Update(),)  # what the training loop calls, and with which episodes
    on_policy: ClassVar[bool] = False  # True: its gradient is wrong for episodes of older policies
    requires: ClassVar[Mapping[str, tuple[Any, ...]]] = {}  # config keys, and the values that this learner works with
    reads: ClassVar[frozenset[str]] = frozenset()  # keys that it reads and not every learner does, beyond its bases'
    # PyMARL2's epsilons of the optimisers, where it does not take rmsprop's from optim_eps
    epsilons: ClassVar[Mapping[str, float]] = {"adam": 1e-8}
    prioritised: ClassVar[bool] = False  # True: weighs a batch's episodes and gives priorities back (use_per)
    not_in_pymarl2: ClassVar[frozenset[str]] = frozenset()  # files that PyMARL2's checkpoints of this learner lack

    @classmethod
    def check_config(cls, config: Mapping[str, Any]) -> None:
        """Raises UserError where the config names parts that this learner does not work with."""
        name = config["learner"]
        for key, values in cls.requires.items():
            if config[key] not in values:
                known = " or ".join(f"{key}={v}" for v in values)
                raise UserError(f"learner={name} needs {known}; {key}={config[key]} does not go with it")
        if cls.mixer_family is None and config["mixer"] is not None:
            mixer = config["mixer"]
            raise UserError(f"mixer={mixer} does not go with learner={name}: {cls.why_no_mixer}.{where_it_goes(mixer)}")
        if config["use_per"] and not cls.prioritised:
            raise UserError(f"use_per=True does not go with learner={name}, which weighs all episodes alike")
        check_replay_sizes(cls.updates, config)

    @classmethod
    def build_mixer(cls, args: SimpleNamespace) -> AnyMixer | None:
        """The mixer that the config names for this learner, None where there is none. Raises UserError."""
        if cls.mixer_family is None:
            return None
        return build_mixer(args, cls.mixer_family, cls.mixer_required, cls.why_no_mixer)

    @classmethod
    def doubts(cls, config: Mapping[str, Any]) -> list[str]:
        """What works, but is perhaps not what was meant: a sentence each, for a warning before the run."""
        uses = uses_of_an_episode(cls.updates, config) if cls.on_policy else 1.0
        if uses <= 1:
            return []
        return [
            f"learner={config['learner']} is on-policy, but each episode is used {uses:g} times: batch_size="
            f"{config['batch_size']}, updates_per_rollout={config['updates_per_rollout']}, and batch_size_run="
            f"{config['batch_size_run']} episodes in a rollout (accumulated_episodes="
            f"{config['accumulated_episodes']}). Those of older policies bias its gradient"
        ]

    @classmethod
    def keys_read(cls) -> frozenset[str]:
        """``reads``, and that of all bases."""
        return keys_read(cls)
