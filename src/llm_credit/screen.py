"""Source text -> a syntax tree in which every node is allowed. Nothing of the text is ever executed as Python."""

from __future__ import annotations

import ast
import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache

from .checker import Checker
from .desugar import desugar
from .errors import Refused
from .rewrite import rewrite
from .trees import depth_of, is_text

MAX_CHARS = 20_000
MAX_DEPTH = 60
# the function's name says its form: weights, the paper's whole mixer, or QPLEX's lambda on advantages
FORMS = {
    "credit_weights": ("state",),
    "QLLMNetwork": ("agents_q", "global_state"),
    "credit_advantages": ("state", "actions_onehot"),
}


@dataclass(frozen=True)
class Screened:
    """An allowed function: its tree (docstring and imports gone) and its form's name."""

    function: ast.FunctionDef
    form: str


def screen(source: str) -> Screened:
    """The allowed function in ``source``. Raises Refused (stages text, screen) with line and reason."""
    if not isinstance(source, str) or len(source) > MAX_CHARS:
        raise Refused("text", f"the source must be text of at most {MAX_CHARS} characters")
    with _uncollected():
        return _screened(source)


@contextmanager
def _uncollected() -> Iterator[None]:
    """A tree is thousands of objects, for which the collector looks through all of torch's again and again.

    It takes a third of the time of the longest refusals. What a screening leaves is limited, and collected later.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


@lru_cache(maxsize=32)  # a start of a run asks several times; nobody changes the tree
def _screened(source: str) -> Screened:
    function = _only_function(_parse(source))
    parameters = FORMS[function.name]
    a = function.args
    if function.decorator_list:
        raise Refused("text", "decorators are not allowed", function.lineno)
    if a.vararg or a.kwarg or a.kwonlyargs or a.posonlyargs or a.defaults:
        raise Refused("text", "only plain parameters without defaults are allowed", function.lineno)
    if tuple(p.arg for p in a.args) != parameters:
        raise Refused("text", f"the signature must be {function.name}({', '.join(parameters)})", function.lineno)
    function.body = [s for s in function.body if not is_text(s)]
    for parameter in a.args:
        parameter.annotation = None
    function.returns = None
    try:
        _allow(function)
    except Refused:
        raise
    except Exception as e:  # the text is anything, and this is the caller's own process
        raise Refused("screen", f"the function cannot be followed ({type(e).__name__}); write it more plainly") from e
    return Screened(function, function.name)


def _allow(function: ast.FunctionDef) -> None:
    left_out = desugar(function)
    checker = Checker(function, left_out)
    for statement in [*function.body, *left_out]:
        checker.visit(statement)
    rewrite(function)


def _parse(source: str) -> ast.Module:
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError) as e:
        raise Refused("text", f"not valid Python: {e}", getattr(e, "lineno", None)) from e
    except (RecursionError, MemoryError) as e:
        raise Refused("text", "the source is nested too deeply") from e
    if depth_of(tree, MAX_DEPTH) >= MAX_DEPTH:
        raise Refused("text", f"the source is nested more than {MAX_DEPTH} levels deep")
    return tree


def _only_function(tree: ast.Module) -> ast.FunctionDef:
    functions: list[ast.FunctionDef] = []
    for statement in tree.body:
        if is_text(statement) or _is_harmless_import(statement):
            continue
        if not isinstance(statement, ast.FunctionDef):
            reason = "only one function (and imports of torch) may stand in the source"
            if isinstance(statement, (ast.Assign, ast.AnnAssign)):
                reason += "; put constants inside the function"
            raise Refused("text", reason, statement.lineno)
        functions.append(statement)
    if len(functions) != 1 or functions[0].name not in FORMS:
        reason = f"the source must define exactly one function, named {' or '.join(FORMS)}"
        raise Refused("text", reason + ("; helpers go inside it" if len(functions) > 1 else ""))
    return functions[0]


def _is_harmless_import(statement: ast.stmt) -> bool:
    """Imports that would give a function nothing but what it has anyway are dropped."""
    if isinstance(statement, ast.Import):
        return all(
            (n.name, n.asname) in {("torch", None), ("torch.nn", "nn"), ("torch.nn.functional", "F")}
            for n in statement.names
        )
    if isinstance(statement, ast.ImportFrom) and statement.level == 0:
        known = {
            "__future__": {"annotations"},
            "torch": {"Tensor"},
            "typing": {"Tuple", "List", "Optional", "Union", "Any"},
            "torch.nn": {"functional"},
        }
        wanted = {n.name for n in statement.names}
        if statement.module == "torch.nn":
            return all(n.asname == "F" for n in statement.names) and wanted <= known["torch.nn"]
        return wanted <= known.get(statement.module or "", set()) and all(n.asname is None for n in statement.names)
    return False
