"""Trains and measures the policies of the other side, by double DQN against teams of rules of thumb. Needs torch.

    python -m envs.opponents.train simple_tag --seed 1 --out prey.npz      about a minute and a half on one core
    python -m envs.opponents.train simple_tag --measure                    the shipped policy against every team

Nothing that plays a game imports this module. Double DQN: van Hasselt et al., arXiv 1509.06461.

Legend: B batch, F features, U actions.
"""

from __future__ import annotations

import argparse
import logging
import math
import time
from collections.abc import Callable, Mapping
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from torch import nn

from envs.mpe_games import GAMES
from envs.mpe_games.game import PUSHES, Game, Opponent
from envs.opponents.policy import FEATURES, N_FEATURES, Network, make_opponent, trained
from envs.opponents.teams import TEAMS, Team

log = logging.getLogger("pymarl")

EPISODE, MEASURED = 50, 25  # steps of an episode in training (longer, so that a policy serves there too), measuring
UNITS, GAMMA, BATCH, MEMORY, LEARNING_RATE, FOLLOW = 64, 0.95, 128, 50_000, 5e-4, 0.01


def prey_reward(game: Game, me: int) -> float:
    """The package's: -10 for each predator that touches it, and a loss for leaving the field."""
    touched = sum(game.world.touching(me, a) for a in game.team)
    return -10.0 * touched - _outside(abs(game.world.x[me])) - _outside(abs(game.world.y[me]))


def _outside(x: float) -> float:
    if x < 0.9:
        return 0.0
    return (x - 0.9) * 10 if x < 1.0 else min(math.exp(2 * x - 2), 10.0)


def adversary_reward(game: Game, me: int) -> float:
    """The package's: minus its distance to the goal."""
    return -game.numbers()["adversary_distance"]


REWARDS: Mapping[str, Callable[[Game, int], float]] = {
    "simple_tag": prey_reward,
    "simple_adversary": adversary_reward,
}


class Memory:
    """The last transitions: features, action, reward, next features. (A game has no real end.)"""

    def __init__(self, n_features: int) -> None:
        self.before = np.zeros((MEMORY, n_features), dtype=np.float32)
        self.after = np.zeros((MEMORY, n_features), dtype=np.float32)
        self.actions, self.rewards = np.zeros(MEMORY, dtype=np.int64), np.zeros(MEMORY, dtype=np.float32)
        self.count = 0

    def add(self, before: np.ndarray, action: int, reward: float, after: np.ndarray) -> None:
        k = self.count % MEMORY
        self.before[k], self.actions[k], self.rewards[k], self.after[k] = before, action, reward, after
        self.count += 1

    def sample(self, rng: np.random.Generator) -> tuple[torch.Tensor, ...]:
        k = rng.integers(0, min(self.count, MEMORY), BATCH)
        return tuple(torch.from_numpy(part[k]) for part in (self.before, self.actions, self.rewards, self.after))


def make_network(n_features: int) -> nn.Sequential:
    sizes = [n_features, UNITS, UNITS, len(PUSHES)]
    layers: list[nn.Module] = []
    for i, o in pairwise(sizes):
        layers += [nn.Linear(i, o), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def export(network: nn.Sequential) -> Network:
    linear = [layer for layer in network if isinstance(layer, nn.Linear)]
    return Network([(m.weight.detach().double().numpy(), m.bias.detach().double().numpy()) for m in linear])


def learn(online: nn.Sequential, target: nn.Sequential, optimiser: torch.optim.Optimizer, batch: tuple) -> None:
    before, actions, rewards, after = batch  # [B, F], [B], [B], [B, F]
    with torch.no_grad():
        best = online(after).argmax(dim=1, keepdim=True)  # [B, 1]
        goal = rewards + GAMMA * target(after).gather(1, best).squeeze(1)  # [B]
    value = online(before).gather(1, actions.unsqueeze(1)).squeeze(1)  # [B]
    loss = nn.functional.smooth_l1_loss(value, goal)
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()
    with torch.no_grad():
        for old, new in zip(target.parameters(), online.parameters(), strict=True):
            old.lerp_(new, FOLLOW)


def train(key: str, seed: int, steps: int) -> Network:
    """Plays ``steps`` steps against a team drawn for each episode, and learns once every fourth."""
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    rng = np.random.default_rng(seed)
    game, features, reward = GAMES[key](EPISODE), FEATURES[key], REWARDS[key]
    online, target = make_network(N_FEATURES[key]), make_network(N_FEATURES[key])
    target.load_state_dict(online.state_dict())
    optimiser = torch.optim.Adam(online.parameters(), lr=LEARNING_RATE)
    memory, policy, me = Memory(N_FEATURES[key]), export(online), game.others[0]
    names, team = sorted(TEAMS[key]), TEAMS[key]["random"]
    chosen = 0
    game.opponent = lambda _game, _me: chosen
    for step in range(steps):
        if step % EPISODE == 0:
            game.reset(rng)
            team, policy = TEAMS[key][names[int(rng.integers(len(names)))]], export(online)
        before = features(game, me)
        explore = max(0.05, 1.0 - step / (0.4 * steps))
        chosen = int(rng.integers(len(PUSHES))) if rng.random() < explore else int(policy(before).argmax())
        game.step(team(game, rng))
        memory.add(before, chosen, reward(game, me), features(game, me))
        if step > 1000 and step % 4 == 0:
            learn(online, target, optimiser, memory.sample(rng))
    return export(online)


def measure(key: str, opponent: Opponent, team: Team, episodes: int, seed: int) -> dict[str, float]:
    """Means over episodes of 25 steps: the numbers that the game tells, and the other side's own return."""
    rng = np.random.default_rng(seed)
    game = GAMES[key](MEASURED)
    game.opponent = opponent
    found: list[dict[str, float]] = []
    for _ in range(episodes):
        game.reset(rng)
        total = 0.0
        for _ in range(MEASURED):
            game.step(team(game, rng))
            total += REWARDS[key](game, game.others[0])
        found.append({**game.numbers(), "own_return": total})
    return {name: float(np.mean([f[name] for f in found])) for name in found[0]}


def report(key: str, opponents: Mapping[str, Opponent], episodes: int, seed: int) -> None:
    for name, opponent in opponents.items():
        for team, play in TEAMS[key].items():
            numbers = measure(key, opponent, play, episodes, seed)
            log.info("%s: %s against %s: %s", key, name, team, {k: round(v, 2) for k, v in numbers.items()})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("game", choices=sorted(FEATURES))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--steps", type=int, default=200_000)
    parser.add_argument("--out", type=Path, help="write the weights there (.npz)")
    parser.add_argument("--measure", action="store_true", help="train nothing, measure the shipped policy")
    parser.add_argument("--episodes", type=int, default=500, help="of every measurement")
    args = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    rng = np.random.default_rng(args.seed)
    opponents = {name: make_opponent(name, args.game, lambda: rng) for name in ("random",)}
    if args.measure:
        opponents["pretrained"] = make_opponent("pretrained", args.game, lambda: rng)
    else:
        start = time.perf_counter()
        network = train(args.game, args.seed, args.steps)
        log.info("trained %d steps in %.0f s", args.steps, time.perf_counter() - start)
        if args.out:
            network.save(args.out)
        opponents["trained"] = trained(args.game, network)
    report(args.game, opponents, args.episodes, seed=1000)


if __name__ == "__main__":
    main()
