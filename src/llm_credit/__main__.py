"""Command line: ``python -m llm_credit COMMAND``. Exit codes: 0 done, 1 unexpected, 2 refused or not possible."""

from __future__ import annotations

import sys

from .cli import main

if __name__ == "__main__":
    sys.exit(main())
