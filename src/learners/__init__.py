"""Learners: episode batch -> loss -> update."""

from __future__ import annotations

from learners.dmaq_qatten_learner import DMAQQattenLearner
from learners.max_q_learner import MAXQLearner
from learners.nq_learner import NQLearner
from learners.q_learner import QLearner
from learners.qtran_learner import QTRANLearner
from learners.td_learner import TDLearner

REGISTRY: dict[str, type[TDLearner]] = {
    "q_learner": QLearner,
    "nq_learner": NQLearner,
    "dmaq_qatten_learner": DMAQQattenLearner,
    "max_q_learner": MAXQLearner,
    "qtran_learner": QTRANLearner,
}

__all__ = ["REGISTRY", "DMAQQattenLearner", "MAXQLearner", "NQLearner", "QLearner", "QTRANLearner", "TDLearner"]
