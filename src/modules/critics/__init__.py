"""Critics: what values states, or joint actions, in training alone."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

from torch import nn

from components.episode_buffer import Scheme
from modules.critics.centralv import CentralVCritic
from modules.critics.coma import COMACritic
from modules.critics.fmac import FMACCritic
from modules.critics.lica import LICACritic
from modules.critics.maddpg import MADDPGCritic
from modules.critics.offpg import OffPGCritic
from modules.critics.rnn_v import RNNVCritic

VALUE_CRITICS: dict[str, Callable[[Scheme, SimpleNamespace], nn.Module]] = {
    "rnn": RNNVCritic,
    "centralv": CentralVCritic,
}

__all__ = [
    "VALUE_CRITICS",
    "COMACritic",
    "CentralVCritic",
    "FMACCritic",
    "LICACritic",
    "MADDPGCritic",
    "OffPGCritic",
    "RNNVCritic",
]
