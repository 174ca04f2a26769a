"""Learners: episode batch -> loss -> update."""

from __future__ import annotations

from learners.nq_learner import NQLearner
from learners.q_learner import QLearner
from learners.td_learner import TDLearner

REGISTRY: dict[str, type[TDLearner]] = {
    "q_learner": QLearner,
    "nq_learner": NQLearner,
}

__all__ = ["REGISTRY", "NQLearner", "QLearner", "TDLearner"]
