"""Episodes as PyMARL keeps them: one padded tensor ``[B, T, ...]`` per key.

Legend: B episodes, T time steps (the longest episode's transitions + 1), A agents.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch as th

from components.transforms import Transform

Scheme = dict[str, dict[str, Any]]
Index = slice | int | Sequence[int]
Preprocess = Mapping[str, tuple[str, Sequence[Transform]]]


@dataclass
class BatchData:
    """The tensors: ``transition_data`` ``[B, T, ...]`` and ``episode_data`` ``[B, ...]`` by key."""

    transition_data: dict[str, th.Tensor] = field(default_factory=dict)
    episode_data: dict[str, th.Tensor] = field(default_factory=dict)


class EpisodeBatch:
    """Episodes of unlike length, padded with zeros; ``filled [B, T, 1]`` says which steps were really seen.

    ``scheme`` maps a key to ``vshape`` (int or tuple), and optionally ``group`` (a key of ``groups``: one value per
    member), ``dtype`` (float32) and ``episode_const`` (one value per episode). ``preprocess`` maps a key to the name
    and transforms of a second key that is derived from it at every write. Names and shapes are PyMARL's.

    ``batch[key]`` is the writable storage of that key; ``batch[episodes, times]`` is a batch over those (views where
    slices are given).
    """

    def __init__(
        self,
        scheme: Scheme,
        groups: Mapping[str, int],
        batch_size: int,
        max_seq_length: int,
        data: BatchData | None = None,
        preprocess: Preprocess | None = None,
        device: str | th.device = "cpu",
    ) -> None:
        self.scheme: Scheme = dict(scheme)
        self.groups = groups
        self.batch_size = batch_size
        self.max_seq_length = max_seq_length
        self.preprocess: Preprocess = preprocess or {}
        self.device = th.device(device)
        self._views: dict[str, Any] = {}
        self.ids: np.ndarray | None = None  # a prioritised replay's sample: where its episodes lie [B] ...
        self.weights: th.Tensor | None = None  # ... and how much each counts [B]
        if data is None:
            self._complete_scheme()
            self.data = self._allocate()
        else:
            self.data = data

    def _complete_scheme(self) -> None:
        if "filled" in self.scheme:
            raise ValueError("'filled' is reserved: it marks the steps that were really seen")
        for key, (new_key, transforms) in self.preprocess.items():
            info = self.scheme[key]
            vshape, dtype = info["vshape"], info.get("dtype", th.float32)
            for transform in transforms:
                vshape, dtype = transform.infer_output_info(vshape, dtype)
            self.scheme[new_key] = {**info, "vshape": vshape, "dtype": dtype}
        self.scheme["filled"] = {"vshape": (1,), "dtype": th.long}

    def _allocate(self) -> BatchData:
        data = BatchData()
        for key, info in self.scheme.items():
            vshape = (info["vshape"],) if isinstance(info["vshape"], int) else tuple(info["vshape"])
            if "group" in info:
                vshape = (self.groups[info["group"]], *vshape)
            const = info.get("episode_const", False)
            lead = (self.batch_size,) if const else (self.batch_size, self.max_seq_length)
            tensor = th.zeros((*lead, *vshape), dtype=info.get("dtype", th.float32), device=self.device)
            (data.episode_data if const else data.transition_data)[key] = tensor
        return data

    def __contains__(self, key: str) -> bool:
        return key in self.data.transition_data or key in self.data.episode_data

    def __getitem__(self, item: Any) -> Any:
        """A key gives its tensor; a tuple of keys or ``[episodes]``, ``[episodes, times]`` a batch."""
        if isinstance(item, str):
            return self._tensor(item)
        if isinstance(item, tuple) and item and all(isinstance(k, str) for k in item):
            data = BatchData(
                {k: self.data.transition_data[k] for k in item if k in self.data.transition_data},
                {k: self.data.episode_data[k] for k in item if k in self.data.episode_data},
            )
            return self._like(data, self.batch_size, self.max_seq_length)
        bs, ts = item if isinstance(item, tuple) else (item, slice(None))
        return self._sub_batch(_keep_axis(bs), _keep_axis(ts))

    def _tensor(self, key: str) -> th.Tensor:
        if key in self.data.transition_data:
            return self.data.transition_data[key]
        if key in self.data.episode_data:
            return self.data.episode_data[key]
        known = sorted([*self.data.transition_data, *self.data.episode_data])
        raise KeyError(f"no {key!r} in this batch; it has {known}")

    def _sub_batch(self, bs: slice | Sequence[int], ts: slice | Sequence[int]) -> EpisodeBatch:
        data = BatchData(
            {k: v[bs][:, ts] for k, v in self.data.transition_data.items()},  # [B', T', ...]
            {k: v[bs] for k, v in self.data.episode_data.items()},
        )
        filled = data.transition_data["filled"]
        return self._like(data, filled.shape[0], filled.shape[1])

    def _like(self, data: BatchData, batch_size: int, length: int) -> EpisodeBatch:
        return EpisodeBatch(self.scheme, self.groups, batch_size, length, data, self.preprocess, self.device)

    def to(self, device: str | th.device) -> EpisodeBatch:
        """Moves all tensors, in place, and returns the batch."""
        for store in (self.data.transition_data, self.data.episode_data):
            for key, tensor in store.items():
                store[key] = tensor.to(device)
        self.device = th.device(device)
        self._views.clear()
        return self

    def update(
        self, data: Mapping[str, Any], bs: Index = slice(None), ts: Index = slice(None), mark_filled: bool = True
    ) -> None:
        """Writes ``data`` (tensors, arrays or nested lists) at episodes ``bs`` and steps ``ts``.

        Raises KeyError for an unknown key and ValueError where the values do not fit the place.
        """
        if mark_filled:
            self._view("filled")[bs, ts] = 1
        for key, values in data.items():
            written = self._write(key, values, bs, ts)
            if key in self.preprocess:
                new_key, transforms = self.preprocess[key]
                for transform in transforms:
                    written = transform.transform(written)
                self._write(new_key, written, bs, ts)

    def _write(self, key: str, values: Any, bs: Index, ts: Index) -> th.Tensor:
        """Writes one key and returns what was written, shaped like its place."""
        target = self._view(key)
        place: Any = bs if key in self.data.episode_data else (bs, ts)
        shape = tuple(target[place].shape)
        tensor = values if isinstance(values, th.Tensor) else th.from_numpy(np.asarray(values))
        tensor = tensor.to(device=self.device, dtype=self._tensor(key).dtype)
        if _squeezed(tensor.shape) != _squeezed(shape):
            raise ValueError(f"{key!r}: values of shape {tuple(tensor.shape)} do not fit a place of shape {shape}")
        tensor = tensor.reshape(shape)
        target[place] = tensor.numpy() if isinstance(target, np.ndarray) else tensor
        return tensor

    def clear(self, episode: int) -> None:
        """Empties one episode, as if nothing had been written to it."""
        for store in (self.data.transition_data, self.data.episode_data):
            for tensor in store.values():
                tensor[episode] = 0

    def _view(self, key: str) -> Any:
        """The storage to write through: on the CPU a numpy view of it, which indexes several times faster."""
        if key not in self._views:
            tensor = self._tensor(key)
            self._views[key] = tensor.numpy() if tensor.device.type == "cpu" else tensor
        return self._views[key]

    def max_t_filled(self) -> int:
        """Steps of the longest episode in the batch, its last state included."""
        return int(self["filled"].sum(1).max())

    def __repr__(self) -> str:
        return f"EpisodeBatch(episodes={self.batch_size}, steps={self.max_seq_length}, keys={sorted(self.scheme)})"


def _keep_axis(index: Index) -> slice | Sequence[int]:
    return slice(index, index + 1 or None) if isinstance(index, int) else index


def _squeezed(shape: Sequence[int]) -> list[int]:
    return [s for s in shape if s != 1]
