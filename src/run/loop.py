"""One loop for all: collect, learn, test, save, log."""

from __future__ import annotations

import time

import numpy as np
import torch as th

from components.episode_buffer import EpisodeBatch
from learners.updates import Draw
from run.checkpoint import save_checkpoint
from run.experiment import Experiment
from utils.errors import EnvironmentLost
from utils.progress import ProgressBar
from utils.rl_utils import transition_mask


class Stopwatch:
    """Time spent collecting and learning since the last log."""

    def __init__(self) -> None:
        self.start()

    def start(self) -> None:
        self.since = time.perf_counter()
        self.rollout_s = self.update_s = 0.0
        self.env_steps = self.updates = 0


def train(exp: Experiment) -> float:
    """Trains until ``t_max`` environment steps; returns the mean return of the last test episodes."""
    args, runner, counters = exp.args, exp.runner, exp.counters
    watch = Stopwatch()
    test_return = float("nan")
    bar = ProgressBar(args.t_max, enabled=args.progress_bar)
    try:
        bar.update(runner.t_env)
        while runner.t_env <= args.t_max:
            batch = collect(exp, watch)
            learn(exp, watch)
            if _due(runner.t_env, counters.last_test_t, args.test_interval):
                test_return = test(exp)
                bar.update(runner.t_env, test_return_mean=test_return)
            counters.episode += runner.batch_size
            if args.save_model and _due(runner.t_env, counters.last_save_t, args.save_model_interval):
                save_checkpoint(exp)
            if runner.t_env - counters.last_log_t >= args.log_interval:
                log_progress(exp, watch)
            bar.update(runner.t_env, return_mean=float(batch["reward"].sum(dim=1).mean()))
        # Saved before the last test, which a longer run would not make here: so it can be continued bit by bit.
        if args.save_model and counters.last_save_t != runner.t_env:
            save_checkpoint(exp)
        if counters.last_test_t != runner.t_env:
            test_return = test(exp)  # the curve's last point is the final model's
        if counters.last_log_t != runner.t_env:
            log_progress(exp, watch)
    except EnvironmentLost as e:
        folder = save_checkpoint(exp)  # whatever save_model says: this is the only chance to keep what was learned
        raise EnvironmentLost(f"{e}\nThe models are saved; go on with checkpoint_path={folder.parent}") from e
    finally:
        bar.close()
    return test_return


def collect(exp: Experiment, watch: Stopwatch) -> EpisodeBatch:
    """One rollout of every environment, into every replay."""
    started, t_env = time.perf_counter(), exp.runner.t_env
    batch = exp.runner.run(test_mode=False)
    if exp.args.standardise_rewards:
        exp.reward_stats.update(batch["reward"][:, :-1][transition_mask(batch).bool()].numpy())
    for buffer in exp.buffers.values():
        buffer.insert_episode_batch(batch)
    watch.rollout_s += time.perf_counter() - started
    watch.env_steps += exp.runner.t_env - t_env
    return batch


def learn(exp: Experiment, watch: Stopwatch) -> None:
    """``updates_per_rollout`` times what the learner asks for, of the updates whose replays hold enough episodes.

    With ``accumulated_episodes`` nothing, until so many have come in since it last learned.
    """
    args, t_env, episode = exp.args, exp.runner.t_env, exp.counters.episode
    collected = episode + exp.runner.batch_size
    if args.accumulated_episodes and collected - exp.counters.last_learned < args.accumulated_episodes:
        return
    ready = [
        update
        for update in exp.learner.updates
        if all(exp.buffers[key].can_sample(n) for key, n in update.needed(vars(args)).items())
    ]
    if not ready:
        return
    exp.counters.last_learned = collected
    started = time.perf_counter()
    for _ in range(args.updates_per_rollout):
        for update in ready:
            batches = [_draw(exp, draw) for draw in update.draws]
            info = getattr(exp.learner, update.method)(*batches, t_env, episode)
            if info:  # a prioritised replay's batch: the first draw's
                exp.buffers[update.draws[0].source].update_priorities(batches[0], info["td_errors_abs"])
        exp.counters.updates += 1
        watch.updates += 1
    if exp.learner.device.type == "cuda":
        th.cuda.synchronize(exp.learner.device)  # else the time that the GPU still needs would count as collecting
    watch.update_s += time.perf_counter() - started


def _draw(exp: Experiment, draw: Draw) -> EpisodeBatch:
    """The episodes of one draw, on the learner's device."""
    args, buffer = exp.args, exp.buffers[draw.source]
    size = getattr(args, draw.size)
    sample = (buffer.sample_latest(size) if draw.latest else buffer.sample(size, exp.runner.t_env)).to(args.device)
    if args.standardise_rewards:
        _standardise(exp, sample)
    return sample


def _standardise(exp: Experiment, sample: EpisodeBatch) -> None:
    """Rewards to zero mean and unit variance, with the statistics of all that was collected so far; padding stays 0."""
    stats, rewards = exp.reward_stats, sample["reward"]
    rewards[:, :-1] = (rewards[:, :-1] - stats.mean) / (np.sqrt(stats.var) + 1e-8) * transition_mask(sample)


def test(exp: Experiment) -> float:
    """``test_nepisode`` test episodes, logged; returns their mean return."""
    exp.counters.last_test_t = exp.runner.t_env
    rounds = exp.args.test_nepisode // exp.runner.batch_size
    returns = [exp.runner.run(test_mode=True)["reward"].sum(dim=1).mean() for _ in range(rounds)]
    return float(np.mean(returns))


def log_progress(exp: Experiment, watch: Stopwatch) -> None:
    """Counters and speeds since the last log, then the console table."""
    logger, t_env, counters = exp.logger, exp.runner.t_env, exp.counters
    logger.log_stat("episode", counters.episode, t_env)
    logger.log_stat("updates", counters.updates, t_env)
    if watch.env_steps:
        logger.log_stat("env_steps_per_second", watch.env_steps / (time.perf_counter() - watch.since), t_env)
        logger.log_stat("rollout_ms", 1000 * watch.rollout_s / watch.env_steps, t_env)
    if watch.updates:
        logger.log_stat("update_ms", 1000 * watch.update_s / watch.updates, t_env)
    logger.print_recent_stats()
    counters.last_log_t = t_env
    watch.start()


def _due(t_env: int, last: int | None, interval: int) -> bool:
    return last is None or t_env - last >= interval
