"""The games of the multi-agent particle environments by name."""

from __future__ import annotations

from collections.abc import Mapping

from envs.mpe_games.adversary import Adversary
from envs.mpe_games.game import Game
from envs.mpe_games.speaker_listener import SpeakerListener
from envs.mpe_games.spread import Spread
from envs.mpe_games.tag import Tag

GAMES: Mapping[str, type[Game]] = {
    "simple_spread": Spread,
    "simple_tag": Tag,
    "simple_adversary": Adversary,
    "simple_speaker_listener": SpeakerListener,
}
