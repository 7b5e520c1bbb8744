"""The one error that is meant for the user's eyes."""


class InputError(Exception):
    """Something the user gave is wrong: says where, what, and what to do.

    Shown as it is, without a traceback; each problem has a line of its own.
    """
