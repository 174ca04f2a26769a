"""The compiled function as a mixer.

Legend: N rows, A agents, S state.
"""

from __future__ import annotations

import hashlib
from typing import Any

import torch
from torch import nn

PHI = {"clamp": lambda w: w.clamp(min=0), "abs": torch.abs, "softplus": nn.functional.softplus}


class TFCAF(nn.Module):
    """``Q_tot = sum_i phi(w_i(s)) Q_i + b(s)``; nothing to train, an empty state dict.

    ``igm="enforce"`` applies ``phi`` to every weight; ``bias="off"`` sets ``b`` to 0.
    """

    def __init__(
        self, program: Any, form: str, n_agents: int, state_dim: int, igm: str = "enforce", phi: str = "clamp",
        bias: str = "off", source: str = "", origin: str = "",
    ) -> None:  # fmt: skip
        super().__init__()
        self.program = program
        self.form, self.n_agents, self.state_dim = form, n_agents, state_dim
        self.igm, self.phi, self.bias = igm, phi, bias
        self.source, self.origin = source, origin
        self.report: Any = None

    def raw_weights(self, state: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """What the function itself says, before the gate: ``w [N, A]``, ``b [N, 1]``."""
        if self.form == "credit_weights":
            return self.program.credit_weights(state)
        # the paper's form: Q_tot = A f(q, s), so b = A f(0, s) and w_i = A (f(e_i, s) - f(0, s))
        zero = state.new_zeros(state.shape[0], self.n_agents)
        base = self.program.QLLMNetwork(zero, state)
        steps = []
        for i in range(self.n_agents):
            unit = zero.clone()
            unit[:, i] = 1
            steps.append(self.program.QLLMNetwork(unit, state) - base)
        return self.n_agents * torch.cat(steps, dim=1), self.n_agents * base

    def credit_weights(self, state: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """The credits that count, ``w [N, A]`` and ``b [N, 1]``, after the gate. The state gets no gradient."""
        if state.dim() != 2 or state.shape[1] != self.state_dim:
            raise ValueError(f"TFCAF: state should be [N, {self.state_dim}], received {list(state.shape)}")
        w, b = self.raw_weights(state.detach())
        if self.igm == "enforce":
            w = PHI[self.phi](w)
        return w, torch.zeros_like(b) if self.bias == "off" else b

    def forward(self, agents_q: torch.Tensor, state: torch.Tensor) -> torch.Tensor:
        """``agents_q [N, A]``, ``state [N, S]`` -> ``Q_tot [N, 1]``."""
        if agents_q.shape != (state.shape[0], self.n_agents):
            expected = [state.shape[0], self.n_agents]
            raise ValueError(f"TFCAF: agents_q should be {expected}, received {list(agents_q.shape)}")
        w, b = self.credit_weights(state)
        return (w * agents_q).sum(dim=1, keepdim=True) + b

    @property
    def source_hash(self) -> str:
        """SHA-256 of the source text, in hexadecimal."""
        return hashlib.sha256(self.source.encode()).hexdigest()

    def record(self) -> dict[str, Any]:
        """What a run's record should hold: where the function comes from, its text and hash, gate and numbers."""
        return {
            "origin": self.origin,
            "source": self.source,
            "sha256": self.source_hash,
            "igm_setting": self.igm,
            "phi": self.phi,
            "bias": self.bias,
            "igm": self.report.igm if self.report else "",
            "numbers": self.report.numbers if self.report else {},
        }
