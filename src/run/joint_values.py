"""For one-step matrix games: the joint values that were learned, beside the payoffs.

Legend: A agents, U actions.
"""

from __future__ import annotations

import itertools
import json

import numpy as np
import torch as th

from components.episode_buffer import EpisodeBatch
from learners import TDLearner
from run.experiment import Experiment


@th.no_grad()
def joint_values(exp: Experiment, learner: TDLearner, n_actions: list[int]) -> tuple[np.ndarray, tuple[int, ...]]:
    """``Q_tot`` of every joint action in the first state, one axis per agent, and the agents' greedy joint action.

    Where agents learn independently there is no ``Q_tot``: the sum of their utilities stands in its place.
    """
    batch = _first_step(exp)
    utilities = exp.mac.unroll(batch).out  # [1, 1, A, U]
    qs = utilities[0, 0]
    values = np.zeros(n_actions)
    for joint in itertools.product(*(range(n) for n in n_actions)):
        actions = th.tensor(joint, device=utilities.device).view(1, 1, -1, 1)
        avail, states = batch["avail_actions"], batch["state"]
        values[joint] = float(learner.joint_value(learner.mixer, utilities, actions, avail, states).sum())
    return values, tuple(int(q[:n].argmax()) for q, n in zip(qs, n_actions, strict=True))


def greedy_joint_action(exp: Experiment) -> tuple[int, ...]:
    """The joint action of a test episode's only step."""
    return tuple(int(u) for u in _first_step(exp)["actions"].flatten())


def _first_step(exp: Experiment) -> EpisodeBatch:
    """The first step of a test episode, which is taken out of the statistics again."""
    batch = exp.runner.run(test_mode=True)[:1, :1].to(exp.args.device)
    exp.runner.test_stats.returns.clear()
    return batch


def report_joint_values(exp: Experiment) -> None:
    """Prints the learned joint values if the task's description says what the payoffs are."""
    facts = json.loads(exp.args.task).get("facts", {}) if exp.args.task else {}
    if "payoff" not in facts:
        return
    payoff = np.array(facts["payoff"], dtype=float)
    if not isinstance(exp.learner, TDLearner):
        greedy = greedy_joint_action(exp)
        exp.logger.console_logger.info(
            "The policies' likeliest joint action is %s: payoff %.2f (the best payoff is %.2f)",
            greedy,
            payoff[greedy],
            payoff.max(),
        )
        return
    values, greedy = joint_values(exp, exp.learner, list(payoff.shape))
    with np.printoptions(precision=2, suppress=True):
        exp.logger.console_logger.info("Payoffs (one axis per agent):\n%s", payoff)
        exp.logger.console_logger.info("Learned joint values:\n%s", values)
    exp.logger.console_logger.info(
        "The agents choose %s: payoff %.2f (the best payoff is %.2f)", greedy, payoff[greedy], payoff.max()
    )
