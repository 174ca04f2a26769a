"""The console: words, and lines that leave a progress bar whole."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

from tqdm import tqdm

NAME = "pymarl"
# What is said by this project's own modules (each logs under its module's name); other packages only warn.
OWN_PACKAGES = sorted(
    p.stem for p in Path(__file__).resolve().parents[2].iterdir() if not p.name.startswith((".", "_"))
)


class ConsoleHandler(logging.Handler):
    """Writes each record to what ``sys.stdout`` is at that moment: Sacred replaces it for a while, to record it."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            text = self.format(record) + "\n"
            # The bar is drawn on the real standard error. tqdm finds it by that stream alone: given sys.stdout, it
            # would overlook the bar while Sacred's replacements are in place, and the line would land in it.
            with tqdm.external_write_mode(file=sys.__stderr__):
                sys.stdout.write(text)
                sys.stdout.flush()
        except (OSError, ValueError):  # the terminal is gone, or cannot show a character
            self.handleError(record)


def get_logger(level: int = logging.INFO) -> logging.Logger:
    """The console logger: level, time, message. Safe to call again.

    ``level`` holds for this project's modules (and for Sacred, which logs below the returned logger); other packages
    are heard from WARNING on.
    """
    root = logging.getLogger()
    for old in [h for h in root.handlers if isinstance(h, ConsoleHandler)]:
        root.removeHandler(old)
    handler = ConsoleHandler()
    handler.setFormatter(logging.Formatter("[%(levelname)s %(asctime)s] %(message)s", "%H:%M:%S"))
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    for name in (NAME, *OWN_PACKAGES):
        logging.getLogger(name).setLevel(level)
    return logging.getLogger(NAME)
