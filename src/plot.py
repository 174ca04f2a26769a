"""Learning curves: ``python src/plot.py RUN [RUN ...] [--out FILE.png] [--metrics NAME ...]``.

RUN is the folder of a run, or one above several; runs that differ only in their seed become one line.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from utils.errors import UserError


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="+", type=Path, metavar="RUN")
    parser.add_argument("--out", type=Path, default=Path("results/curves.png"))
    parser.add_argument("--metrics", nargs="+", help="draw only these")
    options = parser.parse_args()
    from utils.plotting.curves import draw, final_values, interval, mean_values
    from utils.plotting.runs import group_runs, load_runs

    try:
        runs = load_runs(options.runs)
        unknown = set(options.metrics or ()) - {m for r in runs for m in r.curves}
        if unknown:
            raise UserError(f"not logged in these runs: {', '.join(sorted(unknown))}")
        groups = group_runs(runs)
        draw(groups, options.out, options.metrics)
    except UserError as e:
        print(f"error: {e}", file=sys.stderr)
        return 2
    print("test return, mean over seeds and 95 % confidence interval (Student's t over seeds; - for one seed):")
    print(f"  {'last':24} {'over the whole run':24} runs")
    for label, members in groups.items():
        last, whole = (f(members, "test_return_mean") for f in (final_values, mean_values))
        if len(last):
            print(f"  {interval(last):24} {interval(whole):24} {label}")
    print(f"curves: {options.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
