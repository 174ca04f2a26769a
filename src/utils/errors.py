"""Errors that a user can cause and mend."""


class UserError(Exception):
    """Something the user got wrong: ends the program with this message, no traceback, exit code 2.

    The message says what was wrong and what to do about it.
    """
