"""How mixers credit agents: ``python src/credit.py RUN [RUN ...] [--out FILE.png] [--episodes N]``.

RUN is the folder of a trained run whose models were saved (``save_model=True``). The first run's agents play test
episodes; along them every run's mixer says how much each agent's utility counts: dQ_tot/dQ_i where it is learned,
w_i(s) for a credit function.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from utils.errors import UserError


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="+", type=Path, metavar="RUN")
    parser.add_argument("--out", type=Path, default=Path("results/credits.png"))
    parser.add_argument("--episodes", type=int, default=20, help="test episodes to play (default 20)")
    parser.add_argument("--seed", type=int, default=0, help="seed of the episodes (default 0)")
    options = parser.parse_args()
    from run.compare_credit import credits_of_runs
    from utils.plotting.credits import draw, table

    try:
        if options.episodes < 1:
            raise UserError(f"--episodes {options.episodes}: at least one episode is needed")
        credits = credits_of_runs(options.runs, options.episodes, options.seed)
    except UserError as e:
        print(f"error: {e}", file=sys.stderr)
        return 2
    print(table(credits))
    draw(credits, options.out)
    print(f"picture: {options.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
