"""QMIX's mixing network as PyMARL2 has it, used by ``nq_learner``: deeper hypernetworks, a choice of positive maps.

Legend: N rows, A agents, S state, M mixing units.
"""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import torch as th
from torch import nn
from torch.nn import functional as F

from modules.init import orthogonal_init_
from modules.mixers.base import StateMixer


def _softplus(x: th.Tensor, beta: float) -> th.Tensor:
    return F.softplus(x, beta=beta)


def _quadratic(x: th.Tensor, beta: float) -> th.Tensor:
    return 0.5 * x**2


def _abs(x: th.Tensor, beta: float) -> th.Tensor:
    return x.abs()


POSITIVE_MAPS: dict[str, Callable[[th.Tensor, float], th.Tensor]] = {
    "abs": _abs,
    "softplus": _softplus,
    "quadratic": _quadratic,
}


class Mixer(StateMixer):
    """QMIX (Rashid et al. 2018, eq. 5-7) with two-layer hypernetworks for the weights and the last bias.

    ``qmix_pos_func`` (``abs``, ``softplus`` with ``qmix_pos_func_beta``, ``quadratic``) keeps the weights positive.
    """

    reads = frozenset({"mixing_embed_dim", "hypernet_embed", "qmix_pos_func", "qmix_pos_func_beta", "use_orthogonal"})

    def __init__(self, args: SimpleNamespace) -> None:
        super().__init__(args)
        self.embed_dim: int = args.mixing_embed_dim
        self._pos_func = POSITIVE_MAPS[args.qmix_pos_func]
        self._pos_func_beta: float = args.qmix_pos_func_beta
        s, hidden, m = self.state_dim, args.hypernet_embed, self.embed_dim
        self.hyper_w1 = nn.Sequential(nn.Linear(s, hidden), nn.ReLU(), nn.Linear(hidden, self.n_agents * m))
        self.hyper_b1 = nn.Sequential(nn.Linear(s, m))
        self.hyper_w2 = nn.Sequential(nn.Linear(s, hidden), nn.ReLU(), nn.Linear(hidden, m))
        self.hyper_b2 = nn.Sequential(nn.Linear(s, m), nn.ReLU(), nn.Linear(m, 1))
        if args.use_orthogonal:
            for module in self.modules():
                orthogonal_init_(module)

    def mix(self, agent_qs: th.Tensor, states: th.Tensor) -> th.Tensor:
        w1, w2 = (self._pos_func(w(states), self._pos_func_beta) for w in (self.hyper_w1, self.hyper_w2))
        w1 = w1.view(-1, self.n_agents, self.embed_dim)  # [N, A, M]
        hidden = th.bmm(agent_qs.unsqueeze(1), w1).squeeze(1)  # [N, 1, A] x [N, A, M] -> [N, M]
        hidden = F.elu(hidden + self.hyper_b1(states))
        return (hidden * w2).sum(dim=1, keepdim=True) + self.hyper_b2(states)  # [N, 1]
