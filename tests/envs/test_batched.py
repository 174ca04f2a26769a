"""What every batched environment promises: an environment of a batch plays what it would play alone."""

import contextlib
import inspect
import json

import numpy as np
import pytest
from tests.envs.batched_toy import Walks, WalksEnv
from tests.envs.test_conformity import CASES, play, random_actions

import envs
from envs.batched import BatchMember
from utils.errors import UserError

SEEDS = [11, 12, 13, 14]
EPISODES = 2


def _adapters():
    found = {"toy": (WalksEnv, {}), "toy_time_limit": (WalksEnv, {"ends": False, "n_agents": 3})}
    for name, (env, args) in CASES.items():
        with contextlib.suppress(UserError):  # a package is missing: none of ours, which need nothing
            if envs.REGISTRY[env].batched is not None:
                found[name] = (envs.REGISTRY[env], args)
    return found


ADAPTERS = _adapters()
everywhere = pytest.mark.parametrize("case", ADAPTERS)


def seen_alone(adapter, args, seed, episodes):
    """What one environment gives in some episodes of actions from a generator of its own."""
    return play(adapter(**args, seed=seed), episodes, seed)


@everywhere
def test_an_environment_of_a_batch_plays_what_it_plays_alone(case):
    """Whichever environments are stepped with it, in whatever order, and wherever they stand in their episodes."""
    adapter, args = ADAPTERS[case]
    batch = adapter.batched(seeds=SEEDS, **args)
    members = [BatchMember(batch, i) for i in range(len(SEEDS))]
    rngs = [np.random.default_rng(seed) for seed in SEEDS]
    seen = [[] for _ in SEEDS]
    order = np.random.default_rng(0)
    started, running = [0] * len(SEEDS), set()
    while min(started) < EPISODES or running:
        waiting = [i for i in range(len(SEEDS)) if i not in running and started[i] < EPISODES]
        if waiting and (not running or order.random() < 0.3):
            chosen = order.permutation(waiting)[: order.integers(1, len(waiting) + 1)]
            batch.reset(chosen)
            running |= {int(i) for i in chosen}
            for i in chosen:
                started[i] += 1
        chosen = order.permutation(sorted(running))[: order.integers(1, len(running) + 1)]
        state, obs, avail = batch.state(chosen), batch.obs(chosen), batch.avail_actions(chosen)
        actions = np.array([random_actions(members[i], rngs[i]) for i in chosen])
        step = batch.step(chosen, actions)
        for k, i in enumerate(chosen):
            seen[i].append([state[k].tolist(), obs[k].tolist(), avail[k].tolist(), actions[k].tolist()])
            info = {}
            if step.over[k]:
                info = {"episode_limit": bool(step.out_of_time[k]), **batch.episode_info(int(i))}
                running.remove(int(i))
            seen[i].append([float(step.reward[k]), bool(step.over[k]), info, members[i].get_state().tolist()])
    for i, seed in enumerate(SEEDS):
        assert seen[i] == seen_alone(adapter, args, seed, EPISODES)


@everywhere
def test_shapes_and_types_of_a_chosen_subset(case):
    adapter, args = ADAPTERS[case]
    batch = adapter.batched(seeds=SEEDS, **args)
    which = np.array([3, 0])
    batch.reset(which)
    a, u = batch.n_agents, batch.n_actions
    avail = batch.avail_actions(which)
    assert (avail.shape, avail.dtype) == ((2, a, u), np.int32)
    assert (batch.state(which).shape, batch.state(which).dtype) == ((2, batch.state_size), np.float32)
    assert (batch.obs(which).shape, batch.obs(which).dtype) == ((2, a, batch.obs_size), np.float32)
    kept = batch.state(which), batch.obs(which), avail
    copies = [x.copy() for x in kept]
    step = batch.step(which, avail.argmax(axis=2))
    assert [x.shape for x in step] == [(2,)] * 3
    assert not (step.out_of_time & ~step.over).any()
    for array, copy in zip(kept, copies, strict=True):
        np.testing.assert_array_equal(array, copy)  # what was given out is not written to


@everywhere
def test_the_generator_of_one_environment_is_saved_and_restored_alone(case):
    adapter, args = ADAPTERS[case]
    batch = adapter.batched(seeds=SEEDS, **args)
    members = [BatchMember(batch, i) for i in range(len(SEEDS))]
    before = json.loads(json.dumps(members[2].rng_state()))
    first = play(members[2], 2)
    neighbour = members[1].rng_state()
    members[2].set_rng_state(before)
    assert play(members[2], 2) == first
    assert members[1].rng_state() == neighbour
    assert members[2].seed(SEEDS[1]) == SEEDS[1]
    assert play(members[2], 2) == play(members[1], 2)
    assert [m.seed() for m in members] == [11, 12, 12, 14]


@everywhere
def test_the_adapter_takes_the_arguments_of_its_batch(case):
    adapter, _ = ADAPTERS[case]
    own = set(inspect.signature(adapter).parameters)
    assert own - {"seed"} == set(inspect.signature(adapter.batched).parameters) - {"seeds"}


def test_without_a_seed_one_is_drawn():
    seeds = {BatchMember(Walks(seeds=[None, None]), i).seed() for i in (0, 1)}
    assert len(seeds) == 2


def test_closing_and_errors_reach_the_batch():
    env = WalksEnv(seed=1)
    env.close()
    env.close()
    assert env.env.closed == 2
    with pytest.raises(UserError, match="n_agents=0"):
        WalksEnv(seed=1, n_agents=0)
    with pytest.raises(UserError, match="records no replays"):
        env.save_replay()
    with pytest.raises(UserError, match="cannot be drawn"):
        env.render()
