"""Shards of rows, and the files that say that one is finished."""

import os
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

ROWS = 1024  # of a shard: whole batches of all networks, so that the cuts change no bit


class Rows(NamedTuple):
    """Some rows of a set, one after another."""

    of: str
    start: int
    stop: int

    @property
    def slice(self) -> slice:
        """Their place in an array."""
        return slice(self.start, self.stop)

    @property
    def file(self) -> str:
        """The name of the file of the shard."""
        return f"{self.of}-{self.start}.safetensors"

    def __str__(self) -> str:
        """Say which, from 0."""
        return f"{self.of}, rows {self.start} to {self.stop - 1}"


def shards_of(name: str, count: int) -> list[Rows]:
    """Return the shards of a set of so many rows."""
    return [Rows(name, start, min(start + ROWS, count)) for start in range(0, count, ROWS)]


def finish(path: Path, write: Callable[[Path], object]) -> Path:
    """Write the file of a shard, unless it is there; return it.

    A worker that is out of reach may write it at the same time; each has its own temporary name.
    """
    if not path.exists():
        with TemporaryDirectory(dir=path.parent) as own:
            write(Path(own) / path.name)
            os.replace(Path(own) / path.name, path)
    return path
