"""Where a credit function written by a language model will come in as one more state mixer."""

from __future__ import annotations

from types import SimpleNamespace

import torch as th

from modules.mixers.base import StateMixer
from utils.errors import UserError


class TFCAFMixer(StateMixer):
    """Refuses: the plug-in cannot compile a credit function yet."""

    def __init__(self, args: SimpleNamespace) -> None:
        super().__init__(args)
        raise UserError("mixer=tfcaf is not available in this version; use mixer=qmix, vdn or null")

    def mix(self, agent_qs: th.Tensor, states: th.Tensor) -> th.Tensor:
        raise AssertionError("never built")
