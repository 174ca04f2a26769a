"""Screened tree -> TorchScript module. The text is compiled, never executed as Python."""

from __future__ import annotations

import itertools
import re
from typing import Any

import torch

from . import allowlist as allow
from .emit import Emitted, emit
from .errors import Refused
from .screen import Screened

_NUMBERS = itertools.count()
_ALLOWED = allow.TORCH | allow.METHODS | allow.FUNCTIONAL | allow.STRUCTURE | {"einsum", "softplus"}


def compile_function(screened: Screened) -> torch.jit.ScriptModule:
    """A module whose one method is the function. Raises Refused (stages compile, graph)."""
    emitted = emit(screened)
    # Methods belong to the class: instances of one class could not hold two different functions.
    module: Any = type(f"CreditFunction{next(_NUMBERS)}", (torch.jit.ScriptModule,), {})()
    try:
        module.define(emitted.text)
        method = getattr(module, screened.form)
    except Exception as e:  # TorchScript's compiler raises many kinds, all of them about the text
        raise Refused("compile", _readable(str(e)), _line(str(e), emitted)) from e
    _check_graph(method.graph, emitted)
    return module


def _check_graph(graph: Any, emitted: Emitted) -> None:
    """Every operator of the graph, inner blocks included, must be on the list."""
    known = {("aten", name) for name in _ALLOWED} | {("prim", name) for name in allow.PRIMITIVES}
    blocks = [graph]
    while blocks:
        block = blocks.pop()
        for node in block.nodes():
            namespace, _, name = node.kind().partition("::")
            if (namespace, name) not in known:
                reason = f"the compiled function uses {node.kind()}, which is not allowed"
                raise Refused("graph", reason, _line(str(node.sourceRange()), emitted))
            if name not in allow.QUERIES and namespace == "aten" and _reads_value(node):
                reason = "a tensor must not become a plain number (if on a tensor, int(), float()); use torch.where"
                raise Refused("graph", reason, _line(str(node.sourceRange()), emitted))
            blocks.extend(node.blocks())


def _reads_value(node: Any) -> bool:
    """Whether a number is made from a tensor's values: it would mix states, and wait for a GPU."""
    takes = any(str(i.type()) in ("Tensor", "List[Tensor]") for i in node.inputs())
    return takes and any(str(o.type()) in ("int", "float", "bool", "number", "Scalar") for o in node.outputs())


def _line(message: str, emitted: Emitted) -> int | None:
    """The candidate's line that TorchScript speaks of: the one it marks, else the last that it names."""
    marked = re.search(r"^(.*)\n *~+ *<--- HERE", message, re.MULTILINE)
    lines = emitted.text.splitlines()
    if marked and lines.count(marked[1]) == 1:
        return emitted.origin(lines.index(marked[1]) + 1)
    named = re.findall(r'File "<string>", line (\d+)', message)
    return emitted.origin(int(named[-1])) if named else None


def _readable(message: str) -> str:
    """The compiler's message without its list of overloads and the text that it quotes."""
    told = re.split(r':?\s*File "<string>"', message.strip())[0].split("\n\n")[0]
    return re.sub(r"\s+", " ", told).strip()[:600]
