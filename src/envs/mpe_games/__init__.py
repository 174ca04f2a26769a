"""The games of the multi-agent particle environments by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from envs.mpe_games.adversary import Adversary
from envs.mpe_games.game import Game
from envs.mpe_games.speaker_listener import SpeakerListener
from envs.mpe_games.spread import Spread
from envs.mpe_games.tag import Tag

# makes a game from its number of steps and the package's arguments
GAMES: Mapping[str, Callable[..., Game]] = {
    "simple_spread": Spread,
    "simple_tag": Tag,
    "simple_adversary": Adversary,
    "simple_speaker_listener": SpeakerListener,
}
