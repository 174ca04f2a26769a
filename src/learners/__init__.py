"""Learners: episode batch -> loss -> update."""

from __future__ import annotations

from learners.coma_learner import COMALearner
from learners.dmaq_qatten_learner import DMAQQattenLearner
from learners.fmac_learner import FMACLearner
from learners.learner import Learner
from learners.lica_learner import LICALearner
from learners.maddpg_learner import MADDPGLearner
from learners.max_q_learner import MAXQLearner
from learners.nq_learner import NQLearner
from learners.offpg_learner import OffPGLearner
from learners.policy_gradient_v2 import PGLearner_v2
from learners.ppo_learner import PPOLearner
from learners.q_learner import QLearner
from learners.qtran_learner import QTRANLearner
from learners.td_learner import TDLearner

REGISTRY: dict[str, type[Learner]] = {
    "q_learner": QLearner,
    "nq_learner": NQLearner,
    "dmaq_qatten_learner": DMAQQattenLearner,
    "max_q_learner": MAXQLearner,
    "qtran_learner": QTRANLearner,
    "coma_learner": COMALearner,
    "ppo_learner": PPOLearner,
    "policy_gradient_v2": PGLearner_v2,
    "lica_learner": LICALearner,
    "fmac_learner": FMACLearner,
    "offpg_learner": OffPGLearner,
    "maddpg_learner": MADDPGLearner,
}

__all__ = ["REGISTRY", "Learner", "TDLearner"]
