"""Other names of allowed functions, and functions that are a line of allowed ones."""

from __future__ import annotations

import ast
import copy
import math

from .errors import Refused
from .trees import constant_of

SAME = {
    "concat": "cat", "concatenate": "cat", "clip": "clamp", "absolute": "abs", "multiply": "mul", "divide": "div",
    "true_divide": "div", "subtract": "sub", "greater": "gt", "greater_equal": "ge", "less": "lt", "less_equal": "le",
    "not_equal": "ne", "negative": "neg", "swapaxes": "transpose", "swapdims": "transpose",
}  # fmt: skip
KEYWORDS = {"axis": "dim", "keepdims": "keepdim"}  # torch takes numpy's names too
LIMITS = {"eps": 2.0**-23, "max": (2.0 - 2.0**-23) * 2.0**127, "min": -(2.0 - 2.0**-23) * 2.0**127,
          "tiny": 2.0**-126, "smallest_normal": 2.0**-126}  # fmt: skip
NUMBERS = {"torch.pi": math.pi, "torch.e": math.e}
NORMS = {"norm", "vector_norm"}
# What is written in terms of others, beside the names above: functions of torch, of F, methods, attributes
WRITTEN_TORCH = {"hstack", "count_nonzero", "norm", "cdist", "finfo"}
WRITTEN_FUNCTIONAL = {"normalize", "leaky_relu"}
WRITTEN_METHODS = {"norm", "detach", "type_as", "type", "new_full", "new_tensor"}
WRITTEN_ATTRIBUTES = {"T", "mT", "ndim"}
# How those that have more arguments in torch are called here
CALLED = {
    "hstack": "torch.hstack([a, b])", "count_nonzero": "torch.count_nonzero(x, dim=1)",
    "cdist": "torch.cdist(a, b, p=2.0)", "norm": "torch.norm(x, dim=1)",
    "finfo": "torch.finfo(torch.float32).eps", "normalize": "F.normalize(x, dim=1)",
    "leaky_relu": "F.leaky_relu(x, 0.1)", "type_as": "x.type_as(y)", "type": "x.type(torch.float32)",
    "new_full": "x.new_full((2,), 1.0)", "new_tensor": "x.new_tensor([1.0])", "detach": "x.detach()",
}  # fmt: skip


def _name(n: ast.expr) -> str:
    """``torch.nn.functional`` and the like as text; empty for what is not only names."""
    if isinstance(n, ast.Name):
        return n.id
    inner = _name(n.value) if isinstance(n, ast.Attribute) else ""
    return f"{inner}.{n.attr}" if inner and isinstance(n, ast.Attribute) else ""


def _method(owner: ast.expr, name: str, *arguments: ast.expr, **named: ast.expr) -> ast.Call:
    keywords = [ast.keyword(k, v) for k, v in named.items()]
    function = ast.copy_location(ast.Attribute(owner, name, ast.Load()), owner)
    return ast.copy_location(ast.Call(function, list(arguments), keywords), owner)


def _given(function: str, owner: ast.expr, name: str, *arguments: ast.expr) -> ast.Call:
    """A call on what a function is given that is written out; who runs it asks of that what torch would."""
    call = _method(owner, name, *arguments)
    call.given_to = function  # type: ignore[attr-defined]
    return call


def _is_matrix_norm(n: ast.Call) -> bool:
    """Whether ``torch.linalg.norm`` may take an order over two dims: torch has another meaning for that."""
    named = {k.arg: k.value for k in n.keywords}
    order = n.args[1] if len(n.args) > 1 else named.get("ord")
    dim = n.args[2] if len(n.args) > 2 else named.get("dim")
    if order is None or dim is None or (isinstance(order, ast.Constant) and order.value is None):
        return False
    if isinstance(dim, (ast.Tuple, ast.List)) and len(dim.elts) == 1:
        dim = dim.elts[0]
    return constant_of(dim) is None


class Aliases(ast.NodeTransformer):
    """Rewrites expressions. ``kept`` gives a value a name."""

    def kept(self, value: ast.expr) -> ast.expr:
        raise NotImplementedError

    def visit_Attribute(self, n: ast.Attribute) -> ast.expr:
        name = _name(n)
        if name in NUMBERS:
            return ast.copy_location(ast.Constant(NUMBERS[name]), n)
        if name in ("torch.nn.functional", "nn.functional"):
            return ast.copy_location(ast.Name("F", ast.Load()), n)
        if isinstance(n.value, ast.Call) and _name(n.value.func) == "torch.finfo" and n.attr in LIMITS:
            kind = _name(n.value.args[0]) if len(n.value.args) == 1 else ""
            if not n.value.keywords and kind in ("torch.float32", "torch.float", "state.dtype", "global_state.dtype"):
                return ast.copy_location(ast.Constant(LIMITS[n.attr]), n)
        owner = self.visit(n.value)
        n.value = owner
        if isinstance(owner, ast.Name) and owner.id in ("torch", "F"):
            return n
        if n.attr == "T":
            return _method(owner, "t")
        if n.attr == "mT":
            return _method(owner, "transpose", ast.Constant(-2), ast.Constant(-1))
        return _method(owner, "dim") if n.attr == "ndim" else n

    def visit_Call(self, n: ast.Call) -> ast.expr:
        path = _name(n.func)
        if path == "torch.linalg.norm" and _is_matrix_norm(n):
            raise Refused(
                "screen", "torch.linalg.norm with an order and two dims is a matrix norm; name one dim", n.lineno
            )
        if path in ("torch.linalg.norm", "torch.linalg.vector_norm"):
            n.func = ast.Attribute(ast.Name("torch", ast.Load()), "vector_norm", ast.Load())
            ast.fix_missing_locations(ast.copy_location(n.func, n))
        n = self.generic_visit(n)  # type: ignore[assignment]
        if not isinstance(n.func, ast.Attribute):
            return n
        n.func.attr = SAME.get(n.func.attr, n.func.attr)
        n.keywords = [k for k in n.keywords if k.arg != "requires_grad" or getattr(k.value, "value", None) is not False]
        for k in n.keywords:
            k.arg = KEYWORDS.get(k.arg or "", k.arg)
        home = n.func.value.id if isinstance(n.func.value, ast.Name) and n.func.value.id in ("torch", "F") else ""
        arguments = list(n.args) if home else [n.func.value, *n.args]
        written = self._written(home, n.func.attr, arguments, {str(k.arg): k.value for k in n.keywords})
        return ast.copy_location(written, n) if written is not None else n

    def _written(self, home: str, name: str, args: list[ast.expr], named: dict[str, ast.expr]) -> ast.expr | None:
        """A call in terms of others; None where it stays as it is."""
        if name in NORMS and home != "F":
            return self._norm(args, named)
        if home == "F" and name == "normalize" and args:
            return self._normalize(args, named)
        if home == "torch" and name == "cdist" and 2 <= len(args) <= 3 and set(named) <= {"p"}:
            x = self.kept(args[0])
            # Points with one coordinate would be repeated beside those with more, where torch raises: this raises too.
            width = _method(copy.deepcopy(x), "size", ast.Constant(-1))
            others = _given("cdist", args[1], "unflatten", ast.Constant(-1), ast.List([width], ast.Load()))
            gap = ast.BinOp(_given("cdist", x, "unsqueeze", ast.Constant(-2)), ast.Sub(),
                            _method(others, "unsqueeze", ast.Constant(-3)))  # fmt: skip
            p = args[2:3] or [named.get("p", ast.Constant(2.0))]
            return self._norm([ast.copy_location(gap, args[0])], {"p": p[0], "dim": ast.Constant(-1)})
        if home == "F" and name == "leaky_relu" and args and not named:
            x = self.kept(args[0])
            slope = ast.BinOp(copy.deepcopy(x), ast.Mult(), args[1] if len(args) > 1 else ast.Constant(0.01))
            positive = _given("leaky_relu", copy.deepcopy(x), "gt", ast.Constant(0.0))
            return _method(ast.Name("torch", ast.Load()), "where", positive, x, slope)
        if home == "torch" and name == "hstack" and len(args) == 1 and not named:
            return _method(ast.Name("torch", ast.Load()), "cat", *args, dim=ast.Constant(1))
        if home == "torch" and name == "count_nonzero" and 1 <= len(args) <= 2 and set(named) <= {"dim"}:
            rest = {"dim": args[1]} if len(args) > 1 else named
            return _method(ast.Compare(args[0], [ast.NotEq()], [ast.Constant(0)]), "sum", **rest)
        return None if home else self._method_written(name, args, named)

    def _method_written(self, name: str, args: list[ast.expr], named: dict[str, ast.expr]) -> ast.expr | None:
        x, rest = args[0], args[1:]
        if name == "detach" and not rest and not named:
            return x  # the function's tensors have no gradient
        if name == "type_as" and len(rest) == 1:
            return _method(x, "to", ast.Attribute(rest[0], "dtype", ast.Load()))
        if name == "type" and len(rest) == 1 and not named:
            return _method(x, "to", rest[0])
        if name in ("new_full", "new_tensor") and rest:
            x = self.kept(x)
            made = {"dtype": ast.Attribute(copy.deepcopy(x), "dtype", ast.Load()),
                    "device": ast.Attribute(copy.deepcopy(x), "device", ast.Load())} | named  # fmt: skip
            return _method(ast.Name("torch", ast.Load()), "full" if name == "new_full" else "tensor", *rest, **made)
        return None

    def _norm(self, args: list[ast.expr], named: dict[str, ast.expr]) -> ast.expr | None:
        """Of order 1 or 2 over given dimensions; another one stays, and is refused with its name."""
        order = named.pop("p", named.pop("ord", args[1] if len(args) > 1 else ast.Constant(2.0)))
        p = order.value if isinstance(order, ast.Constant) else None
        for k, name in ((2, "dim"), (3, "keepdim")):
            if len(args) > k:
                named.setdefault(name, args[k])
        if p not in (1, 2) or len(args) > 4 or "dim" not in named or not set(named) <= {"dim", "keepdim"}:
            return None
        x = args[0]
        if p == 1:
            return _method(_given("norm", x, "abs"), "sum", **named)
        return _method(_method(_given("norm", x, "square"), "sum", **named), "sqrt")

    def _normalize(self, args: list[ast.expr], named: dict[str, ast.expr]) -> ast.expr | None:
        values = dict(zip(("p", "dim", "eps"), args[1:], strict=False)) | named
        x = self.kept(args[0])
        p, dim = values.get("p", ast.Constant(2.0)), values.get("dim", ast.Constant(1))
        size = self._norm([copy.deepcopy(x)], {"p": p, "dim": dim, "keepdim": ast.Constant(True)})
        if size is None or len(args) > 4 or not set(values) <= {"p", "dim", "eps"}:
            return None
        return ast.BinOp(x, ast.Div(), _method(size, "clamp", min=values.get("eps", ast.Constant(1e-12))))
