"""What a credit function may say. Everything that is not named here is refused."""

from __future__ import annotations

import ast

NODES: tuple[type[ast.AST], ...] = (
    ast.Module, ast.FunctionDef, ast.arguments, ast.arg, ast.Return, ast.Assign, ast.AnnAssign, ast.AugAssign,
    ast.For, ast.If, ast.Pass, ast.Expr, ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare, ast.IfExp, ast.Call,
    ast.keyword, ast.Attribute, ast.Subscript, ast.Slice, ast.Tuple, ast.List, ast.Name, ast.Constant, ast.Load,
    ast.Store, ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow, ast.MatMult, ast.USub, ast.UAdd,
    ast.Invert, ast.Not, ast.BitAnd, ast.BitOr, ast.BitXor, ast.And, ast.Or, ast.Eq, ast.NotEq, ast.Lt, ast.LtE,
    ast.Gt, ast.GtE,
)  # fmt: skip

HINTS: dict[type[ast.AST], str] = {
    ast.While: "use a for loop over range() of a known length",
    ast.Lambda: "write the expression out",
    ast.ListComp: "use a for loop that appends to a list, then torch.stack or torch.cat",
    ast.GeneratorExp: "use a for loop",
    ast.DictComp: "use a for loop",
    ast.SetComp: "use a for loop",
    ast.Try: "make the arithmetic safe instead, for example with torch.clamp before a division",
    ast.Import: "torch and torch.nn.functional as F are there already",
    ast.ImportFrom: "torch and torch.nn.functional as F are there already",
    ast.NamedExpr: "assign on a line of its own",
    ast.JoinedStr: "text is not needed",
    ast.Starred: "name the values one by one",
    ast.Dict: "use separate variables",
    ast.With: "no context is needed: the state carries no gradient",
}

ELEMENTWISE = {
    "abs", "neg", "exp", "log", "log1p", "expm1", "sqrt", "rsqrt", "square", "sigmoid", "tanh", "relu", "sign", "floor",
    "ceil", "round", "reciprocal", "sin", "cos", "atan", "isnan", "isinf", "isfinite", "logical_not", "softplus",
}  # fmt: skip
BINARY = {
    "add", "sub", "mul", "div", "maximum", "minimum", "pow", "eq", "ne", "lt", "le", "gt", "ge", "logical_and",
    "logical_or", "logical_xor", "atan2", "where", "matmul", "bmm", "hypot", "remainder", "fmod", "lerp",
}  # fmt: skip
REDUCTIONS = {
    "sum", "mean", "max", "min", "amax", "amin", "prod", "std", "var", "norm", "argmax", "argmin", "any", "all",
    "cumsum", "softmax", "log_softmax", "logsumexp", "sort", "argsort", "topk", "median",
}  # fmt: skip
SHAPE = {
    "unsqueeze", "squeeze", "transpose", "permute", "flatten", "expand_as", "clamp", "clamp_min", "clamp_max", "chunk",
    "split", "gather", "index_select", "masked_fill", "flip", "roll", "movedim", "unbind", "select", "narrow",
}  # fmt: skip
FACTORIES = {"zeros", "ones", "full", "arange", "eye", "tensor", "linspace"}
LIKE = {"zeros_like", "ones_like", "full_like"}

TORCH = (ELEMENTWISE - {"softplus"}) | BINARY | REDUCTIONS | SHAPE | FACTORIES | LIKE
TORCH |= {"cat", "stack", "einsum", "outer", "cdist", "nan_to_num", "broadcast_to"}
TORCH -= {"expand_as", "norm"}
FUNCTIONAL = {"softmax", "log_softmax", "relu", "softplus", "sigmoid", "tanh", "one_hot"}
METHODS = (ELEMENTWISE | BINARY | REDUCTIONS | SHAPE) - {"softplus", "where", "hypot"}
METHODS |= {
    "view", "reshape", "expand", "repeat", "float", "bool", "long", "int", "to", "clone", "contiguous", "size", "dim",
    "new_zeros", "new_ones", "new_full", "type_as", "nan_to_num", "masked_fill", "detach", "mm", "t",
}  # fmt: skip
LIST_METHODS = {"append"}
ATTRIBUTES = {"shape", "dtype", "device", "T", "ndim"}
DTYPES = {"float", "float32", "long", "int64", "int32", "bool"}
BUILTINS = {"range", "len", "float", "int", "bool", "abs", "min", "max", "enumerate"}
KEYWORDS = {
    "dim", "keepdim", "min", "max", "dtype", "device", "other", "descending", "dims", "unbiased", "correction", "eps",
    "k", "index", "p", "ord", "num_classes", "end_dim", "start_dim", "nan", "posinf", "neginf", "alpha", "beta", "value",
    "fill_value", "shifts", "axis", "largest", "sorted", "n", "m",
}  # fmt: skip
# Values that a name may hold but that must never be called or changed
CONSTANT_TYPES = (int, float, bool, type(None), str)
