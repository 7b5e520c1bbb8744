"""The entry point: choose the subcommand, turn errors into one line and an exit status."""

import argparse
import io
import logging
import sys
from collections.abc import Sequence

from facedenoise.cli import denoise, export, import_faces, info, noise
from facedenoise.errors import InputError

_FAILED = 1
_INTERRUPTED = 130  # 128 + SIGINT, as shells say it


def main(arguments: Sequence[str] | None = None) -> int:
    """Run `facedenoise`.

    Parameters
    ----------
    arguments : sequence of str, optional
        The words after the command; by default those of the process.

    Returns
    -------
    int
        The exit status: 0 if all went well, 1 if something failed, 130 if interrupted.
    """
    _prepare_output()
    options = _parser().parse_args(arguments)
    try:
        status: int = options.run(options)
    except InputError as error:
        return _fail(str(error))
    except OSError as error:
        return _fail(f"{error.filename}: {error.strerror}" if error.filename else str(error))
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)  # noqa: T201
        return _INTERRUPTED
    return status


def _prepare_output() -> None:
    """Let names that are no UTF-8 be printed, and let errors be told by us alone."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    logging.getLogger("tifffile").setLevel(logging.CRITICAL)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="facedenoise", description="Denoise grey faces and other pictures.")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in (denoise, info, noise, import_faces, export):
        command.add_parser(commands)
    return parser


def _fail(message: str) -> int:
    for line in message.splitlines():
        print(f"error: {line}", file=sys.stderr)  # noqa: T201
    return _FAILED
