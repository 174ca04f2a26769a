"""Errors that a user can cause and mend."""


class UserError(Exception):
    """Something the user got wrong: ends the program with this message, no traceback, exit code 2.

    The message says what was wrong and what to do about it.
    """


class EnvironmentLost(Exception):
    """An environment's own program has failed too often to go on with.

    Raised by an adapter that restarts its program (a game) when it has done so often enough. The run saves its models
    and ends with the message, no traceback, exit code 3.
    """
