"""Safe changes to a screened tree, made before anything reads it: compiler and interpreter see the same tree."""

from __future__ import annotations

import ast

from . import allowlist as allow


def rewrite(function: ast.FunctionDef) -> None:
    """Tensors made from nothing are made where the state is: ``torch.zeros(n, 2)`` would fail on a GPU."""
    place = function.args.args[0].arg  # any parameter: all of them lie on one device
    for node in ast.walk(function):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        owner = node.func.value
        made_here = isinstance(owner, ast.Name) and owner.id == "torch" and node.func.attr in allow.FACTORIES
        if made_here and not any(k.arg == "device" for k in node.keywords):
            device = ast.Attribute(ast.Name(place, ast.Load()), "device", ast.Load())
            node.keywords.append(ast.keyword("device", device))
            ast.fix_missing_locations(ast.copy_location(device, node))
