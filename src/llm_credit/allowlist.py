"""What a credit function may say. Everything that is not named here is refused."""

from __future__ import annotations

import ast

_NODES = """Module FunctionDef arguments arg Return Assign AnnAssign AugAssign For If Assert Pass Break Continue Expr BinOp
UnaryOp BoolOp Compare IfExp Call keyword Attribute Subscript Slice Tuple List Name Constant Load Store Add Sub Mult Div
FloorDiv Mod Pow MatMult USub UAdd Invert Not BitAnd BitOr BitXor And Or Eq NotEq Lt LtE Gt GtE"""
NODES = tuple(getattr(ast, name) for name in _NODES.split())


def _names(text: str) -> set[str]:
    return set(text.split())


HINTS = {
    "While": "use a for loop over range() of a known length",
    "Lambda": "give it a name on a line of its own and call that, or write the expression out",
    "ListComp": "use a for loop that appends to a list, then torch.stack or torch.cat",
    "GeneratorExp": "it may stand in sum() only; use a for loop",
    "Try": "make the arithmetic safe instead, for example with torch.clamp before a division",
    "NamedExpr": "assign on a line of its own",
    "Import": "torch, and torch.nn.functional as F, are there already",
    "ImportFrom": "torch, and torch.nn.functional as F, are there already",
    "Is": "nothing is None here; leave it out",
    "IsNot": "nothing is None here; leave it out",
    "In": "compare with == and join by or",
    "NotIn": "compare with != and join by and",
    "Dict": "use a list, or one name for each value",
    "Starred": "write the elements out",
    "With": "leave it out; nothing here has a gradient",
    "Raise": "only an `if` on plain numbers that does nothing else may raise; leave it out",
}
VALUES = {
    "inf": "nothing may be infinite; use a large number, as 1e9",
    "nan": "nothing may be NaN; use a number",
}  # of torch, and as text for float(), that people reach for

ELEMENTWISE = _names("""abs neg exp log log1p expm1 sqrt rsqrt square sigmoid tanh relu sign floor ceil round reciprocal sin cos
atan isnan isinf isfinite logical_not nan_to_num""")
COMBINING = _names("""add sub mul div maximum minimum pow eq ne lt le gt ge logical_and logical_or logical_xor atan2 matmul bmm
lerp""")
REDUCING = _names("""sum mean max min amax amin prod std var argmax argmin any all cumsum softmax log_softmax logsumexp sort
argsort topk""")
SHAPING = _names("""unsqueeze squeeze transpose permute flatten clamp clamp_min clamp_max chunk gather index_select masked_fill
flip roll""")
FACTORIES = _names("""zeros ones full arange eye tensor linspace""")
TORCH = ELEMENTWISE | COMBINING | REDUCING | SHAPING | FACTORIES
TORCH |= _names("""zeros_like ones_like full_like cat stack where einsum outer""")
FUNCTIONAL = _names("""softmax log_softmax relu sigmoid tanh softplus one_hot""")
METHODS = ELEMENTWISE | COMBINING | REDUCING | SHAPING
METHODS |= _names("""view reshape expand expand_as repeat float bool long to clone contiguous size dim new_zeros new_ones t
append""")
# Rarer ways to say the same, as functions and as methods
RARER = _names("""split unbind scatter narrow select unflatten movedim tile repeat_interleave log2 log10 exp2 erf trunc hypot
logaddexp""")
TORCH, METHODS = TORCH | RARER, METHODS | RARER
SIZED = FACTORIES | {"new_zeros", "new_ones", "expand", "repeat", "tile", "repeat_interleave"}
ATTRIBUTES = {"shape", "dtype", "device", "values", "indices"}
DTYPES = {"float", "float32", "long", "int64", "bool"}
BUILTINS = {"range", "len", "float", "int", "abs", "min", "max"}
KEYWORDS = _names("""dim keepdim min max dtype device other descending dims correction index k nan posinf neginf value shifts
largest sorted start_dim end_dim num_classes""")
KEYWORDS |= _names(
    """unbiased size fill_value exponent mask end weight chunks dim0 dim1 start length src repeats sizes"""
)
# Tensors that these make share no memory with the state: only they may be assigned into
FRESH = FACTORIES | ELEMENTWISE | COMBINING | REDUCING
FRESH |= _names("""zeros_like ones_like full_like clone new_zeros new_ones cat stack where""")
FRESH |= _names("""clamp clamp_min clamp_max masked_fill gather index_select flip one_hot softplus""")

# Operators of a compiled graph beyond those with the names above
STRUCTURE = _names("""Bool Float Int FloatImplicit IntImplicit ScalarImplicit add and append bitwise_and bitwise_not bitwise_or
bitwise_xor __and__ __or__ __xor__ __contains__ __getitem__ __is__ __isnot__ __not__ __range_length
__derive_index len select slice index index_put_ copy_ fill_ size dim numel device dtype item to type_as
floordiv remainder floor_divide warn rsub full_like t _shape_as_tensor format unbind list _set_item
split_with_sizes""")
# Everything of TorchScript's own that is no operator on tensors; no print, no Python functions, no attributes
PRIMITIVES = _names("""Constant ListConstruct ListUnpack TupleConstruct TupleUnpack TupleIndex If Loop NumToTensor unchecked_cast
Uninitialized device dtype min max abs RaiseException""")
# Operators that ask a tensor for a number without reading its values
QUERIES = {"size", "dim", "len", "numel", "device", "dtype"}
