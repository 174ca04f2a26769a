"""A screened tree as TorchScript source, with every operation in parentheses.

TorchScript's own parser misreads Python (``~a & b`` becomes ``~(a & b)``): no precedence is left for it to decide.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass

from .errors import Refused
from .screen import Screened

RETURNS = {"credit_weights": "Tuple[Tensor, Tensor]", "QLLMNetwork": "Tensor", "credit_advantages": "Tensor"}
SIGNS = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//", ast.Mod: "%", ast.Pow: "**",
    ast.MatMult: "@", ast.BitAnd: "&", ast.BitOr: "|", ast.BitXor: "^", ast.USub: "-", ast.UAdd: "+", ast.Invert: "~",
    ast.Not: "not ", ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=",
    ast.And: " and ", ast.Or: " or ",
}  # fmt: skip
_DTYPE_METHODS = {"bool": "torch.bool", "long": "torch.int64", "float": "torch.float32"}


@dataclass(frozen=True)
class Emitted:
    """TorchScript source, and for each of its lines the line of the candidate that it comes from."""

    text: str
    lines: tuple[int, ...]

    def origin(self, line: int) -> int | None:
        """The candidate's line for a line of the text, both 1-based."""
        return self.lines[line - 1] if 1 <= line <= len(self.lines) else None


def emit(screened: Screened) -> Emitted:
    """The function as a method of a ScriptModule."""
    parameters = ", ".join(f"{a.arg}: Tensor" for a in screened.function.args.args)
    head = f"def {screened.form}(self, {parameters}) -> {RETURNS[screened.form]}:"
    numbered = [(screened.function.lineno, head), *_block(screened.function.body, 1)]
    return Emitted("\n".join(text for _, text in numbered) + "\n", tuple(line for line, _ in numbered))


def _block(statements: list[ast.stmt], depth: int) -> list[tuple[int, str]]:
    """Numbered lines: each emitted line with the candidate's line."""
    lines = [line for s in statements for line in _numbered(s, depth)]
    return lines or [(0, "    " * depth + "pass")]


def _numbered(s: ast.stmt, depth: int) -> list[tuple[int, str]]:
    pad = "    " * depth
    if isinstance(s, ast.If):
        lines = [(s.lineno, f"{pad}if {_e(s.test)}:"), *_block(s.body, depth + 1)]
        return lines + ([(s.lineno, f"{pad}else:"), *_block(s.orelse, depth + 1)] if s.orelse else [])
    if isinstance(s, ast.For):
        return [(s.lineno, f"{pad}for {_e(s.target)} in {_e(s.iter)}:"), *_block(s.body, depth + 1)]
    return [(s.lineno, text) for text in _statement(s, depth)]


def _statement(s: ast.stmt, depth: int) -> list[str]:
    pad = "    " * depth
    if isinstance(s, ast.AugAssign):  # written out: on a tensor it would change whatever else has that memory
        return [f"{pad}{_e(s.target)} = ({_e(s.target)} {SIGNS[type(s.op)]} {_e(s.value)})"]
    if isinstance(s, ast.Assign):
        return [f"{pad}{_target(s.targets[0])} = {_e(s.value)}"]
    if isinstance(s, ast.AnnAssign) and s.value is not None:
        return [f"{pad}{_target(s.target)} = {_e(s.value)}"]
    if isinstance(s, ast.Return):
        if s.value is None:
            raise Refused("compile", "return needs a value", s.lineno)
        return [f"{pad}return {_e(s.value)}"]
    if isinstance(s, ast.Expr):
        return [f"{pad}{_e(s.value)}"]
    if isinstance(s, ast.Assert):  # the interpreter has looked at it
        return []
    return [pad + {ast.Pass: "pass", ast.Break: "break", ast.Continue: "continue"}[type(s)]]


def _target(t: ast.expr) -> str:
    return ", ".join(_e(e) for e in t.elts) if isinstance(t, (ast.Tuple, ast.List)) else _e(t)


def _e(n: ast.expr) -> str:
    if isinstance(n, ast.Name):
        return n.id
    if isinstance(n, ast.Constant):
        return "..." if n.value is Ellipsis else repr(n.value)
    if isinstance(n, ast.BinOp):
        return f"({_e(n.left)} {SIGNS[type(n.op)]} {_e(n.right)})"
    number = _number(n)
    if number is not None:  # TorchScript reads -(-1.5) as 0
        return f"({number!r})"
    if isinstance(n, ast.UnaryOp):
        return f"({SIGNS[type(n.op)]}{_e(n.operand)})"
    if isinstance(n, ast.BoolOp):
        return "(" + SIGNS[type(n.op)].join(_e(v) for v in n.values) + ")"
    if isinstance(n, ast.Compare):
        if len(n.ops) > 1:
            raise Refused("compile", "chained comparisons are not allowed; write (a < b) & (b < c)", n.lineno)
        return f"({_e(n.left)} {SIGNS[type(n.ops[0])]} {_e(n.comparators[0])})"
    if isinstance(n, ast.IfExp):
        return f"({_e(n.body)} if {_e(n.test)} else {_e(n.orelse)})"
    if isinstance(n, (ast.Tuple, ast.List)):
        inner = ", ".join(_e(e) for e in n.elts)
        return f"[{inner}]" if isinstance(n, ast.List) else f"({inner},)" if len(n.elts) == 1 else f"({inner})"
    if isinstance(n, ast.Attribute):
        return f"{_e(n.value)}.{n.attr}"
    if isinstance(n, ast.Subscript):
        parts = n.slice.elts if isinstance(n.slice, ast.Tuple) else [n.slice]
        return f"{_e(n.value)}[{', '.join(_index(p) for p in parts)}]"
    if isinstance(n, ast.Call):
        return _call(n)
    raise Refused("compile", f"{type(n).__name__} cannot be compiled", getattr(n, "lineno", None))


def _number(n: ast.expr) -> int | float | None:
    """What a signed literal is, however many signs it has; None for any other expression."""
    if not isinstance(n, ast.UnaryOp) or not isinstance(n.op, (ast.USub, ast.UAdd)):
        return None
    inner = n.operand.value if isinstance(n.operand, ast.Constant) else _number(n.operand)
    if isinstance(inner, bool) or not isinstance(inner, (int, float)):
        return None
    return -inner if isinstance(n.op, ast.USub) else inner


def _index(p: ast.expr) -> str:
    if not isinstance(p, ast.Slice):
        return _e(p)
    return ":".join(
        _e(x) if x is not None else "" for x in ((p.lower, p.upper, p.step) if p.step else (p.lower, p.upper))
    )


def _call(n: ast.Call) -> str:
    arguments = ", ".join([_e(a) for a in n.args] + [f"{k.arg}={_e(k.value)}" for k in n.keywords])
    if isinstance(n.func, ast.Attribute):
        owner, name = n.func.value, n.func.attr
        if isinstance(owner, ast.Name) and owner.id == "F":
            if name in ("softplus", "one_hot"):  # the two that have no name in torch itself
                return f"torch.nn.functional.{name}({arguments})"
            return f"torch.{name}({arguments})"
        if name in _DTYPE_METHODS and not n.args:
            return f"{_e(owner)}.to({_DTYPE_METHODS[name]})"
    return f"{_e(n.func)}({arguments})"
