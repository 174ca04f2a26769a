"""SMACv2: armies, and where they start, drawn anew for each episode, through the package's capability wrapper."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from copy import deepcopy
from typing import Any, ClassVar

import numpy as np

from envs.sc2 import SC2Env
from envs.sc2_capabilities import complete
from envs.sc2_game import Distribution, Game, StarCraftCapabilityEnvWrapper
from envs.sc2_options import SC2v2Options, signature_of


class SeededCapabilities(StarCraftCapabilityEnvWrapper):
    """The package's wrapper around a game of ours; its distributions draw from generators that have a seed."""

    def __init__(self, capability_config: Mapping[str, Any]) -> None:
        self.distribution_config = deepcopy(dict(capability_config))
        self.env_key_to_distribution_map: dict[str, Distribution] = {}
        self._parse_distribution_config()  # also completes the configuration, which the game reads
        self.env: Game | None = None

    def seed_generators(self, seed: int) -> None:
        generator = np.random.default_rng(seed)
        for distribution in self.env_key_to_distribution_map.values():
            _give_generator(distribution, generator)

    def draw(self) -> dict[str, Any]:
        """What the next episode has: armies, places, capabilities."""
        assert self.env is not None
        drawn: dict[str, Any] = {}
        with self.env.own_chance():  # some distributions shuffle with the global generator
            for distribution in self.env_key_to_distribution_map.values():
                drawn |= distribution.generate()
        return drawn


def _give_generator(distribution: Distribution, generator: np.random.Generator) -> None:
    """To a distribution and to those that it is made of."""
    for name, value in vars(distribution).items():
        if isinstance(value, np.random.Generator):
            setattr(distribution, name, generator)
        elif isinstance(value, Distribution):
            _give_generator(value, generator)


class SC2v2Env(SC2Env):
    """One of SMACv2's 10gen tasks. Raises UserError as SC2Env does, and for a faulty ``capability_config``."""

    __signature__: ClassVar[inspect.Signature] = signature_of(SC2v2Options)
    options_class: ClassVar[type[SC2v2Options]] = SC2v2Options
    config_name: ClassVar[str] = "sc2_v2"
    draws_armies: ClassVar[bool] = True
    options: SC2v2Options

    def _build_game(self) -> Game:
        self.capability_config = complete(self.map_name, self.options.capability_config)
        self.capabilities = SeededCapabilities(self.capability_config)
        game = Game(self.options, seed=self._seed, capability_config=self.capabilities.distribution_config)
        game.on_seed = self.capabilities.seed_generators
        game.seed_generators(self._seed)
        self.capabilities.env = game
        return game

    def _draw_episode(self) -> dict[str, Any]:
        return self.capabilities.draw()
