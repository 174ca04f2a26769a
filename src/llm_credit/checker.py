"""The screen's walk over a function's tree: the first node, name, call or size that is not on the lists refuses it."""

from __future__ import annotations

import ast
import math
import re
from typing import NoReturn

from . import allowlist as allow
from .aliases import CALLED
from .errors import Refused
from .fresh import Fresh

MAX_ITERATIONS = 10_000
MAX_INT = 1_000_000
MAX_LITERAL_SIZE = 10_000  # elements a literal size may ask for, for each row of the state
EQUATION = re.compile(r"[a-zA-Z ,]*(->[a-zA-Z ]*)?")


def _called(name: str) -> str:
    return f" with these arguments; write {CALLED[name]}" if name in CALLED else ""


class Checker(ast.NodeVisitor):
    """Refuses the first thing that is not on the lists."""

    def __init__(self, function: ast.FunctionDef, left_out: list[ast.stmt]) -> None:
        self.parameters = {p.arg for p in function.args.args}
        self.iterations = 1  # how often the line that is looked at runs
        self.total = 0
        self.assigned: dict[str, list[ast.expr | None]] = {}
        for node in (n for part in [function, *left_out] for n in ast.walk(part)):
            if isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.For)):
                self._note(node)
        self.locals = self.parameters | set(self.assigned)
        self.fresh = Fresh(self.assigned)
        self.line: int | None = None

    def _note(self, node: ast.Assign | ast.AnnAssign | ast.AugAssign | ast.For) -> None:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        value = node.value if isinstance(node, (ast.Assign, ast.AnnAssign)) else None
        if isinstance(node, ast.AugAssign):  # what comes out is the result of arithmetic
            value = ast.BinOp(node.target, node.op, node.value)
        for target in targets:
            self._note_one(target, value)

    def _note_one(self, target: ast.expr, value: ast.expr | None) -> None:
        if isinstance(target, ast.Name):
            self.assigned.setdefault(target.id, []).append(value)
        elif (
            isinstance(target, ast.Tuple)
            and isinstance(value, (ast.Tuple, ast.List))
            and len(target.elts) == len(value.elts)
        ):
            for t, v in zip(target.elts, value.elts, strict=True):
                self._note_one(t, v)
        else:
            for part in ast.walk(target):
                if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
                    self.assigned.setdefault(part.id, []).append(None)

    def visit(self, node: ast.AST) -> None:
        self.line = getattr(node, "lineno", self.line)
        if not isinstance(node, allow.NODES) or isinstance(node, ast.FunctionDef):
            name = type(node).__name__
            self.refuse(node, f"{name} is not allowed; {allow.HINTS.get(name, 'use plain torch expressions')}")
        super().visit(node)

    def refuse(self, node: ast.AST, reason: str) -> NoReturn:
        raise Refused("screen", reason, getattr(node, "lineno", self.line))

    def visit_Name(self, node: ast.Name) -> None:
        if node.id.startswith("_"):
            self.refuse(node, f"names that begin with an underscore are not allowed: {node.id}")
        if isinstance(node.ctx, ast.Store):
            if node.id in self.parameters | allow.BUILTINS | {"torch", "F", "self"}:
                self.refuse(node, f"{node.id} must not be assigned to; use a new name")
        elif node.id not in self.locals:
            self.refuse(node, f"{node.id} is not known here; known are torch, F and your own variables")

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, (str, bytes, complex)) or node.value is Ellipsis:
            hint = allow.VALUES.get(node.value.lower().strip("+-")) if isinstance(node.value, str) else None
            self.refuse(node, f"this constant is not allowed: {node.value!r}{'; ' + hint if hint else ''}")
        if isinstance(node.value, int) and abs(node.value) > MAX_INT:
            self.refuse(node, f"whole numbers up to {MAX_INT} only; write larger ones as 1e9")
        if isinstance(node.value, float) and not math.isfinite(node.value):
            self.refuse(node, "numbers must be finite")

    def visit_BinOp(self, node: ast.BinOp) -> None:
        if isinstance(node.op, ast.Pow) and self.constant(node.left) is not None:
            self.refuse(node, "powers of whole numbers are not allowed; write the number")
        self._check_divisor(node, node.op, node.right)
        self.generic_visit(node)

    def _check_divisor(self, node: ast.AST, op: ast.operator, divisor: ast.expr) -> None:
        """TorchScript's compiler ends the whole process at ``5 % 0``, and at the smallest whole number ``// -1``."""
        if isinstance(op, (ast.Mod, ast.FloorDiv)):
            number = divisor.value if isinstance(divisor, ast.Constant) else self.constant(divisor)
            if not isinstance(number, (int, float)) or number <= 0:
                self.refuse(node, "// and % take a positive number that stands in the source on their right side")

    def visit_Subscript(self, node: ast.Subscript) -> None:
        parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        for part in [node.value, *parts]:
            if not (isinstance(part, ast.Constant) and part.value is Ellipsis):
                self.visit(part)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        """Attributes as values; called ones are seen by visit_Call."""
        if node.attr.startswith("_"):
            self.refuse(node, f"names that begin with an underscore are not allowed: {node.attr}")
        if isinstance(node.value, ast.Name) and node.value.id == "torch" and "torch" not in self.locals:
            if node.attr not in allow.DTYPES:
                hint = allow.VALUES.get(node.attr)
                self.refuse(node, f"torch.{node.attr} is not allowed as a value{'; ' + hint if hint else ''}")
            return
        if node.attr not in allow.ATTRIBUTES:
            self.refuse(node, f".{node.attr} is not allowed; allowed are .{', .'.join(sorted(allow.ATTRIBUTES))}")
        self.visit(node.value)

    def visit_Call(self, node: ast.Call) -> None:
        name = self._callee(node)
        if name == "range":
            self.refuse(node, "range() may only stand in a for loop")
        arguments = list(node.args)
        if name == "einsum" and arguments and isinstance(getattr(arguments[0], "value", None), str):
            if not EQUATION.fullmatch(node.args[0].value):  # type: ignore[attr-defined]
                self.refuse(node, "an einsum equation has letters, commas, spaces and an arrow, as 'ni,nj->nij'")
            arguments = arguments[1:]
        for keyword in node.keywords:
            if keyword.arg not in allow.KEYWORDS:
                self.refuse(node, f"the keyword argument {keyword.arg} is not allowed")
        if name in allow.SIZED:
            self._check_size(node)
        for argument in [*arguments, *(k.value for k in node.keywords)]:
            self.visit(argument)

    def _callee(self, node: ast.Call) -> str:
        f = node.func
        if isinstance(f, ast.Name):
            if f.id not in allow.BUILTINS or f.id in self.locals:
                self.refuse(node, f"{f.id}() is not allowed; use torch functions")
            return f.id
        if not isinstance(f, ast.Attribute):
            self.refuse(node, "only named functions may be called")
        if isinstance(f.value, ast.Name) and f.value.id in ("torch", "F") and f.value.id not in self.locals:
            if f.attr not in (allow.TORCH if f.value.id == "torch" else allow.FUNCTIONAL):
                self.refuse(node, f"{f.value.id}.{f.attr} is not allowed{_called(f.attr)}")
            return f.attr
        if f.attr not in allow.METHODS:
            self.refuse(node, f"the method .{f.attr}() is not allowed{_called(f.attr)}")
        self.visit(f.value)
        return f.attr

    def _check_size(self, node: ast.Call) -> None:
        size = 1
        for part in [p for a in node.args for p in ([a] if not isinstance(a, (ast.Tuple, ast.List)) else a.elts)]:
            size *= abs(self.constant(part) or 1) or 1
        if size > MAX_LITERAL_SIZE:
            self.refuse(node, f"a tensor of {size} elements a row is too large; at most {MAX_LITERAL_SIZE}")

    def visit_For(self, node: ast.For) -> None:
        call = node.iter
        is_range = isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "range"
        numbers = [self.constant(a) for a in call.args] if isinstance(call, ast.Call) and is_range else []
        if not is_range or not 1 <= len(numbers) <= 3 or None in numbers or node.orelse:
            self.refuse(node, "a for loop must run over range() of whole numbers that stand in the source")
        if len(numbers) == 3 and numbers[2] == 0:
            self.refuse(node, "the step of range() must not be 0")
        if not isinstance(node.target, ast.Name):
            self.refuse(node, "a for loop has one variable")
        outer = self.iterations
        if any(abs(n) > MAX_INT for n in numbers if n is not None):
            self.refuse(node, f"the ends of range() are whole numbers up to {MAX_INT}")
        self.iterations *= max(1, len(range(*[n for n in numbers if n is not None])))
        self.total += self.iterations
        if self.total > MAX_ITERATIONS:
            self.refuse(node, f"loops run {self.total} times in all; at most {MAX_ITERATIONS}")
        self.visit(node.target)
        for statement in node.body:
            self.visit(statement)
        self.iterations = outer

    def visit_Assign(self, node: ast.Assign) -> None:
        if len(node.targets) != 1:
            self.refuse(node, "assign to one thing at a time")
        self._check_target(node.targets[0])
        self.visit(node.value)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is None:
            self.refuse(node, "a declaration needs a value")
        self._check_target(node.target)
        self.visit(node.value)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        self._check_target(node.target)
        self._check_divisor(node, node.op, node.value)
        self.visit(node.value)

    def _check_target(self, target: ast.expr) -> None:
        if isinstance(target, ast.Subscript):
            base = target.value
            if not isinstance(base, ast.Name) or not self.fresh.name(base.id):
                self.refuse(
                    target, "only a tensor made here (torch.zeros, .clone()) may be assigned into; use torch.where"
                )
        self.visit(target)

    def constant(self, node: ast.expr) -> int | None:
        """The whole number that an expression stands for, None where it is not fixed by the source."""
        if isinstance(node, ast.Constant):
            return node.value if isinstance(node.value, int) and not isinstance(node.value, bool) else None
        if isinstance(node, ast.Name):
            values = self.assigned.get(node.id, [])
            return self.constant(values[0]) if len(values) == 1 and isinstance(values[0], ast.Constant) else None
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            inner = self.constant(node.operand)
            return None if inner is None else -inner
        if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Add, ast.Sub, ast.Mult)):
            left, right = self.constant(node.left), self.constant(node.right)
            if left is None or right is None:
                return None
            return {ast.Add: left + right, ast.Sub: left - right, ast.Mult: left * right}[type(node.op)]
        return None
