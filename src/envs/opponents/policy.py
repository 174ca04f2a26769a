"""The other side of a game: a small trained network, played in NumPy, or random actions.

The weights are shipped as ``<game>.npz`` beside this file; ``train.py`` made them and says how.

Legend: F features, H hidden units, U actions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from envs.mpe_games.game import PUSHES, Game, Opponent
from utils.errors import UserError

FOLDER = Path(__file__).parent
PREDATORS, OBSTACLES = 3, 2  # how many of each, the nearest, a prey takes note of
FAR_AWAY = (2.0, 2.0)  # stands for an obstacle that is not there


class Network:
    """A multi-layer perceptron with ReLU: ``[F]`` -> scores ``[U]``."""

    def __init__(self, layers: list[tuple[np.ndarray, np.ndarray]]) -> None:
        self.layers = layers  # weights [H, F] and biases [H], from the first layer on

    @classmethod
    def load(cls, path: Path) -> Network:
        """Raises UserError for a file that is missing or holds something else."""
        try:
            with np.load(path, allow_pickle=False) as file:
                depth = len(file.files) // 2
                return cls([(file[f"weight{k}"].astype(float), file[f"bias{k}"].astype(float)) for k in range(depth)])
        except (OSError, ValueError, KeyError, BadZipFile) as e:
            raise UserError(f"env_args.opponent={path} cannot be read as an opponent's weights: {e}") from e

    def save(self, path: Path) -> None:
        arrays: dict[str, Any] = {}
        for k, (weight, bias) in enumerate(self.layers):
            arrays |= {f"weight{k}": weight.astype(np.float32), f"bias{k}": bias.astype(np.float32)}
        np.savez(path, **arrays)

    def __call__(self, features: np.ndarray) -> np.ndarray:
        x = features
        for weight, bias in self.layers[:-1]:
            x = np.maximum(weight @ x + bias, 0.0)
        weight, bias = self.layers[-1]
        return weight @ x + bias

    @property
    def sizes(self) -> tuple[int, int]:
        return self.layers[0][0].shape[1], self.layers[-1][0].shape[0]


def prey_features(game: Game, me: int) -> np.ndarray:
    """What a prey observes, the nearest predators and obstacles only, nearest first ``[14]``.

    Own velocity and position, then predators and obstacles relative to itself. With fewer than three predators the last
    one stands in for those that lack.
    """
    x, y = game.world.x, game.world.y
    predators = _nearest(game, me, game.team)
    predators = (predators + predators[-1:] * PREDATORS)[:PREDATORS]
    obstacles = (_nearest(game, me, game.landmarks) + [FAR_AWAY] * OBSTACLES)[:OBSTACLES]
    numbers = [game.world.vx[me], game.world.vy[me], x[me], y[me]]
    return np.array(numbers + [v for pair in predators + obstacles for v in pair])


def adversary_features(game: Game, me: int) -> np.ndarray:
    """What the adversary observes, made independent of the order of landmarks and agents ``[12]``.

    The two landmarks that an agent is nearest to, nearest first: where they are, and the distances of the nearest and
    the second nearest agent; then where the two nearest agents are. What lacks is stood in for by the last.
    """
    w = game.world
    ways = [sorted(w.distance(a, m) for a in game.team) for m in game.landmarks]
    order = sorted(range(len(ways)), key=lambda k: ways[k][0])
    numbers: list[float] = []
    for k in (order + order[-1:])[:2]:
        m = game.landmarks[k]
        near = (ways[k] + ways[k][-1:])[:2]
        numbers += [w.x[m] - w.x[me], w.y[m] - w.y[me], *near]
    agents = _nearest(game, me, game.team)
    return np.array(numbers + [v for pair in (agents + agents[-1:])[:2] for v in pair])


def _nearest(game: Game, me: int, entities: list[int]) -> list[tuple[float, float]]:
    """Positions relative to an agent, nearest first."""
    w = game.world
    order = sorted(entities, key=lambda e: w.distance(me, e))
    return [(w.x[e] - w.x[me], w.y[e] - w.y[me]) for e in order]


FEATURES: Mapping[str, Callable[[Game, int], np.ndarray]] = {
    "simple_tag": prey_features,
    "simple_adversary": adversary_features,
}
N_FEATURES: Mapping[str, int] = {"simple_tag": 4 + 2 * (PREDATORS + OBSTACLES), "simple_adversary": 12}


def trained(key: str, network: Network) -> Opponent:
    """The action that the network scores highest."""
    features = FEATURES[key]
    return lambda game, me: int(network(features(game, me)).argmax())


AIMS: Mapping[str, str] = {
    "simple_tag": "that runs away and is trained to stay within the square from -1 to 1",
    "simple_adversary": "that is trained to come to the goal",
}


def words_of(name: str, key: str) -> str:
    """How that opponent plays, for a description: ``played by ...``."""
    return "chance, without any aim" if name == "random" else f"a fixed policy {AIMS[key]}"


def make_opponent(name: str, key: str, rng: Callable[[], np.random.Generator]) -> Opponent:
    """``pretrained``, ``random``, or the path of a file that ``train.py`` wrote. Raises UserError.

    rng: gives the generator that a random opponent draws from.
    """
    if name == "random":
        return lambda game, me: int(rng().integers(len(PUSHES)))
    path = FOLDER / f"{key}.npz" if name == "pretrained" else Path(name)
    if not path.is_file():
        raise UserError(
            f"env_args.opponent={name} does not exist; there is pretrained, random, or the path of an .npz file made "
            "by python -m envs.opponents.train"
        )
    network = Network.load(path)
    if network.sizes != (N_FEATURES[key], len(PUSHES)):
        raise UserError(
            f"env_args.opponent={name} is a policy for another game: it takes and gives {network.sizes} numbers, "
            f"{key} needs {(N_FEATURES[key], len(PUSHES))}"
        )
    return trained(key, network)
