"""Both runners on a toy: the same seed gives the same episodes, faults of a worker are named, nothing is left behind."""

import multiprocessing
import time
from types import SimpleNamespace

import pytest
import torch as th
from tests.conftest import make_args as small_args

from components.transforms import OneHot
from controllers import BasicMAC
from run.experiment import make_scheme
from run.prepare import make_args
from runners import REGISTRY
from runners.env_pool import WorkerError
from utils.errors import EnvironmentLost
from utils.seeding import env_seed


def build(logger, runner="episode", n=1, **env_args):
    base = vars(small_args(env="toy", runner=runner, batch_size_run=n, worker_timeout=5.0))
    base["env_args"] = {"seed": 3, **env_args}
    for key in ("n_agents", "n_actions", "state_shape", "obs_shape", "episode_limit", "task"):
        base.pop(key)
    made = REGISTRY[runner](SimpleNamespace(**base), logger)
    args = make_args(base, made.get_env_info())
    th.manual_seed(0)
    scheme, groups = make_scheme(args), {"agents": args.n_agents}
    preprocess = {"actions": ("actions_onehot", [OneHot(args.n_actions)])}
    full = {**scheme, "actions_onehot": {"vshape": (args.n_actions,)}}
    made.setup(scheme, groups, preprocess, BasicMAC(full, groups, args))
    return made


@pytest.mark.parametrize(("runner", "n"), [("episode", 1), ("parallel", 3)])
def test_the_same_seed_gives_the_same_episodes(toy, logger, runner, n):
    episodes = []
    for _ in range(2):
        made = build(logger, runner, n)
        try:
            episodes.append([made.run() for _ in range(3)])
        finally:
            made.close_env()
    for a, b in zip(*episodes, strict=True):
        for key in a.data.transition_data:
            assert th.equal(a[key], b[key]), key


def test_workers_have_streams_of_their_own(toy, logger):
    made = build(logger, "parallel", 3)
    try:
        states = made.run()["state"][:, 0]
    finally:
        made.close_env()
    assert len({tuple(s.tolist()) for s in states}) == 3


@pytest.mark.parametrize(("runner", "n"), [("episode", 1), ("parallel", 2)])
@pytest.mark.parametrize("ends", [True, False])
def test_batches_keep_pymarls_contract(toy, logger, runner, n, ends):
    made = build(logger, runner, n, ends=ends)
    try:
        batch = made.run()
        steps = made.t_env
        made.run(test_mode=True)
        assert made.t_env == steps  # tests take no training steps
    finally:
        made.close_env()
    filled = batch["filled"].sum(1).flatten()
    assert steps == int((filled - 1).sum())
    for i in range(n):
        length = int(filled[i])
        assert bool(batch["terminated"][i, length - 2]) is ends  # a time limit is not terminal
        assert batch["terminated"][i].sum() == int(ends)
        assert batch["obs"][i, length:].abs().sum() == 0
        assert batch["actions_onehot"][i, length:].sum() == 0
        assert batch["actions_onehot"][i, :length].sum() == 2 * length  # the last state has an action too
        ones = (batch["actions"][i, : length - 1] == 1).sum()
        assert batch["reward"][i].sum() == ones
    assert (batch["actions"][:, :, 0] != 2).all()  # never available to agent 0


def test_episode_and_parallel_runner_agree_for_one_environment(toy, logger):
    batches = []
    for runner in ("episode", "parallel"):
        made = build(logger, runner, 1)
        try:
            batches.append([made.run() for _ in range(3)])
        finally:
            made.close_env()
    for a, b in zip(*batches, strict=True):
        for key in a.data.transition_data:
            assert th.equal(a[key], b[key]), key


@pytest.mark.parametrize(
    ("fault", "words"),
    [("die", r"environment worker \d \(process \d+\) died .* exit code -9"), ("raise", "the toy broke"), ("hang", "worker_timeout")],
)  # fmt: skip
def test_a_faulty_worker_ends_the_run_with_its_name(toy, logger, fault, words):
    made = build(logger, "parallel", 2, fault=fault)
    made.envs._timeout = 1.0
    made.run()
    with pytest.raises(WorkerError, match=words):
        made.run()
    started = time.monotonic()
    made.close_env()
    made.close_env()  # safe to repeat
    assert time.monotonic() - started < 60
    assert not [p for p in multiprocessing.active_children() if p.name.startswith("environment worker")]


def test_logged_means_are_of_the_episodes(toy, logger):
    made = build(logger)
    try:
        batch = made.run()
    finally:
        made.close_env()
    assert logger.stats["return_mean"] == [float(batch["reward"].sum())]
    assert logger.stats["ep_length_mean"] == [made.t_env]
    assert logger.stats["won_mean"] == [1.0]
    assert logger.stats["epsilon"] == [1.0]


@pytest.mark.parametrize(("runner", "n"), [("episode", 1), ("parallel", 3)])
def test_a_dropped_episode_is_played_anew_and_leaves_no_trace(toy, logger, runner, n):
    """The toy drops its second episode at the second step: the runner's second batch holds its third."""
    made, whole = build(logger, runner, n, fault="drop", ends=False), build(logger, runner, n, ends=False)
    try:
        made.run()
        steps = made.t_env
        batch = made.run()
        whole.run()
        full = whole.run()
        counts = made.envs.call("get_stats")
    finally:
        made.close_env()
        whole.close_env()
    assert made.dropped_episodes == n
    assert made.t_env - steps == whole.t_env - steps == n * made.episode_limit  # the lost step is not counted
    assert (batch["filled"].sum(1) == made.episode_limit + 1).all()
    for key in batch.data.transition_data:
        assert batch[key].shape == full[key].shape
    assert batch["reward"].abs().sum() > 0
    assert [c["toy_episodes"] for c in counts] == [3] * n
    assert len(made.train_stats.returns) + logger.stats["n_episodes"][0] >= 2 * n


def test_only_the_dropped_episodes_are_played_anew(toy, logger):
    """Those of the other environments stay as they are."""
    dropping = [env_seed(3, i) % 2 == 1 for i in range(4)]
    assert 0 < sum(dropping) < 4
    made, whole = (build(logger, "parallel", 4, fault=fault) for fault in ("drop_some", ""))
    try:
        batches = [(made.run(), whole.run()) for _ in range(2)]
        assert [c["toy_episodes"] for c in made.envs.call("get_stats")] == [2 + d for d in dropping]
    finally:
        made.close_env()
        whole.close_env()
    assert made.dropped_episodes == sum(dropping)
    batch, full = batches[1]
    for i in range(4):
        same = th.equal(batch["state"][i], full["state"][i])
        assert same is not dropping[i]
        assert int(batch["filled"][i].sum()) > 1


def test_environments_counts_are_added_up_and_logged(toy, logger):
    made = build(logger, "parallel", 3)
    try:
        made.run()
    finally:
        made.close_env()
    assert logger.stats["toy_episodes"] == [3.0]


def test_a_continued_run_begins_with_the_epsilon_of_the_last_episode(toy, logger):
    made, other = build(logger), build(logger)
    try:
        made.t_env = 20000
        made.run()
        assert 0 < made.mac.action_selector.epsilon < other.mac.action_selector.epsilon
        other.load_state_dict(made.state_dict())
        assert other.mac.action_selector.epsilon == made.mac.action_selector.epsilon
    finally:
        made.close_env()
        other.close_env()


@pytest.mark.parametrize(("runner", "n"), [("episode", 1), ("parallel", 3)])
def test_a_lost_environment_ends_the_run_but_can_still_be_asked(toy, logger, runner, n):
    made = build(logger, runner, n, fault="lose")
    try:
        made.run()
        with pytest.raises(EnvironmentLost, match="the toy is lost"):
            made.run()
        assert made.state_dict()["t_env"] == made.t_env  # what a checkpoint needs
    finally:
        made.close_env()
