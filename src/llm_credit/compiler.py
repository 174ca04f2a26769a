"""Screened tree -> TorchScript module. The text is compiled, never executed as Python."""

from __future__ import annotations

import itertools
import re
from typing import Any

import torch

from . import allowlist as allow
from .emit import emit
from .errors import Refused
from .screen import Screened

_NUMBERS = itertools.count()
_ALLOWED = allow.TORCH | allow.METHODS | allow.FUNCTIONAL | allow.STRUCTURE | {"einsum", "softplus"}


def compile_function(screened: Screened) -> torch.jit.ScriptModule:
    """A module whose one method is the function. Raises Refused (stages compile, graph)."""
    text = emit(screened)
    # Methods belong to the class: instances of one class could not hold two different functions.
    module: Any = type(f"CreditFunction{next(_NUMBERS)}", (torch.jit.ScriptModule,), {})()
    try:
        module.define(text)
        method = getattr(module, screened.form)
    except Exception as e:  # TorchScript's compiler raises many kinds, all of them about the text
        raise Refused("compile", _readable(str(e))) from e
    _check_graph(method.graph)
    return module


def _check_graph(graph: Any) -> None:
    """Every operator of the graph, inner blocks included, must be on the list."""
    known = {("aten", name) for name in _ALLOWED} | {("prim", name) for name in allow.PRIMITIVES}
    blocks = [graph]
    while blocks:
        block = blocks.pop()
        for node in block.nodes():
            namespace, _, name = node.kind().partition("::")
            if (namespace, name) not in known:
                raise Refused("graph", f"the compiled function uses {node.kind()}, which is not allowed{_where(node)}")
            if name not in allow.QUERIES and namespace == "aten" and _reads_value(node):
                reason = "a tensor must not become a plain number (if on a tensor, int(), float()); use torch.where"
                raise Refused("graph", reason + _where(node))
            blocks.extend(node.blocks())


def _reads_value(node: Any) -> bool:
    """Whether a number is made from a tensor's values: it would mix states, and wait for a GPU."""
    takes = any(str(i.type()) in ("Tensor", "List[Tensor]") for i in node.inputs())
    return takes and any(str(o.type()) in ("int", "float", "bool", "number", "Scalar") for o in node.outputs())


def _where(node: Any) -> str:
    """The line that a node comes from, quoted; its number would be that of the emitted text."""
    marked = re.search(r"^(.*)\n *~+ *<--- HERE", str(node.sourceRange()), re.MULTILINE)
    return f", in: {marked[1].strip()[:120]}" if marked else ""


def _readable(message: str) -> str:
    """The compiler's message without its list of overloads and its address."""
    return re.sub(r"\s+", " ", message.split("\n\n")[0])[:600]
