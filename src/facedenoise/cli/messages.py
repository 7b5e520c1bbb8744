"""What the commands print beside their results."""

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from tqdm import tqdm

from facedenoise.errors import InputError


def say(line: str, file: IO[str] | None = None) -> None:
    """Print a line below a progress bar, not into it; by default to the standard output."""
    tqdm.write(line, file=file or sys.stdout)


def warn(message: str) -> None:
    """Print what is no failure and should be known."""
    say(f"warning: {message}", sys.stderr)


def report_failures(messages: Iterable[str]) -> None:
    """Print what failed while the rest was done."""
    for message in messages:
        say(f"error: {message}", sys.stderr)


def warn_of_links(links: Iterable[Path]) -> None:
    """Name the links to folders that were met and not followed."""
    for link in links:
        warn(f"{link}: a link to a folder, not followed")


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Raise an `InputError` where the system refuses to write a file."""
    try:
        yield
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error.strerror or error})") from None
