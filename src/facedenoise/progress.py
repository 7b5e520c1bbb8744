"""Progress bars: quick on a terminal, rare in a file, where each state stays."""

import sys
from collections.abc import Iterable
from typing import Any

from tqdm import tqdm

TERMINAL_SECONDS, FILE_SECONDS = 0.1, 30.0  # between two states of a bar


def progress_bar(items: Iterable[Any] | None = None, **settings: Any) -> "tqdm[Any]":  # noqa: ANN401
    """Return a bar over items, or one that is moved by hand; `settings` are those of `tqdm`."""
    seconds = TERMINAL_SECONDS if sys.stderr.isatty() else FILE_SECONDS
    return tqdm(items, mininterval=seconds, leave=False, **settings)
