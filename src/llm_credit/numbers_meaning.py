"""What each number of a report means, in a few words for a reader."""

from __future__ import annotations

MEANINGS = {
    "finite_share": "share of drawn states with finite weights only; anything below 1 is refused",
    "mean": "of the weights as returned; 1 is VDN's",
    "min": "least weight",
    "max": "greatest weight",
    "negative_share": "share of weights below 0, before the gate",
    "all_zero_rows": "share of states in which nobody has credit (refused above a half)",
    "zero_gradient_share": "share of credits that are 0: no gradient reaches the utility",
    "state_std": "how much an agent's credit changes with the state",
    "entropy": "evenness over agents; 1 is equal credit, and an agent's part of it",
    "sensitivity": "mean change of the credits if this field alone takes another legal value",
    "asymmetry": "distance from following two agents of one role that change places",
    "beyond_finite_share": "share of finite weights on states twice as wide as declared",
    "beyond_max": "greatest weight there",
    "cost_ms": "milliseconds a call",
    "cost_ratio_qmix": "the same as a multiple of a QMIX mixer's forward pass",
    "nonlinearity": "distance of the paper's form from linear in the utilities",
    "return_correlation": "credit against the estimated effect on the return in random play",
}


def group_of(name: str) -> str:
    """``sensitivity/food_row`` belongs to ``sensitivity``."""
    return name.partition("/")[0]
