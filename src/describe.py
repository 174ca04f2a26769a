"""Command line: ``python src/describe.py --env-config=lbf [--text] [with env_args.key=...]`` describes a task.

Prints the structured description as JSON, or as prose with ``--text``; with ``--episodes=N`` it prints N episodes of a
random policy instead (``llm.episodes``). Exit codes: 0 done, 2 something to correct in
the call (one message, no traceback), 1 anything unexpected.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import envs
from envs.multiagentenv import MultiAgentEnv
from envs.random_play import random_episodes
from llm_credit.task import TaskDescription
from utils.config import load_config
from utils.config.load import CONFIG_DIR, available
from utils.errors import UserError

USAGE = """\
usage: python src/describe.py --env-config=ENVIRONMENT [--text | --episodes=N] [with env_args.KEY=VALUE ...]

Prints what an environment says of itself (agents, actions, reward, the state field by field) as JSON.
--text prints it as prose. --episodes=N prints N episodes of a random policy as JSON (seed=S draws others), for
llm.episodes, with which a credit function is also measured against what agents did to the return.

environments: {names}
example: python src/describe.py --env-config=lbf --text with env_args.key=Foraging-2s-8x8-2p-2f-coop-v3"""


def main(argv: Sequence[str]) -> int:
    words = list(argv)
    if not words or set(words) & {"-h", "--help", "help"}:
        print(USAGE.format(names=", ".join(available(CONFIG_DIR, "envs"))))
        return 0 if words else 2
    options = [word for word in words if word == "--text" or word.startswith("--episodes")]
    try:
        text = _answer([word for word in words if word not in options], options)
    except UserError as e:
        print(f"error: {e}", file=sys.stderr)
        return 2
    return _print(text)


def _answer(argv: list[str], options: list[str]) -> str:
    if not options:
        return describe(argv).to_json()
    if options == ["--text"]:
        return describe(argv).to_text()
    match = re.fullmatch(r"--episodes=([1-9]\d{0,5})", options[-1])
    if len(options) > 1 or match is None:
        raise UserError("give --text or --episodes=N with a whole number from 1, not both")
    with _environment(argv) as (env, config):
        return json.dumps(random_episodes(env, int(match[1]), int(config["seed"] or 0)))


def _print(text: str) -> int:
    """Prints; a reader that has seen enough (``| head``) is no error."""
    try:
        print(text, flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # Python flushes once more when it ends
    return 0


def describe(argv: Sequence[str]) -> TaskDescription:
    """The task that a command line's config means. Raises UserError."""
    with _environment(argv) as (env, _):
        return env.describe()


@contextmanager
def _environment(argv: Sequence[str]) -> Iterator[tuple[MultiAgentEnv, Mapping[str, Any]]]:
    config = load_config(argv, alg_required=False).values
    seed = config["seed"] or 0
    env = envs.REGISTRY[config["env"]](**{**config["env_args"], "seed": seed})
    try:
        yield env, config
    finally:
        env.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
