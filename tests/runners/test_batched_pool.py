"""The parallel runner over a batched environment: in this process, and with the results of worker processes."""

import multiprocessing
from types import SimpleNamespace

import pytest
import torch as th
from tests.conftest import make_args as small_args

import envs
from components.transforms import OneHot
from controllers import BasicMAC
from run.experiment import make_scheme
from run.prepare import make_args
from runners import REGISTRY
from runners.batched_pool import BatchedPool
from runners.env_pool import WorkerPool
from runners.parallel_runner import ParallelRunner
from runners.runner import Runner
from utils.config.env_args import EnvArgs
from utils.errors import UserError


class Workers(Runner):
    """What the parallel runner does for environments that are not batched."""

    def build_envs(self, args):
        return WorkerPool(args.env, args.env_args, args.batch_size_run, args.worker_timeout)


@pytest.fixture
def batched_toy(monkeypatch):
    entry = envs._Entry("tests.envs.batched_toy", "WalksEnv", "")
    monkeypatch.setattr(envs, "_ENTRIES", {**envs._ENTRIES, "batched_toy": entry})


def build(logger, runner=ParallelRunner, n=3, **env_args):
    base = vars(small_args(env="batched_toy", batch_size_run=n, worker_timeout=20.0))
    base["env_args"] = {"seed": 3, **env_args}
    for key in ("n_agents", "n_actions", "state_shape", "obs_shape", "episode_limit", "task"):
        base.pop(key)
    made = runner(SimpleNamespace(**base), logger)
    args = make_args(base, made.get_env_info())
    th.manual_seed(0)
    scheme, groups = make_scheme(args), {"agents": args.n_agents}
    full = {**scheme, "actions_onehot": {"vshape": (args.n_actions,)}}
    made.setup(scheme, groups, {"actions": ("actions_onehot", [OneHot(args.n_actions)])}, BasicMAC(full, groups, args))
    return made


def assert_equal(a, b):
    for key in a.data.transition_data:
        assert th.equal(a[key], b[key]), key


@pytest.mark.parametrize("env_args", [{}, {"ends": False, "n_agents": 3}])
def test_episodes_are_those_of_worker_processes(batched_toy, logger, env_args):
    ours, theirs = build(logger, **env_args), build(logger, Workers, **env_args)
    try:
        assert ours.get_env_info() == theirs.get_env_info()
        th.manual_seed(1)
        first = [ours.run() for _ in range(4)]
        th.manual_seed(1)
        second = [theirs.run() for _ in range(4)]
        assert ours.state_dict() == theirs.state_dict()
    finally:
        ours.close_env()
        theirs.close_env()
    for a, b in zip(first, second, strict=True):
        assert_equal(a, b)
    lengths = {int(n) for batch in first for n in batch["filled"].sum(1).flatten()}
    assert (len(lengths) > 1) is (not env_args)  # episodes of unlike length were among them


def test_no_process_is_started(batched_toy, logger):
    made = build(logger)
    assert isinstance(made.envs, BatchedPool)
    made.run()
    assert not [p for p in multiprocessing.active_children() if p.name.startswith("environment worker")]


def test_the_episode_runner_plays_environment_0(batched_toy, logger):
    alone, batch = build(logger, REGISTRY["episode"], 1), build(logger, ParallelRunner, 1)
    th.manual_seed(1)
    first = [alone.run() for _ in range(3)]
    th.manual_seed(1)
    for a in first:
        assert_equal(a, batch.run())


def test_a_continued_run_plays_the_coming_episodes(batched_toy, logger):
    made = build(logger)
    made.run()
    state = made.state_dict()
    th.manual_seed(2)
    expected = made.run()
    other = build(logger)
    other.load_state_dict(state)
    th.manual_seed(2)
    assert_equal(expected, other.run())
    assert other.t_env == made.t_env


def test_infos_of_finished_episodes_are_logged(batched_toy, logger):
    made = build(logger)
    made.run()
    assert logger.stats["steps_mean"] == logger.stats["ep_length_mean"]
    assert logger.stats["episode_limit_mean"] == [0.0]


def test_the_batchs_arguments_are_the_keys_of_env_args(batched_toy):
    accepts = EnvArgs("batched_toy")
    assert set(accepts.kinds) == {"n_agents", "length", "ends", "seed"}
    assert accepts.accept("length", 4, None) == 4
    with pytest.raises(ValueError, match="must be a whole number"):
        accepts.accept("length", "many", None)
    with pytest.raises(ValueError, match="did you mean n_agents"):
        accepts.accept("n_agent", 4, None)


def test_bad_arguments_end_with_their_message(batched_toy, logger):
    with pytest.raises(UserError, match="n_agents=0"):
        build(logger, n_agents=0)


def test_replays_are_refused_as_by_a_worker(batched_toy, logger):
    with pytest.raises(UserError, match="records no replays"):
        build(logger).save_replay()
