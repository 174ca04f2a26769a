"""The plug-in's errors."""

from __future__ import annotations


class CreditError(Exception):
    """Something the user can mend: a wrong setting, no source for a function. The message says what to do."""


class Refused(CreditError):
    """A candidate function was not accepted.

    stage: ``text``, ``screen``, ``compile``, ``graph``, ``probe`` or ``jail``. line: of the source, 1-based, None where
    no line is to blame. reason: what was wrong, and what would be accepted.
    """

    def __init__(self, stage: str, reason: str, line: int | None = None) -> None:
        where = f" (line {line})" if line is not None else ""
        super().__init__(f"refused at {stage}{where}: {reason}")
        self.stage, self.reason, self.line = stage, reason, line
