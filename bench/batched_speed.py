"""Steps per second of the batched environments alone, on one core: python bench/batched_speed.py

Actions are drawn at random among the available ones; that time does not count. Counted are step, observations, state,
available actions and resets. Time is this process's CPU time, so that a busy machine disturbs little; the best of
``REPEATS`` measurements is printed.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))

import envs
from envs.batched import BatchedEnv, SingleEnv

SECONDS, REPEATS = 0.5, 5
BATCHES = (8, 32)
TASKS: dict[str, tuple[str, dict[str, Any]]] = {
    f"stag_hunt, {n} agents and {n} stags, {side}x{side}": (
        "stag_hunt",
        {"n_agents": n, "n_stags": n, "world_shape": (side, side), "miscapture_punishment": -2.0, "episode_limit": 50},
    )
    for n, side in ((4, 7), (8, 10), (32, 20), (64, 28))
}
TASKS |= {
    f"skirmish, {name}": ("skirmish", {"map_name": name})
    for name in ("sk_3m", "sk_2s3z", "sk_MMM2", "sk_2c_vs_64zg", "sk_27m_vs_30m")
}


def random_actions(avail: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return (rng.random(avail.shape) * avail).argmax(axis=-1)


def speed_alone(env: SingleEnv) -> float:
    """Through PyMARL's methods, as the episode runner and a worker step it."""
    rng, spent, steps = np.random.default_rng(0), 0.0, 0
    env.reset()
    while spent < SECONDS:
        actions = random_actions(np.array(env.get_avail_actions()), rng)
        started = time.process_time()
        _, over, _ = env.step(actions)
        if over:
            env.reset()
        env.get_state(), env.get_avail_actions(), env.get_obs()
        spent += time.process_time() - started
        steps += 1
    return steps / spent


def speed_of_batch(env: BatchedEnv) -> float:
    rng, spent, steps = np.random.default_rng(0), 0.0, 0
    everyone = np.arange(env.n_envs)
    env.reset(everyone)
    while spent < SECONDS:
        actions = random_actions(env.avail_actions(everyone), rng)
        started = time.process_time()
        over = env.step(everyone, actions).over
        if over.any():
            env.reset(everyone[over])
        env.state(everyone), env.avail_actions(everyone), env.obs(everyone)
        spent += time.process_time() - started
        steps += env.n_envs
    return steps / spent


def main() -> None:
    print("| task | alone | " + " | ".join(f"batch of {b}" for b in BATCHES) + " |")
    print("|---|---|" + "---|" * len(BATCHES))
    for words, (name, env_args) in TASKS.items():
        adapter: Any = envs.REGISTRY[name]
        speeds = [max(speed_alone(adapter(seed=i, **env_args)) for i in range(REPEATS))]
        for b in BATCHES:
            made = [adapter.batched(seeds=list(range(i, i + b)), **env_args) for i in range(REPEATS)]
            speeds.append(max(speed_of_batch(env) for env in made))
        print(f"| {words} | " + " | ".join(f"{round(s, -2):,.0f}" for s in speeds) + " |", flush=True)


if __name__ == "__main__":
    main()
