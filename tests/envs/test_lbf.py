"""Level-Based Foraging: the adapter plays the package's game, and its description says what is there.

Legend: A agents, F foods.
"""

from __future__ import annotations

from typing import Any

import gymnasium
import lbforaging  # noqa: F401 - registers the ids
import numpy as np
import pytest
import torch
from lbforaging.foraging.environment import ForagingEnv

from envs.lbf import LBFEnv
from envs.lbf_game import FastForaging
from llm_credit import TFCAFSettings, build_tfcaf
from utils.errors import UserError

GAMES = [
    ("Foraging-5x5-2p-1f-coop-v3", {}),
    ("Foraging-2s-8x8-2p-2f-coop-v3", {}),
    ("Foraging-2s-10x10-3p-3f-v3", {"penalty": 0.1}),
    ("Foraging-15x15-4p-3f-v3", {"sight": 1}),
    ("Foraging-6x6-4p-4f-v3", {"observe_agent_levels": False, "normalize_reward": False}),
    ("Foraging-5x5-6p-4f-v3", {"sight": 3, "max_player_level": 4, "max_food_level": 5}),
    ("Foraging-7x7-3p-2f-v3", {"field_size": (6, 9), "sight": 2}),
]
NONE, NORTH, SOUTH, WEST, EAST, LOAD = range(6)


def eager_actions(game: ForagingEnv, rng: np.random.Generator) -> list[int]:
    """Random actions, possible or not, but loading more often than not where there is food: food gets eaten."""
    actions = rng.integers(0, 6, len(game.players))
    for i, player in enumerate(game.players):
        if LOAD in [a.value for a in game._valid_actions[player]] and rng.random() < 0.7:
            actions[i] = LOAD
    return actions.tolist()


@pytest.mark.parametrize(("key", "changes"), GAMES)
def test_the_game_equals_the_packages(key: str, changes: dict[str, Any]) -> None:
    """Observations, rewards, ends and legal moves, over random episodes, from the same seed."""
    kwargs = {**gymnasium.spec(key).kwargs, **changes}
    theirs, ours = ForagingEnv(**kwargs), FastForaging(**kwargs)
    if len(set(kwargs["field_size"])) > 1:  # the package checks rows against the number of columns and the reverse
        theirs.observation_space = gymnasium.spaces.Tuple([Anything(theirs.observation_space[0].shape)] * 3)
    rng = np.random.default_rng(0)
    ours.seed(11)
    eaten, obs = 0.0, (theirs.reset(seed=11)[0], ours.reset()[0])
    for _ in range(800):
        np.testing.assert_array_equal(np.stack(obs[0]), np.stack(obs[1]))
        assert obs[1][0].dtype == obs[0][0].dtype
        assert [theirs._valid_actions[p] for p in theirs.players] == [ours._valid_actions[p] for p in ours.players]
        actions = eager_actions(theirs, rng)
        a, b = theirs.step(list(actions)), ours.step(list(actions))
        assert a[1:] == b[1:]
        eaten += sum(a[1])
        obs = (theirs.reset()[0], ours.reset()[0]) if a[2] else (a[0], b[0])
    assert eaten != 0


class Anything(gymnasium.spaces.Box):
    def __init__(self, shape: tuple[int, ...]) -> None:
        super().__init__(-np.inf, np.inf, shape, np.float32)


@pytest.mark.parametrize(
    "key", ["Foraging-5x5-2p-1f-coop-v3", "Foraging-2s-8x8-2p-2f-coop-v3", "Foraging-5x5-4p-4f-v3"]
)
def test_global_state_read_through_its_description_is_the_field(key: str) -> None:
    env = LBFEnv(key, seed=2)
    task = env.describe()
    rng = np.random.default_rng(2)

    def read(name: str, entity: int) -> list[float]:
        return env.get_state()[task.field(name).slice_of(entity)].tolist()

    def triples(per: str, count: int) -> list[tuple[float, ...]]:
        return [tuple(read(f"{per}_{what}", e)[0] for what in ("row", "col", "level")) for e in range(count)]

    eaten = 0
    for _ in range(25):
        env.reset()
        placed = triples("food", task.facts["n_food"])
        last, over = None, False
        while True:
            assert triples("agent", env.n_agents) == [(*p.position, p.level) for p in env.game.players]
            foods = triples("food", task.facts["n_food"])
            there = [food for food in foods if food != (-1, -1, 0)]
            assert sorted(there) == [(r, c, env.game.field[r, c]) for r, c in np.argwhere(env.game.field).tolist()]
            assert all(now in (first, (-1, -1, 0)) for now, first in zip(foods, placed, strict=True))  # keeps its slot
            onehots = [read("last_action", i) for i in range(env.n_agents)]
            assert onehots == ([[0.0] * 6] * env.n_agents if last is None else np.eye(6)[last].tolist())
            if over:
                eaten += sum(first != now for first, now in zip(placed, foods, strict=True))
                break
            last = eager_actions(env.game, rng)
            _, over, _ = env.step(last)
    assert eaten > 0


def test_observation_state_read_through_its_description() -> None:
    """Positions count from the top left cell in sight; self first, then whoever is in sight, in the agents' order."""
    env = LBFEnv("Foraging-2s-8x8-3p-3f-v3", seed=4, state="observations")
    task, sight = env.describe(), 2
    rng = np.random.default_rng(4)
    env.reset()
    for _ in range(600):
        state = env.get_state()
        np.testing.assert_array_equal(state, np.concatenate(env.get_obs()))
        for i, me in enumerate(env.game.agents):
            corner = np.array([max(me[0] - sight, 0), max(me[1] - sight, 0), 0])

            def seen(who: str, i: int = i) -> list[list[float]]:
                fields = [task.field(f"obs{i}_{who}_{what}") for what in ("row", "col", "level")]
                return [[float(state[f.slice_of(e)][0]) for f in fields] for e in range(fields[0].count)]

            def visible(entity: Any, reach: np.ndarray) -> bool:
                return bool((corner[:2] <= entity[:2]).all() and (entity[:2] <= reach).all())

            assert seen("self") == [(np.array(me) - corner).tolist()]
            others = [np.array(a) for j, a in enumerate(env.game.agents) if j != i]
            others = [(a - corner).tolist() for a in others if visible(a, corner[:2] + 2 * sight)]
            assert seen("other") == others + [[-1, -1, 0]] * (2 - len(others))
            foods = [np.array(f) for f in env.game.food_slots if f[0] >= 0]
            foods = [(f - corner).tolist() for f in foods if visible(f, np.array(me[:2]) + sight)]
            assert seen("food") == foods + [[-1, -1, 0]] * (3 - len(foods))
        _, over, _ = env.step(eager_actions(env.game, rng))
        if over:
            env.reset()


def place(env: LBFEnv, agents: list[tuple[int, int, int]], foods: list[tuple[int, int, int]]) -> None:
    """Puts agents and foods (row, column, level) where a test wants them, at the start of an episode."""
    env.reset()
    env.game.field[:] = 0
    for row, col, level in foods:
        env.game.field[row, col] = level
    for player, (row, col, level) in zip(env.game.players, agents, strict=True):
        player.position, player.level = (row, col), level
    env.game._slots, env.game._food_spawned = foods, env.game.field.sum()
    env.game._gen_valid_moves()


def test_time_limit_is_told_from_a_real_end() -> None:
    env = LBFEnv("Foraging-5x5-2p-1f-coop-v3", seed=0, time_limit=2)
    beside = [(1, 2, 1), (2, 1, 1)]
    place(env, beside, [(2, 2, 2)])
    assert env.step([NONE, NONE]) == (0.0, False, {})
    assert env.step([NONE, LOAD]) == (0.0, True, {"episode_limit": True})
    place(env, beside, [(2, 2, 2)])
    env.step([NONE, NONE])
    assert env.step([LOAD, LOAD]) == (1.0, True, {"episode_limit": False})  # the last food at the last step
    assert env.describe().episode_limit == 2


def test_own_time_limit_of_the_id_is_kept_by_default() -> None:
    env = LBFEnv("Foraging-8x8-2p-1f-coop-v3", seed=0)
    env.reset()
    steps, over, info = 0, False, {}
    while not over:
        _, over, info = env.step([NONE, NONE])
        steps += 1
    assert (steps, info) == (50, {"episode_limit": True})


@pytest.mark.parametrize(("scalarisation", "expected"), [("sum", 1.0), ("mean", 0.5)])
def test_team_reward(scalarisation: Any, expected: float) -> None:
    env = LBFEnv("Foraging-5x5-2p-1f-coop-v3", seed=0, reward_scalarisation=scalarisation)
    place(env, [(1, 2, 2), (2, 1, 1)], [(2, 2, 3)])
    assert env.step([LOAD, LOAD])[0] == pytest.approx(expected)
    assert env.describe().return_high == expected


def test_loading_does_not_depend_on_where_players_lie_in_memory() -> None:
    """The package takes loading players out of a set. Where a player stands beside two foods, the order matters."""
    rewards = set()
    keep = []
    for n in range(40):
        env = LBFEnv("Foraging-8x8-2p-2f-v3", seed=0)
        keep += [env, bytearray(37 * n)]  # players of the next environment lie elsewhere
        # player 0 stands between both foods and tries the upper one first; player 1 can only reach the lower one
        place(env, [(3, 3, 1), (4, 2, 1)], [(2, 3, 2), (4, 3, 2)])
        rewards.add(env.step([LOAD, LOAD])[0])
    assert rewards == {0.0}


def test_food_that_finds_no_room_is_absent() -> None:
    env = LBFEnv("Foraging-5x5-2p-4f-v3", seed=0)  # foods keep a distance: no more than two fit here
    _, state = env.reset()
    task = env.describe()
    rows = [state[task.field("food_row").slice_of(k)][0] for k in range(4)]
    levels = [state[task.field("food_level").slice_of(k)][0] for k in range(4)]
    assert rows[2:] == [-1, -1]
    assert levels[2:] == [0, 0]
    assert min(levels[:1]) > 0


@pytest.mark.parametrize("state", ["global", "scaled", "observations"])
def test_ranges_are_no_wider_than_the_game(state: Any) -> None:
    """Proofs over the declared ranges are worth the more the narrower they are."""
    env = LBFEnv("Foraging-2s-6x6-2p-1f-v3", seed=0, state=state)
    rng = np.random.default_rng(0)
    states = []
    for _ in range(200):
        env.reset()
        over = False
        while not over:
            states.append(env.get_state())
            _, over, _ = env.step(eager_actions(env.game, rng))
        states.append(env.get_state())
    seen = np.stack(states)
    for field in env.describe().state_fields:
        values = seen[:, list(field.indices())]
        assert (values.min(), values.max()) == (field.low, field.high), field.name


@pytest.mark.parametrize("key", ["Foraging-2s-8x8-2p-2f-coop-v3", "Foraging-15x15-4p-3f-v3"])
def test_the_scaled_state_says_the_same_and_gets_the_same_credit(key: str) -> None:
    """Positions in lengths of the field, levels in shares of the highest; what is eaten is 0, 0, 0."""
    whole, scaled = LBFEnv(key, seed=3), LBFEnv(key, seed=3, state="scaled")
    task, n = whole.describe(), 3 * (whole.n_agents + task_foods(whole))
    unit = np.tile([*[max(task.facts["rows"], task.facts["cols"])] * 2, task.facts["max_food_level"]], n // 3)
    rng, states = np.random.default_rng(0), []
    for _ in range(3):
        whole.reset(), scaled.reset()
        over = False
        while not over:
            actions = eager_actions(whole.game, rng)
            _, over, _ = whole.step(actions)
            scaled.step(actions)
            states.append((whole.get_state(), scaled.get_state()))
    raw, divided = (np.stack(s) for s in zip(*states, strict=True))
    np.testing.assert_allclose(divided[:, :n] * unit, np.maximum(raw[:, :n], 0), atol=1e-5)
    np.testing.assert_array_equal(divided[:, n:], raw[:, n:])
    for name in ("proximity", "sharp"):
        weights = [
            build_tfcaf(env.describe(), TFCAFSettings(source="builtin", builtin=name)).credit_weights(torch.tensor(s))[
                0
            ]
            for env, s in ((whole, raw), (scaled, divided))
        ]
        torch.testing.assert_close(*weights, atol=1e-4, rtol=1e-4)


def task_foods(env: LBFEnv) -> int:
    return int(env.game.max_num_food)


def test_epymarls_form_of_the_key() -> None:
    assert LBFEnv("lbforaging:Foraging-8x8-2p-1f-v3").describe().name == LBFEnv("Foraging-8x8-2p-1f-v3").describe().name


def test_a_drawn_seed_can_be_read() -> None:
    first = LBFEnv("Foraging-8x8-2p-1f-v3")
    again = LBFEnv("Foraging-8x8-2p-1f-v3", seed=first.seed())
    np.testing.assert_array_equal(first.reset()[1], again.reset()[1])


@pytest.mark.parametrize(
    ("env_args", "message"),
    [
        ({"key": "Foraging-8x8-2p-2f-coop-v2"}, "Did you mean Foraging-8x8-2p-2f-coop-v3"),
        ({"key": "CartPole-v1"}, "no Level-Based Foraging task"),
        ({"state": "globl"}, "there is global, scaled, observations"),
        ({"reward_scalarisation": "max"}, "there is sum, mean"),
        ({"time_limit": 0}, "at least one step"),
        ({"kwargs": {"sihgt": 2}}, "sihgt"),
        ({"kwargs": {"grid_observation": True}}, "vectors, not grids"),
        ({"kwargs": {"field_size": [2, 2]}}, "refuses its arguments"),
    ],
)
def test_wrong_arguments_are_user_errors(env_args: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=message):
        LBFEnv(**{"key": "Foraging-5x5-2p-1f-coop-v3", **env_args})
