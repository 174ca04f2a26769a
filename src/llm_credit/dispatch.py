"""The list of operators once more, at dispatch: what a function really runs, and not only what its graph names.

An operator that TorchScript or the interpreter calls comes past here with the name that reaches the kernel: ``softmax``
as ``_softmax``, ``reshape`` as ``view`` or as ``clone`` and ``_unsafe_view``. What TorchScript does outside of torch's
dispatcher does not come past: its own primitives and the operators that it alone has (``print``, ``save``,
``set_grad_enabled``, ``manual_seed``, ``requires_grad_``, sizes, lists, numbers). Constants it computes when a function
runs for the first time, so only a first run shows them. And ``torch.empty`` with dtype, layout and device looks like
the memory of ``torch.tensor``. The list over the graph covers all three.

Legend: N rows, A agents.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode  # private by name; torch has no other

from .errors import Refused
from .settings import TFCAFSettings
from .states import corner_states, draw_actions, draw_states
from .task import TaskDescription
from .tfcaf import AdvantageTFCAF, CreditFunction

RUNS = 2  # TorchScript runs a function as it stands first and rewritten by its optimiser after
_OWN_NAMES = """abs add all amax amin any arange argmax argmin atan atan2 bitwise_and bitwise_not bitwise_or
bitwise_xor bmm cat ceil clamp clamp_max clamp_min clone copy_ cos cumsum div eq erf exp exp2 expand expm1 eye fill_
flip floor floor_divide full full_like gather ge gt hypot index index_put_ index_select isinf isnan le lerp linspace
log log10 log1p log2 logaddexp logical_and logical_not logical_or logical_xor logsumexp lt masked_fill max maximum
mean min minimum mul nan_to_num ne neg new_ones new_zeros ones ones_like permute pow prod reciprocal relu remainder
repeat roll round rsqrt rsub scatter select sigmoid sign sin slice softplus sort split split_with_sizes sqrt squeeze
stack std sub sum t tanh topk transpose trunc unbind unsqueeze var view where zeros zeros_like"""
# What the others decompose into: _local_scalar_dense and aminmax are F.one_hot's (it looks at its classes), equal is
# TorchScript's between two constants, addmm its optimiser's
_PARTS = """_local_scalar_dense _log_softmax _softmax _to_copy _unsafe_view addmm alias aminmax detach diagonal dot
empty equal lift_fresh mm mv scalar_tensor scatter_"""
# ``x += y`` on a tensor in the interpreter; whether the tensor may be changed is the screen's and the probes' concern
_IN_PLACE = "add_ bitwise_and_ bitwise_or_ bitwise_xor_ div_ floor_divide_ mul_ pow_ remainder_ sub_"
AT_DISPATCH = frozenset(f"aten::{name}" for name in f"{_OWN_NAMES} {_PARTS} {_IN_PLACE}".split())
# Autograd's own, which keeps the utilities' gradient in memory of their order where w is transposed; not the function's
IN_BACKWARD = AT_DISPATCH | {"aten::new_empty_strided"}


class OnlyListed(TorchDispatchMode):
    """While it is entered, any other operator raises Refused (stage graph) before it runs; ``refused`` keeps its name.

    TorchScript may raise another error in its place.
    """

    def __init__(self, listed: frozenset[str] = AT_DISPATCH) -> None:
        super().__init__()
        self.listed, self.refused = listed, ""

    def __torch_dispatch__(
        self, func: Any, types: Iterable[type], args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        schema, named = func._schema, dict(kwargs or {})
        if schema.name not in self.listed or not _harmless(schema, named):
            self.refused = self.refused or schema.name
            self.reject()
        return func(*args, **named)

    def reject(self) -> None:
        """Raises what was refused, if anything was."""
        if self.refused:
            raise Refused("graph", f"the function runs {self.refused}, which is not allowed")


def _harmless(schema: Any, named: Mapping[str, Any]) -> bool:
    if schema.is_mutable and not schema.name.endswith("_"):
        return False  # add.out and the like write into a tensor that they are given
    if schema.name == "aten::empty":  # memory as it was found; torch.tensor asks for some, with all three, and fills it
        return all(named.get(k) is not None for k in ("dtype", "layout", "device"))
    return True


def watch(function: CreditFunction, task: TaskDescription, settings: TFCAFSettings) -> None:
    """Runs a function as training does, forward and backward, and looks at every operator. To be its first run.

    Backward is the pass from ``Q_tot`` to the utilities: a credit function itself gets no gradient, and the advantage
    form has no such pass. What fails in another way is left to the probes, which say it better. Raises Refused (stage
    graph).
    """
    seed = settings.check_seed
    drawn = draw_states(task, settings.check_states, seed)
    for states in (drawn, drawn[:1], corner_states(task, seed=seed)):
        given = _given(function, task, states, seed)
        for _ in range(RUNS):
            forward, backward = OnlyListed(), OnlyListed(IN_BACKWARD)
            try:
                with forward, torch.enable_grad():
                    result = function(*given)
                if result.requires_grad:
                    with backward:
                        result.sum().backward()
            except Exception:  # whatever TorchScript raises while it runs
                forward.reject()
                backward.reject()
                return
            forward.reject()  # an error that TorchScript has swallowed
            backward.reject()


def _given(function: CreditFunction, task: TaskDescription, states: torch.Tensor, seed: int) -> list[torch.Tensor]:
    """What the module is called with in training; the utilities ``[N, A]`` want a gradient."""
    if isinstance(function, AdvantageTFCAF):
        return [states.clone(), draw_actions(task, len(states), seed)]
    return [torch.zeros(len(states), task.n_agents, requires_grad=True), states.clone()]
