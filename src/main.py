"""Command line: ``python src/main.py --config=qmix --env-config=lbf with mixer=tfcaf key=value ...``.

Exit codes: 0 done, 2 something to correct in the call (one message, nothing written), 1 anything unexpected
(traceback), 3 an environment failed for good (the models are saved), 130 and 143 stopped by Ctrl-C and by SIGTERM.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Sequence


def main(argv: Sequence[str]) -> int:
    # Imported here: environment workers import this file too, and should not load torch for it.
    from utils.config import load_config, usage_text
    from utils.errors import EnvironmentLost, UserError

    if not argv or set(argv) & {"-h", "--help", "help"}:
        print(usage_text())
        return 0 if argv else 2
    try:
        config = load_config(argv)
        from run.prepare import prepare
        from utils.logging import get_logger

        logger = get_logger()
        prepared = prepare(config.values, config.given)
    except UserError as e:
        print(f"error: {e}", file=sys.stderr)
        return 2
    from run.sacred_run import Terminated, run_with_sacred

    try:
        run_with_sacred(prepared, logger, config.env_config)
    except Terminated:
        return _stopped("terminated", 143)
    except KeyboardInterrupt:
        return _stopped("interrupted", 130)
    except UserError as e:
        print(f"error: {e}", file=sys.stderr)
        return 2
    except EnvironmentLost as e:
        print(f"stopped: {e}", file=sys.stderr)
        return 3
    except Exception:
        traceback.print_exc()
        return 1
    return 0


def _stopped(how: str, code: int) -> int:
    print(f"{how}: workers are closed, what was logged and saved so far is on disk", file=sys.stderr)
    return code


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)  # before anything had started
