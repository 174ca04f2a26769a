"""Command line: ``python src/describe.py --env-config=lbf [--text] [with env_args.key=...]`` describes a task.

Prints the structured description as JSON, or as prose with ``--text``. Exit codes: 0 done, 2 something to correct in
the call (one message, no traceback), 1 anything unexpected.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

import envs
from llm_credit.task import TaskDescription
from utils.config import load_config
from utils.config.load import CONFIG_DIR, available
from utils.errors import UserError

USAGE = """\
usage: python src/describe.py --env-config=ENVIRONMENT [--text] [with env_args.KEY=VALUE ...]

Prints what an environment says of itself (agents, actions, reward, the state field by field) as JSON.
--text prints it as prose.

environments: {names}
example: python src/describe.py --env-config=lbf --text with env_args.key=Foraging-2s-8x8-2p-2f-coop-v3"""


def main(argv: Sequence[str]) -> int:
    words = list(argv)
    if not words or set(words) & {"-h", "--help", "help"}:
        print(USAGE.format(names=", ".join(available(CONFIG_DIR, "envs"))))
        return 0 if words else 2
    as_text = "--text" in words
    try:
        task = describe([word for word in words if word != "--text"])
    except UserError as e:
        print(f"error: {e}", file=sys.stderr)
        return 2
    print(task.to_text() if as_text else task.to_json())
    return 0


def describe(argv: Sequence[str]) -> TaskDescription:
    """The task that a command line's config means. Raises UserError."""
    config = load_config(argv, alg_required=False).values
    env = envs.REGISTRY[config["env"]](**{**config["env_args"], "seed": 0})  # no episode is played
    try:
        return env.describe()
    finally:
        env.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
