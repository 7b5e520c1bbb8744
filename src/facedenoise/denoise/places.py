"""Folders of this machine, and prefixes of an object store such as `s3://bucket/faces`, through fsspec."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path, PurePath
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple, TypeAlias

import fsspec

from facedenoise.errors import InputError
from facedenoise.pictures.files import is_picture

Place: TypeAlias = Path | str
"""A path of this machine, or a URL."""


class Listed(NamedTuple):
    """What is below a prefix."""

    sizes: dict[str, int]  # of the pictures in bytes, by their names, sorted
    others: int  # how many other files there are


def is_url(place: Place) -> bool:
    """Return whether a place is not of this machine."""
    return "://" in str(place) and not isinstance(place, Path)


def list_pictures(place: Place) -> Listed:
    """Find the pictures below a prefix; InputError if it cannot be read or there is none."""
    with _opened(place) as (files, top):
        found = files.find(top, detail=True)
    names = {name.removeprefix(top).lstrip("/"): info["size"] for name, info in sorted(found.items())}
    sizes = {name: size for name, size in names.items() if is_picture(Path(name))}
    if not sizes:
        raise InputError(f"{place}: no picture in it (png, jpg, bmp, tiff, webp)")
    return Listed(sizes, len(names) - len(sizes))


@contextmanager
def fetched(place: Place, names: Sequence[str]) -> Iterator[Path]:
    """Yield a temporary folder with these files of a place."""
    with TemporaryDirectory() as folder:
        with _opened(place) as (files, top):
            files.get([f"{top}/{name}" for name in names], [f"{folder}/{name}" for name in names])
        yield Path(folder)


@contextmanager
def sent(place: Place) -> Iterator[Path]:
    """Yield a temporary folder; what is in it at the end is sent to a place, each file as a whole."""
    with TemporaryDirectory() as folder:
        yield Path(folder)
        written = [path for path in Path(folder).rglob("*") if path.is_file()]
        names = [path.relative_to(folder).as_posix() for path in written]
        with _opened(place) as (files, top):
            files.put([*map(str, written)], [f"{top}/{name}" for name in names])


@dataclass(frozen=True)
class Finished:
    """Reports on finished shards, each a JSON file in a folder that is removed once all is done."""

    place: Place

    def report(self, name: str, work: Callable[[], Any]) -> Any:  # noqa: ANN401
        """Return the report of a shard; where there is none, do the work that returns it."""
        with _opened(self.place) as (files, top), suppress(FileNotFoundError, ValueError):  # or it is cut off
            return json.loads(files.cat_file(f"{top}/{name}.json"))
        report = work()
        with _opened(self.place) as (files, top):
            files.makedirs(top, exist_ok=True)
            files.pipe_file(f"{top}/{name}.json", json.dumps(report).encode())
        return report

    def forget(self) -> None:
        """Remove the reports."""
        with _opened(self.place) as (files, top):
            if files.exists(top):
                files.rm(top, recursive=True)


def below(place: Place, name: str) -> Place:
    """Return a place within another."""
    return place / name if isinstance(place, PurePath) else f"{place.rstrip('/')}/{name}"


@contextmanager
def _opened(place: Place) -> Iterator[tuple[Any, str]]:
    """Yield the file system of a place and its path there; say in one line what is wrong with a URL."""
    try:
        files, path = fsspec.url_to_fs(str(place))
        yield files, path.rstrip("/")
    except ImportError as error:
        raise InputError(f"{place}: {error}; for s3:// `pip install '.[s3]'` in the checkout") from None
    except Exception as error:  # each store has its own
        if not is_url(place):
            raise
        reason = " ".join(str(error).split())
        raise InputError(f"{place}: cannot be reached ({reason}); check its name and your access") from None
