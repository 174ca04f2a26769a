"""The console logger."""

from __future__ import annotations

import logging
import sys

from tqdm import tqdm


class ConsoleHandler(logging.StreamHandler):
    """Writes to whatever ``sys.stdout`` is now (Sacred replaces it), above a progress bar if there is one."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            with tqdm.external_write_mode(file=sys.stdout):
                sys.stdout.write(self.format(record) + "\n")
                sys.stdout.flush()
        except (OSError, ValueError):  # the terminal is gone
            self.handleError(record)


def get_logger(level: int = logging.INFO) -> logging.Logger:
    """The root logger of a run, with one console handler; safe to call again."""
    logger = logging.getLogger("pymarl")
    logger.handlers = [ConsoleHandler()]
    logger.handlers[0].setFormatter(logging.Formatter("[%(levelname)s %(asctime)s] %(message)s", "%H:%M:%S"))
    logger.setLevel(level)
    logger.propagate = False
    return logger
