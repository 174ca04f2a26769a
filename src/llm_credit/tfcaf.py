"""The accepted function as a module: a mixer's credits, or QPLEX's lambda.

Legend: N rows, A agents, S state, U actions.
"""

from __future__ import annotations

import hashlib
from typing import Any

import torch
from torch import nn

PHI = {"clamp": lambda w: w.clamp(min=0), "abs": torch.abs, "softplus": nn.functional.softplus}
SMALLEST_LAMBDA = 1e-6  # keeps the advantage form positive: an advantage of any size must count


class CreditFunction(nn.Module):
    """What both forms share: the program and its record. Nothing to train, an empty state dict."""

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
        self.provenance: dict[str, Any] = {}

    def _check_state(self, state: torch.Tensor) -> None:
        if state.dim() != 2 or state.shape[1] != self.state_dim:
            raise ValueError(f"TFCAF: state should be [N, {self.state_dim}], received {list(state.shape)}")

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
            "form": self.form,
            "igm_setting": self.igm,
            "phi": self.phi,
            "bias": self.bias,
            "igm": self.report.igm if self.report else "",
            "proof": self.report.proof if self.report else "",
            "numbers": self.report.numbers if self.report else {},
            "provenance": self.provenance,
        }


class TFCAF(CreditFunction):
    """``Q_tot = sum_i phi(w_i(s)) Q_i + b(s)``.

    ``igm="enforce"`` applies ``phi`` to every weight; ``bias="off"`` sets ``b`` to 0.
    """

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
        self._check_state(state)
        w, b = self.raw_weights(state.detach())
        if self.igm != "relax":
            w = PHI[self.phi](w)
        return w, torch.zeros_like(b) if self.bias == "off" else b

    def forward(self, agents_q: torch.Tensor, state: torch.Tensor) -> torch.Tensor:
        """``agents_q [N, A]``, ``state [N, S]`` -> ``Q_tot [N, 1]``."""
        if agents_q.shape != (state.shape[0], self.n_agents):
            expected = [state.shape[0], self.n_agents]
            raise ValueError(f"TFCAF: agents_q should be {expected}, received {list(agents_q.shape)}")
        w, b = self.credit_weights(state)
        return (w * agents_q).sum(dim=1, keepdim=True) + b


class AdvantageTFCAF(CreditFunction):
    """The advantage form: ``Q_tot = V_tot + sum_i lambda_i(s, a) A_i`` with ``lambda > 0`` (QPLEX, arXiv 2008.01062).

    Credit sees the joint action, so ``Q_tot`` need not be monotonic in the utilities; Individual-Global-Max holds
    because every advantage is at most 0 and every lambda positive. ``relax`` does not exist here.
    """

    def raw_lambda(self, state: torch.Tensor, actions_onehot: torch.Tensor) -> torch.Tensor:
        """What the function itself says: ``[N, A]`` from ``state [N, S]`` and ``actions_onehot [N, A, U]``."""
        result: torch.Tensor = self.program.credit_advantages(state, actions_onehot)
        return result

    def credit_advantages(self, state: torch.Tensor, actions_onehot: torch.Tensor) -> torch.Tensor:
        """Lambda ``[N, A]``, positive. Neither argument gets a gradient."""
        self._check_state(state)
        if actions_onehot.dim() != 3 or actions_onehot.shape[:2] != (state.shape[0], self.n_agents):
            expected = f"[{state.shape[0]}, {self.n_agents}, U]"
            raise ValueError(f"TFCAF: actions_onehot should be {expected}, received {list(actions_onehot.shape)}")
        return PHI[self.phi](self.raw_lambda(state.detach(), actions_onehot.detach())).clamp(min=SMALLEST_LAMBDA)

    def forward(self, state: torch.Tensor, actions_onehot: torch.Tensor) -> torch.Tensor:
        """Lambda ``[N, A]`` from ``state [N, S]`` and ``actions_onehot [N, A, U]``."""
        return self.credit_advantages(state, actions_onehot)
