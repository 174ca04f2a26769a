"""Preprocessing of batch entries, applied as they are written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import torch as th


class Transform(Protocol):
    """What an entry of ``preprocess`` offers: the values, and their shape and type."""

    def transform(self, tensor: th.Tensor) -> th.Tensor: ...

    def infer_output_info(self, vshape_in: Sequence[int], dtype_in: th.dtype) -> tuple[tuple[int, ...], th.dtype]: ...


class OneHot:
    """Indices ``[..., 1]`` -> one-hot float32 ``[..., out_dim]``."""

    def __init__(self, out_dim: int) -> None:
        self.out_dim = out_dim

    def transform(self, tensor: th.Tensor) -> th.Tensor:
        out = th.zeros(*tensor.shape[:-1], self.out_dim, device=tensor.device)  # [..., out_dim]
        return out.scatter_(-1, tensor.long(), 1.0)

    def infer_output_info(self, vshape_in: Sequence[int], dtype_in: th.dtype) -> tuple[tuple[int, ...], th.dtype]:
        return (self.out_dim,), th.float32
