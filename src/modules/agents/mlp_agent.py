"""PyMARL2's feed-forward agent whose outputs are bounded.

Legend: H hidden units, U actions.
"""

from __future__ import annotations

from types import SimpleNamespace

import torch as th

from modules.agents.ff_agent import FFAgent


class MLPAgent(FFAgent):
    """FFAgent with ``tanh`` over its outputs, unless ``agent_return_logits``."""

    reads = frozenset({"agent_return_logits"})

    def __init__(self, input_shape: int, args: SimpleNamespace) -> None:
        super().__init__(input_shape, args)
        self._bounded = not args.agent_return_logits

    def head(self, hidden: th.Tensor) -> th.Tensor:
        out = super().head(hidden)
        return out.tanh() if self._bounded else out
