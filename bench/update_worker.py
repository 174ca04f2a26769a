"""Times the learner update of a PyMARL2-compatible checkout, built through PyMARL2's own signatures.

Run by ``train_speed.py``, once per checkout and size, in a process of its own (the checkouts share module names, so
that this project's config comes as JSON on standard input). Prints one JSON object: the update's milliseconds
per repetition, and for this project their split.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import torch as th

OURS = Path(__file__).resolve().parent.parent / "src"


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--src", type=Path, default=OURS, help="the src folder of the checkout")
    for name in ("batch", "steps", "agents", "state", "obs", "actions"):
        parser.add_argument(f"--{name}", type=int, required=True)
    parser.add_argument("--repeat", type=int, default=15)
    parser.add_argument("--mixer", default="qmix")
    parser.add_argument("--device", default="cpu")
    return parser.parse_args()


def without_environments() -> None:
    """An update needs no environment, and PyMARL2's import StarCraft II: an empty package takes their place."""
    package, game = ModuleType("envs"), ModuleType("envs.matrix_game")
    package.matrix_game, game.print_matrix_status = game, None  # type: ignore[attr-defined]
    sys.modules.update({"envs": package, "envs.matrix_game": game})


def build(o: argparse.Namespace) -> tuple[Any, Any]:
    """The learner and a batch of random full-length episodes."""
    from components.episode_buffer import EpisodeBatch
    from components.transforms import OneHot
    from controllers import REGISTRY as mac_REGISTRY
    from learners import REGISTRY as le_REGISTRY

    values = json.load(sys.stdin)
    values |= {"n_agents": o.agents, "n_actions": o.actions, "state_shape": o.state, "device": o.device}
    values |= {"mixer": o.mixer, "use_cuda": o.device != "cpu", "task": "", "env": "bench"}
    args = SimpleNamespace(**values)
    scheme = {
        "state": {"vshape": o.state},
        "obs": {"vshape": o.obs, "group": "agents"},
        "actions": {"vshape": (1,), "group": "agents", "dtype": th.long},
        "avail_actions": {"vshape": (o.actions,), "group": "agents", "dtype": th.int},
        "reward": {"vshape": (1,)},
        "terminated": {"vshape": (1,), "dtype": th.uint8},
    }
    b, t, a = o.batch, o.steps + 1, o.agents
    preprocess = {"actions": ("actions_onehot", [OneHot(out_dim=o.actions)])}
    batch = EpisodeBatch(scheme, {"agents": a}, b, t, preprocess=preprocess, device=o.device)
    actions = th.randint(o.actions, (b, t, a, 1))
    data = {
        "state": th.randn(b, t, o.state),
        "obs": th.randn(b, t, a, o.obs),
        "avail_actions": th.ones(b, t, a, o.actions),
        "actions": actions,
        "actions_onehot": th.nn.functional.one_hot(actions.squeeze(-1), o.actions).float(),
        "reward": th.randn(b, t, 1),
        "filled": th.ones(b, t, 1),
    }
    for key, value in data.items():
        batch[key].copy_(value)
    logger: Any = SimpleNamespace(console_logger=logging.getLogger("bench"), log_stat=lambda *_: None)
    mac = mac_REGISTRY[args.mac](batch.scheme, batch.groups, args)
    learner = le_REGISTRY[args.learner](mac, batch.scheme, logger, args)
    if args.use_cuda and hasattr(learner, "cuda"):
        learner.cuda()
    return learner, batch


def split_timers(learner: Any) -> Callable[[], dict[str, float]]:
    """Wraps this project's learner so that the parts of an update add up; call the result after each update."""
    spent: dict[str, float] = defaultdict(float)
    inside: list[str] = []

    def timed(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            inside.append(name)
            started = time.perf_counter()
            try:
                return function(*args, **kwargs)
            finally:
                inside.pop()
                if not inside or name == "optimiser":  # what runs inside another part counts there
                    spent[name] += time.perf_counter() - started

        return wrapper

    learner.mac.unroll = timed("unroll", learner.mac.unroll)
    learner.mix = timed("mixer", learner.mix)
    learner.targets = timed("targets", learner.targets)
    for optimiser in learner.optimisers.values():
        optimiser.step = timed("optimiser", optimiser.step)
    learner.step = timed("backward", learner.step)  # gradients and their clipping

    def read() -> dict[str, float]:
        parts = {k: 1000 * v for k, v in spent.items()}
        parts["backward"] -= parts["optimiser"]  # the optimiser's step runs inside
        spent.clear()
        return parts

    return read


def main() -> None:
    o = parse()
    sys.path.insert(0, str(o.src))
    th.set_num_threads(1)
    th.manual_seed(0)
    if o.src.resolve() == OURS:
        from utils.memory import keep_freed_memory

        keep_freed_memory()  # as every run of this project does at its start
    else:
        without_environments()
    learner, batch = build(o)
    read = split_timers(learner) if o.src.resolve() == OURS else None
    times, parts = [], []
    for i in range(o.repeat + 3):
        if o.device != "cpu":
            th.cuda.synchronize()
        started = time.perf_counter()
        learner.train(batch, 0, 0)
        if o.device != "cpu":
            th.cuda.synchronize()
        elapsed = 1000 * (time.perf_counter() - started)
        split = read() if read else {}
        if i >= 3:  # the first ones warm caches
            times.append(elapsed)
            parts.append(split)
    print(json.dumps({"ms": times, "parts": parts}))


if __name__ == "__main__":
    main()
