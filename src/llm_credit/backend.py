"""What runs an accepted function: a backend turns a screened tree into a module with the function as a method.

``torchscript`` compiles it; ``interpreter`` walks the tree with the same interpreter that compiled functions are
compared with: slower, but independent of TorchScript, which Python 3.14 no longer supports.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from .compiler import compile_function
from .interpreter import Interpreter
from .screen import Screened


class InterpretedFunction(nn.Module):
    """A screened function as a module without parameters; survives ``copy.deepcopy`` and pickling."""

    def __init__(self, screened: Screened) -> None:
        super().__init__()
        self.screened = screened

    def _run(self, *arguments: torch.Tensor) -> Any:
        return Interpreter(self.screened)(*arguments)

    credit_weights = QLLMNetwork = credit_advantages = _run


BACKENDS: dict[str, Callable[[Screened], Any]] = {
    "torchscript": compile_function,
    "interpreter": InterpretedFunction,
}
