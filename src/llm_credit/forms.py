"""The kinds of function that are accepted, by the name of the function.

Legend: N rows, A agents, S state.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Form:
    """A signature: the function's name, its parameters, and what it returns (as TorchScript writes it)."""

    name: str
    parameters: tuple[str, ...]
    returns: str
    shape_help: str


FORMS = {
    "credit_weights": Form(
        "credit_weights", ("state",), "Tuple[Tensor, Tensor]", "state [N, S] -> (w [N, A], b [N, 1])"
    ),
    "QLLMNetwork": Form(
        "QLLMNetwork", ("agents_q", "global_state"), "Tensor", "agents_q [N, A], global_state [N, S] -> f [N, 1]"
    ),
}
