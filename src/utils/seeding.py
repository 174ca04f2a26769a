"""Random states: derived seeds, and saving and restoring of every generator of a run."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

import numpy as np


def env_seed(seed: int, index: int) -> int:
    """The seed of environment ``index`` of a run: unlike runs and unlike workers share no stream.

    (``seed + index`` would give worker 1 of seed 0 and worker 0 of seed 1 the same episodes.)
    """
    return int(np.random.SeedSequence([seed, index]).generate_state(1)[0] >> 1)  # 31 bits: some packages want int32


def draw_seed() -> int:
    """A fresh seed from the operating system."""
    return int(np.random.SeedSequence().generate_state(1)[0] >> 1)


def seed_everything(seed: int) -> None:
    """Seeds Python's, numpy's and torch's (CPU and CUDA) global generators."""
    import torch as th

    random.seed(seed)
    np.random.seed(seed)
    th.manual_seed(seed)


def random_states() -> dict[str, Any]:
    """The states of all global generators, as plain values and tensors."""
    import torch as th

    name, keys, position, has_gauss, cached = np.random.get_state(legacy=True)
    return {
        "python": random.getstate(),
        "numpy": (name, th.from_numpy(np.asarray(keys).astype(np.int64)), position, has_gauss, cached),
        "torch": th.get_rng_state(),
        "cuda": th.cuda.get_rng_state_all() if th.cuda.is_available() else [],
    }


def set_random_states(states: Mapping[str, Any]) -> None:
    """Restores what :func:`random_states` gave (CUDA's only where there are as many devices as then)."""
    import torch as th

    version, internal, gauss = states["python"]
    random.setstate((version, tuple(internal), gauss))
    name, keys, position, has_gauss, cached = states["numpy"]
    np.random.set_state((name, keys.numpy().astype(np.uint32), position, has_gauss, cached))
    th.set_rng_state(states["torch"])
    if states["cuda"] and th.cuda.device_count() == len(states["cuda"]):
        th.cuda.set_rng_state_all(states["cuda"])
