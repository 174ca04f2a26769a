"""The stag hunt's rules in situations worked out by hand, and its description held against real states.

Maps: ``A B C`` are agents 0 1 2, ``s t`` stags, ``h`` a hare, ``#`` an obstacle, ``.`` free. Legend: A agents, P prey.
"""

import itertools

import numpy as np
import pytest
import torch
from tests.envs.test_conformity import random_actions

import envs
from envs.stag_hunt import StagHunt, StagHuntEnv
from envs.stag_hunt_rules import CATCH, STAY
from envs.stag_hunt_world import AGENT, HARE, STAG
from llm_credit import TFCAFSettings, build_tfcaf
from llm_credit.states import draw_states
from utils.config import load_config
from utils.errors import UserError

RIGHT, DOWN, LEFT, UP = range(4)
LETTERS = {letter: (kind, i) for kind, letters in (("agents", "ABCD"), ("stags", "st"), ("hares", "h")) for i, letter in enumerate(letters)}  # fmt: skip


def hunt(world, seed=0, **options):
    """An episode that starts as drawn; reward_stag is 10, reward_hare 1, punishment -2 unless told."""
    rows = world.split()
    found = {c: (r, k) for r, row in enumerate(rows) for k, c in enumerate(row) if c in LETTERS}
    count = {kind: sum(LETTERS[c][0] == kind for c in found) for kind in ("agents", "stags", "hares")}
    obstacles = [[r, k] for r, row in enumerate(rows) for k, c in enumerate(row) if c == "#"]
    given = {
        "n_agents": count["agents"],
        "n_stags": count["stags"],
        "n_hare": count["hares"],
        "world_shape": (len(rows), len(rows[0])),
        "obstacles": obstacles,
        "miscapture_punishment": -2.0,
        "agent_obs": (1, 1),
    }
    env = StagHuntEnv(seed=seed, **{**given, **options})
    env.reset()
    place(env.env, found)
    return env


def place(batch, found):
    """Moves everybody of environment 0 to where the map has them."""
    batch.content[0] = batch._world.empty
    for letter, (row, column) in found.items():
        kind, i = LETTERS[letter]
        cell = row * batch.options.width + column
        where = batch.agents if kind == "agents" else batch.prey
        where[0, i + (batch.options.n_stags if kind == "hares" else 0)] = cell
        batch.content[0, cell] |= {"agents": AGENT, "stags": STAG, "hares": HARE}[kind]


def cell_of(env, letter):
    kind, i = LETTERS[letter]
    cells = env.env.agents[0] if kind == "agents" else env.env.prey[0]
    cell = int(cells[i + (env.env.options.n_stags if kind == "hares" else 0)])
    return None if cell == env.env._world.out else divmod(cell, env.env.options.width)


# --- Catching ---


def test_two_agents_catch_a_stag_and_leave_the_grid():
    env = hunt("AsB ... ..C")
    reward, over, info = env.step([CATCH, CATCH, STAY])
    assert (reward, over) == (10.0, True)  # no prey is left: a real end
    assert info == {"episode_limit": False, "stags": 1, "hares": 0, "miscaptures": 0}
    assert [cell_of(env, x) for x in "ABs"] == [None] * 3
    assert cell_of(env, "C") == (2, 2)
    assert env.get_avail_actions() == [[0, 0, 0, 0, 1, 0]] * 2 + [[0, 0, 1, 1, 1, 0]]
    obs = np.array(env.get_obs())
    assert not obs[:2].any()  # who has left sees nothing
    assert obs[2].sum() == 1  # only itself


def test_one_agent_is_punished_and_the_stag_walks_on():
    env = hunt("As. ..B")
    reward, over, info = env.step([CATCH, STAY])
    assert (reward, over, info) == (-2.0, False, {})
    assert cell_of(env, "s") in {(0, 2), (1, 1)}
    assert env.env.counts[0].tolist() == [0, 0, 1]


def test_one_agent_catches_a_hare():
    env = hunt("Ah. .B. ..s")
    reward, _, _ = env.step([CATCH, STAY])
    assert (reward, cell_of(env, "h"), cell_of(env, "A"), cell_of(env, "B")) == (1.0, None, None, (1, 1))


def test_each_prey_that_too_few_try_to_catch_costs():
    """One agent between two stags tries to catch both."""
    env = hunt("sAt ..B")
    assert env.step([CATCH, STAY])[0] == -4.0


@pytest.mark.parametrize("seed", range(6))
def test_who_caught_one_prey_catches_no_other_at_that_step(seed):
    """A and B catch one stag, whichever has its turn first; the other then has C's hand alone, or none."""
    env = hunt("sA. Bt. .C.", seed)
    reward, _, _ = env.step([CATCH, CATCH, CATCH])
    # s has hands A and B, t has A, B and C. If s is first: +10, then t has C alone: -2. If t is first: +10, s has none.
    first_s = cell_of(env, "s") is None
    assert reward == (8.0 if first_s else 10.0)
    assert (cell_of(env, "C") is None) is not first_s


def test_without_freezing_the_same_agents_catch_both():
    env = hunt("sA. Bt. .C.", capture_freezes=False)
    assert env.step([CATCH, CATCH, CATCH])[0] == 20.0
    assert [cell_of(env, x) for x in "ABC"] == [(0, 1), (1, 0), (2, 1)]
    assert not env.describe().has_field("agent_active")


def test_frozen_agents_that_stay_are_in_the_way_and_can_only_stay():
    env = hunt("AsB C.t", remove_frozen=False)
    env.step([CATCH, CATCH, STAY])
    assert (cell_of(env, "A"), cell_of(env, "B"), cell_of(env, "s")) == ((0, 0), (0, 2), None)
    assert env.get_avail_actions()[:2] == [[0, 0, 0, 0, 1, 0]] * 2
    active = env.describe().field("agent_active")
    assert env.get_state()[list(active.indices())].tolist() == [0, 0, 1]
    env.step([DOWN, STAY, UP])  # A's action is not available and does nothing; C runs into A
    assert (cell_of(env, "A"), cell_of(env, "C")) == ((0, 0), (1, 0))
    assert env.get_obs()[0].any()  # who stays goes on seeing


def test_the_episode_ends_when_nobody_can_act():
    env = hunt("AsB ..t")
    reward, over, info = env.step([CATCH, CATCH])
    assert (reward, over, info["episode_limit"], cell_of(env, "t")) == (10.0, True, False, cell_of(env, "t"))
    assert cell_of(env, "t") is not None


@pytest.mark.parametrize(("terminal", "over"), [(True, True), (False, False)])
def test_a_catch_can_end_the_episode(terminal, over):
    env = hunt("Ah. B.s", capture_terminal=terminal)
    assert env.step([CATCH, STAY])[1] is over


def test_more_hands_can_be_asked_for():
    three = {"capture_action_conditions": (3, 1)}
    assert hunt("AsB .C.", **three).step([CATCH, CATCH, STAY])[0] == -2.0
    assert hunt("AsB .C.", **three).step([CATCH] * 3)[0] == 10.0


@pytest.mark.parametrize(("free", "caught"), [(0, False), (1, True)])
def test_without_the_action_prey_is_caught_by_leaving_it_no_cell(free, caught):
    """The stag in the corner has A at one side and one free cell."""
    env = hunt("sA. ... B..", capture_action=False, capture_conditions=(free, 1))
    assert env.get_total_actions() == 5
    assert env.step([STAY, STAY])[0] == (10.0 if caught else 0.0)
    assert (cell_of(env, "A") is None) is caught  # it took part
    assert cell_of(env, "B") == (2, 0)


def test_prey_does_not_catch_prey():
    """Both stags are walled in by each other and by obstacles, and no agent is near."""
    options = {"capture_action": False, "capture_conditions": (0, 0)}
    assert hunt("st# ##. .A.", **options).step([STAY])[0] == 0.0
    assert hunt("st# ##. .A.", prevent_cannibalism=False, **options).step([STAY])[0] > 0.0


def stepped(env, actions):
    env.step(actions)
    return env


# --- Moving ---


def test_agents_move_and_keep_out_of_each_others_way():
    env = hunt("A.B ... ..s", reward_collision=-1.0, reward_time=-0.5)
    reward, _, _ = env.step([RIGHT, LEFT])  # one of them is first; the other finds the cell taken
    assert {cell_of(env, "A"), cell_of(env, "B")} in ({(0, 1), (0, 2)}, {(0, 0), (0, 1)})
    assert reward == -1.5


@pytest.mark.parametrize("seed", range(8))
def test_a_cell_is_free_for_those_who_act_after_its_owner_left(seed):
    env = hunt("AB.. .... ...s", seed)
    order = env.env._agent_order[0, 0].tolist()
    env.step([RIGHT, RIGHT])
    assert cell_of(env, "B") == (0, 2)
    assert cell_of(env, "A") == ((0, 1) if order == [1, 0] else (0, 0))


def test_staying_and_catching_is_no_collision():
    assert hunt("As. B..", reward_collision=-1.0, miscapture_punishment=0.0).step([CATCH, STAY])[0] == 0.0


@pytest.mark.parametrize(("block", "there"), [((0, 1, 2), (1, 0)), ((0,), (1, 1))])
def test_what_blocks_an_agent_is_an_option(block, there):
    env = hunt(".#. As. .#B", agent_move_block=block)
    env.step([RIGHT, STAY])
    assert cell_of(env, "A") == there


def test_agents_that_share_cells_leave_one_by_one():
    env = hunt("AB. ... ..s", agent_move_block=(1, 2))
    env.step([RIGHT, STAY])
    assert cell_of(env, "A") == cell_of(env, "B") == (0, 1)
    env.step([RIGHT, STAY])
    assert (cell_of(env, "A"), cell_of(env, "B")) == ((0, 2), (0, 1))
    assert env.env.content[0, [0, 1, 2]].tolist() == [0, AGENT, AGENT]


def test_edges_and_obstacles_cannot_be_entered():
    env = hunt("A#. ..B s..")
    assert env.get_avail_actions()[0][:4] == [0, 1, 0, 0]
    env.step([UP, STAY])
    assert cell_of(env, "A") == (0, 0)
    env.step([RIGHT, STAY])
    assert cell_of(env, "A") == (0, 0)


def test_a_torus_goes_on_at_the_other_side():
    env = hunt("A... .... ..s. ...B", toroidal=True)
    assert env.get_avail_actions()[0] == [1, 1, 1, 1, 1, 0]
    env.step([LEFT, RIGHT])
    assert (cell_of(env, "A"), cell_of(env, "B")) == ((0, 3), (3, 0))
    env.step([UP, STAY])
    assert cell_of(env, "A") == (3, 3)


def test_prey_is_caught_across_the_edge_of_a_torus():
    env = hunt("s..A .... .... B...", toroidal=True)
    assert [row[CATCH] for row in env.get_avail_actions()] == [1, 1]
    assert env.step([CATCH, CATCH])[0] == 10.0
    assert [row[CATCH] for row in hunt("s..A .... .... B...").get_avail_actions()] == [0, 0]


def test_prey_moves_to_any_free_cell_with_equal_chance():
    seen = [cell_of(stepped(hunt("... As. ...", seed), [STAY]), "s") for seed in range(300)]
    counts = [seen.count(cell) for cell in ((0, 1), (2, 1), (1, 2))]
    assert sum(counts) == 300
    assert min(counts) > 70


@pytest.mark.parametrize(("chance", "moves"), [(1.0, 0), (0.5, None), (0.0, 40)])
def test_prey_may_rest(chance, moves):
    away = sum(cell_of(stepped(hunt("... .s. A..", s, p_stags_rest=chance), [STAY]), "s") != (1, 1) for s in range(40))
    assert away == moves if moves is not None else 8 < away < 32


def test_mountains_stop_climbers():
    steep = {"mountain_slope": 1.0}
    assert cell_of(stepped(hunt("... .A. s..", **steep), [UP]), "A") == (1, 1)
    assert cell_of(stepped(hunt("... .A. s..", **steep), [DOWN]), "A") == (2, 1)
    for seed in range(10):
        env = hunt("#.# #h# #s# #.# A.#", seed, **steep)
        env.step([STAY])
        assert (cell_of(env, "h"), cell_of(env, "s")) == ((1, 1), (2, 1))  # up and down were all that was free


def test_mountains_decide_where_all_appear():
    for seed in range(5):
        env = StagHuntEnv(seed=seed, n_agents=4, n_stags=4, n_hare=4, mountain_spawn=True, mountain_agent_row=5)
        env.reset()
        rows = env.env._world.positions[:, 0]
        assert set(rows[env.env.agents[0]]) == {5}
        assert set(rows[env.env.prey[0, :4]]) == {0}
        assert set(rows[env.env.prey[0, 4:]]) == {9}


# --- Time ---


@pytest.mark.parametrize(("truncate", "limit"), [(True, True), (False, False)])
def test_running_out_of_time_is_no_real_end(truncate, limit):
    env = hunt("A.. ..s ...", episode_limit=2, truncate_episodes=truncate)
    assert env.step([STAY])[1] is False
    _, over, info = env.step([STAY])
    assert (over, info["episode_limit"]) == (True, limit)
    env.reset()  # and the next episode has all its time
    assert env.step([STAY])[1] is False


def test_a_real_end_at_the_last_step_is_a_real_end():
    _, over, info = hunt("AsB ...", episode_limit=1).step([CATCH, CATCH])
    assert (over, info["episode_limit"]) == (True, False)


# --- What is seen ---


def channels(env, agent, n=3):
    """``[channel, row, column]`` of the window."""
    rows, columns = env.env.options.agent_obs
    return env.get_obs()[agent].reshape(2 * rows + 1, 2 * columns + 1, n).transpose(2, 0, 1).tolist()


def test_an_agent_sees_its_window():
    env = hunt("A.s.. .B... h...t .....")
    assert channels(env, 1) == [
        [[1, 0, 0], [0, 1, 0], [0, 0, 0]],  # agents, itself in the middle
        [[0, 0, 1], [0, 0, 0], [0, 0, 0]],  # stags
        [[0, 0, 0], [0, 0, 0], [1, 0, 0]],  # hares
    ]
    assert channels(env, 0)[0] == [[0, 0, 0], [0, 1, 0], [0, 0, 1]]  # nothing lies beyond the edge


def test_windows_need_not_be_square():
    env = hunt("A.s.. .B... h...t .....", agent_obs=(0, 3))
    assert channels(env, 0) == [[[0, 0, 0, 1, 0, 0, 0]], [[0, 0, 0, 0, 0, 1, 0]], [[0] * 7]]


def test_walls_and_obstacles_can_be_seen():
    world = "A#. ... .Bs"
    assert channels(hunt(world, observe_walls=True), 0)[0] == [[-1, -1, -1], [-1, 1, -1], [-1, 0, 0]]
    seen = channels(hunt(world, observe_walls=True, observe_one_hot=True), 0, 4)
    assert seen[0] == [[0, 0, 0], [0, 1, 0], [0, 0, 0]]
    assert seen[3] == [[1, 1, 1], [1, 0, 1], [1, 0, 0]]
    assert channels(hunt(world), 0)[0] == [[0, 0, 0], [0, 1, 0], [0, 0, 0]]


def test_numbers_can_be_seen_in_place_of_ones():
    env = hunt("AB. t.s .h.", observe_ids=True)
    assert channels(env, 0)[0] == [[0, 0, 0], [0, 1, 2], [0, 0, 0]]
    assert channels(env, 1)[1] == [[0, 0, 0], [0, 0, 0], [2, 0, 1]]


def test_a_window_goes_on_across_the_edge_of_a_torus():
    env = hunt("A... .... ..B. h..s", toroidal=True)
    assert channels(env, 0) == [
        [[0, 0, 0], [0, 1, 0], [0, 0, 0]],
        [[1, 0, 0], [0, 0, 0], [0, 0, 0]],
        [[0, 1, 0], [0, 0, 0], [0, 0, 0]],
    ]


def test_the_whole_world_can_be_seen():
    env = hunt("A.s .B.", observe_state=True)
    seen = env.get_obs()[1].reshape(2, 3, 4).transpose(2, 0, 1).tolist()
    assert seen[:2] == [[[1, 0, 0], [0, 1, 0]], [[0, 0, 1], [0, 0, 0]]]
    assert seen[3] == [[0, 0, 0], [0, 1, 0]]  # itself


# --- The description against real states ---


VARIANTS = {
    "usual": {},
    "all_kinds": {"n_stags": 3, "n_hare": 4, "n_obstacles": 5, "world_shape": (7, 9), "agent_obs": (1, 2)},
    "stay_frozen": {"remove_frozen": False, "toroidal": True, "n_hare": 3, "reward_time": -0.1, "p_hare_rest": 0.5},
    "no_freezing": {"capture_freezes": False, "observe_ids": True, "miscapture_punishment": -2.0},
    "by_blocking": {"capture_action": False, "capture_conditions": (2, 3), "n_hare": 4, "world_shape": (6, 6)},
    "walk_through": {"agent_move_block": (), "world_shape": (4, 7), "reward_collision": -0.5, "observe_state": True},
    "mountain": {"mountain_slope": 0.5, "mountain_spawn": True, "n_hare": 2, "mountain_agent_row": 4},
    "thirty_two": {"n_agents": 32, "n_stags": 24, "n_hare": 8, "world_shape": (20, 20), "observe_walls": True},
}
every_variant = pytest.mark.parametrize("variant", VARIANTS)


def field(task, state, name):
    return state[list(task.field(name).indices())]


def positions(task, state, name):
    """``[(row, column), ...]`` in cells, as the description says them; (-1, -1) for what is not in the world."""
    cells = np.stack([field(task, state, f"{name}_{what}") * task.facts["position_unit"] for what in ("row", "column")])
    assert np.abs(cells - cells.round()).max() < 1e-4
    leaves = name in ("stag", "hare") or (name == "agent" and task.facts["remove_frozen"])
    flag = "agent_active" if name == "agent" else f"{name}_alive"
    if leaves and task.has_field(flag):
        gone = field(task, state, flag) == 0
        assert (cells[:, gone] == 0).all()
        cells[:, gone] = -1
    return [(row, column) for row, column in cells.round().T.tolist()]


@every_variant
def test_fields_hold_what_the_description_says(variant):
    env = StagHuntEnv(seed=4, episode_limit=60, **VARIANTS[variant])
    task, rng = env.describe(), np.random.default_rng(0)
    low, high = (np.array([getattr(f, e) for f in task.state_fields for _ in f.indices()]) for e in ("low", "high"))
    where = np.argsort([i for f in task.state_fields for i in f.indices()])
    kinds = [k for k in ("stag", "hare") if task.has_field(f"{k}_row")]
    for _ in range(4):
        env.reset()
        over, total = False, 0.0
        while not over:
            before, avail = env.get_state(), env.get_avail_actions()
            actions = random_actions(env, rng)
            reward, over, info = env.step(actions)
            after, total = env.get_state(), total + reward
            assert (after >= low[where]).all()
            assert (after <= high[where]).all()
            check_step(env, task, before, after, actions, avail)
        for kind, key in (("stag", "stags"), ("hare", "hares")):
            alive = field(task, after, f"{kind}_alive").sum() if kind in kinds else 0
            assert info[key] == task.facts["n_stags" if kind == "stag" else "n_hare"] - alive
        assert task.return_low <= total <= task.return_high


def check_step(env, task, before, after, actions, avail):
    """Agents are where their moves lead, or still where they were; prey went one cell at most; nobody is in a wall."""
    moves = [(0, 1), (1, 0), (0, -1), (-1, 0)] + [(0, 0)] * 2
    height, width = task.facts["world_shape"]
    for old, new, action, can in zip(
        positions(task, before, "agent"), positions(task, after, "agent"), actions, avail, strict=True
    ):
        reached = (old[0] + moves[action][0], old[1] + moves[action][1])
        reached = (reached[0] % height, reached[1] % width) if task.facts["toroidal"] else reached
        assert new in {old, reached, (-1.0, -1.0)}
        assert can[action]
    for kind in ("stag", "hare"):
        if task.has_field(f"{kind}_row"):
            for old, new in zip(positions(task, before, kind), positions(task, after, kind), strict=True):
                steps = [abs(a - b) for a, b in zip(old, new, strict=True)]
                steps = (
                    [min(d, s - d) for d, s in zip(steps, (height, width), strict=True)]
                    if task.facts["toroidal"]
                    else steps
                )
                assert new == (-1.0, -1.0) or sum(steps) <= 1
    if task.has_field("obstacle_row"):
        walls = set(positions(task, after, "obstacle"))
        assert not walls & set(positions(task, after, "agent"))
        assert walls == set(positions(task, before, "obstacle"))


@every_variant
def test_the_grid_holds_the_same_as_the_entities(variant):
    options = {"episode_limit": 30, **VARIANTS[variant]}
    ours, grid = StagHuntEnv(seed=4, **options), StagHuntEnv(seed=4, state="grid", **options)
    a, g = ours.describe(), grid.describe()
    assert a.name != g.name
    width, rng = a.facts["world_shape"][1], np.random.default_rng(0)
    ours.reset(), grid.reset()
    for _ in range(25):
        actions = random_actions(ours, rng)
        if ours.step(actions)[1] | grid.step(actions)[1]:
            break
        for kind in ("agent", "stag", "hare"):
            cells = np.flatnonzero(field(g, grid.get_state(), f"cell_{kind}"))
            there = (
                {p for p in positions(a, ours.get_state(), kind) if p[0] >= 0} if a.has_field(f"{kind}_row") else set()
            )
            assert {(c // width, c % width) for c in cells.tolist()} == there


def test_everybody_moves_in_some_episode():
    env = StagHuntEnv(seed=1, n_hare=3)
    task, rng = env.describe(), np.random.default_rng(1)
    env.reset()
    first = env.get_state()
    for _ in range(20):
        env.step(random_actions(env, rng))
    for kind in ("agent", "stag", "hare"):
        pairs = zip(positions(task, first, kind), positions(task, env.get_state(), kind), strict=True)
        assert sum(a != b for a, b in pairs) >= 2


@every_variant
def test_the_names_of_unlike_tasks_differ(variant):
    names = {StagHuntEnv(seed=0, **options).describe().name for options in VARIANTS.values()}
    assert len(names) == len(VARIANTS)
    task = StagHuntEnv(seed=0, **VARIANTS[variant]).describe()
    assert all(f"{key}" in task.facts for key in VARIANTS[variant])


def test_the_prose_follows_the_options():
    usual = StagHuntEnv(seed=0).describe()
    assert "8 agents hunt 8 stags on a grid of 10 rows and 10 columns" in usual.summary
    assert "at least two agents try to catch it" in usual.summary
    assert (usual.return_low, usual.return_high) == (0.0, 40.0)  # 8 agents, two frozen for each stag
    punished = StagHuntEnv(seed=0, miscapture_punishment=-2.0, n_hare=1, n_agents=5, episode_limit=10).describe()
    assert "-2 for each prey that some agents, but too few, try to catch at a step" in punished.reward
    assert (punished.return_low, punished.return_high) == (-180.0, 21.0)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"n_agents": 0}, "from 1 to 64"),
        ({"n_agents": 65}, "from 1 to 64"),
        ({"n_stags": 0}, "there is no prey"),
        ({"world_shape": (3, 3)}, "9 free cells for 16 entities"),
        ({"world_shape": (10,)}, "a list of 2 whole numbers"),
        ({"world_shape": (2, 30), "toroidal": True}, "from 3 to 1000"),
        ({"obstacles": [[10, 0]]}, "cells of a world of 10 rows"),
        ({"obstacles": [3]}, "a list of 2 whole numbers"),
        ({"mountain_agent_row": 10}, "a row from 0 to 9"),
        ({"mountain_spawn": True, "n_stags": 11, "world_shape": (5, 10)}, "11 are to appear in row 0, room for 10"),
        ({"p_hare_rest": 1.5}, "a probability"),
        ({"capture_action_conditions": (5, 1)}, "from 1 to 4"),
        ({"agent_move_block": (3,)}, "from 0 to 2"),
        ({"state": "graph"}, "entities or grid"),
        ({"episode_limit": 0}, "at least 1"),
    ],
)
def test_impossible_arguments_are_refused(options, words):
    with pytest.raises(UserError, match=words):
        StagHunt(seeds=[0], **options)


# --- Builtin credit functions ---


SIZES = {
    "eight": {},
    "thirty_two": {"n_agents": 32, "n_stags": 32, "world_shape": (20, 20)},
    "kinds_on_a_torus": {"toroidal": True, "n_stags": 3, "n_hare": 5, "n_agents": 4},
    "no_freezing": {"capture_freezes": False, "n_agents": 4, "n_stags": 2},
}


def function(form, name, **options):
    task = StagHuntEnv(seed=0, **options).describe()
    return task, build_tfcaf(task, TFCAFSettings(source="builtin", builtin=name), (form,))


@pytest.mark.parametrize(("size", "name"), list(itertools.product(SIZES, ["hunters", "sharp"])))
def test_credit_weights_pass_the_gate_proved(size, name):
    task, tfcaf = function("credit_weights", name, **SIZES[size])
    assert tfcaf.report.igm == "proved"
    w, b = tfcaf.credit_weights(draw_states(task, 200))
    assert (b == 0).all()
    torch.testing.assert_close(w.mean(dim=1), torch.ones(200), atol=1e-4, rtol=1e-4)  # uniform credit is VDN


@pytest.mark.parametrize("size", SIZES)
def test_credit_advantages_pass_the_gate_proved(size):
    task, f = function("credit_advantages", "catchers", **SIZES[size])
    assert f.report.igm == "proved"
    onehot = torch.nn.functional.one_hot(torch.randint(task.n_actions, (200, task.n_agents)), task.n_actions).float()
    lam = f.credit_advantages(draw_states(task, 200), onehot)
    torch.testing.assert_close(lam.mean(dim=1), torch.ones(200))


def state_of(env):
    return torch.from_numpy(env.get_state()).unsqueeze(0)


@pytest.mark.parametrize("name", ["hunters", "sharp"])
def test_company_at_the_prey_gives_credit(name):
    """A and B are beside one stag, C is alone beside the other, D is far from both."""
    env = hunt("As.... .B.... ...... ...... ...... ...Ct. ...... ...... ......", n_agents=4, seed=1)
    place(env.env, {"A": (0, 0), "B": (1, 1), "C": (5, 3), "D": (8, 0), "s": (0, 1), "t": (5, 4)})
    tfcaf = build_tfcaf(env.describe(), TFCAFSettings(source="builtin", builtin=name), ("credit_weights",))
    w = tfcaf.credit_weights(state_of(env))[0][0]
    assert min(w[0], w[1]) > w[2] > w[3] > 0


def test_frozen_agents_and_caught_prey_take_no_part():
    env = hunt("AsB Ct. ...")
    env.step([CATCH, CATCH, STAY])
    tfcaf = build_tfcaf(env.describe(), TFCAFSettings(source="builtin"), ("credit_weights",))
    w = tfcaf.credit_weights(state_of(env))[0][0]
    torch.testing.assert_close(w, torch.tensor([0.5, 0.5, 2.0]))


def test_distance_goes_around_a_torus():
    world = "A.....s ....... ....B.. ....... ....... ....... ......."
    for toroidal, nearer in ((True, 0), (False, 1)):
        env = hunt(world, toroidal=toroidal)
        tfcaf = build_tfcaf(env.describe(), TFCAFSettings(source="builtin"), ("credit_weights",))
        assert int(tfcaf.credit_weights(state_of(env))[0][0].argmax()) == nearer


def test_who_decides_alone_counts_most():
    """A tries to catch the stag: B, beside it, decides whether it is caught; C is far away."""
    env = hunt("AsB ... ..C")
    task = env.describe()
    f = build_tfcaf(task, TFCAFSettings(source="builtin", builtin="catchers"), ("credit_advantages",))

    def lam(*actions):
        onehot = torch.nn.functional.one_hot(torch.tensor([actions]), task.n_actions).float()
        return f.credit_advantages(state_of(env), onehot)[0]

    one, both, none = lam(CATCH, STAY, STAY), lam(CATCH, CATCH, STAY), lam(STAY, STAY, STAY)
    assert one[1] > one[0] > one[2]  # B makes it a catch; A alone is why the team is punished
    torch.testing.assert_close(both[0], both[1])  # either one less, and there is no catch
    assert both[0] > both[2]
    assert none[0] > none[2]  # trying alone would be punished
    torch.testing.assert_close(one / one.sum() * 3.0, one)


def test_what_does_not_fit_gets_uniform_credit():
    assert (
        build_tfcaf(StagHuntEnv(seed=0, state="grid").describe(), TFCAFSettings()).origin == "builtin:stag_hunt/uniform"
    )
    task = StagHuntEnv(seed=0, capture_action=False).describe()
    assert build_tfcaf(task, TFCAFSettings()).origin == "builtin:stag_hunt/hunters"
    f = build_tfcaf(task, TFCAFSettings(form="credit_advantages"), ("credit_advantages",))
    assert f.origin == "builtin:stag_hunt/uniform_lambda"


@pytest.mark.parametrize(("name", "punishment"), [("stag_hunt", 0), ("predator_prey", -2)])
def test_shipped_configs_are_the_easy_and_the_hard_task(name, punishment):
    config = load_config([f"--env-config={name}", "--config=qmix"]).values
    env = envs.REGISTRY[config["env"]](**{**config["env_args"], "seed": 0})
    assert env.describe().facts["miscapture_punishment"] == punishment
