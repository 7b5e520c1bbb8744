"""The entry point: run the command, turn errors into one line and an exit status."""

import io
import logging
import sys
from collections.abc import Sequence

from facedenoise.cli.arguments import build_parser
from facedenoise.errors import InputError

_FAILED, _INTERRUPTED = 1, 130  # the latter is 128 + SIGINT, as shells count


def main(arguments: Sequence[str] | None = None) -> int:
    """Run `facedenoise` with the arguments of the process, or with others.

    Returns
    -------
    int
        The exit status: 0 if all went well, 1 if something failed, 130 if interrupted.
    """
    _prepare_output()
    options = build_parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except InputError as error:
        message = str(error)
    except OSError as error:
        message = f"{error.filename}: {error.strerror}" if error.filename else str(error)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)  # noqa: T201
        return _INTERRUPTED
    for line in message.splitlines():
        print(f"error: {line}", file=sys.stderr)  # noqa: T201
    return _FAILED


def _prepare_output() -> None:
    """Print names that are no UTF-8, and silence what libraries say about their own parts."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    for library in ("tifffile", "torch.onnx"):
        logging.getLogger(library).setLevel(logging.CRITICAL)
