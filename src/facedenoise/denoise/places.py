"""Folders of this machine, and prefixes of an object store such as `s3://bucket/faces`, through fsspec."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path, PurePath
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple, TypeAlias

import fsspec

from facedenoise.errors import InputError
from facedenoise.pictures.files import is_picture

PARQUET = ".parquet"
Place: TypeAlias = Path | str
"""A path of this machine, or a URL."""


class Listed(NamedTuple):
    """What is in a folder or below a prefix: pictures, or tables where there is no picture."""

    sizes: dict[str, int]  # in bytes, by their names, sorted
    others: int  # how many other files there are
    are_tables: bool = False


def is_url(place: Place) -> bool:
    """Return whether a place is not of this machine."""
    return "://" in str(place) and not isinstance(place, Path)


def list_faces(place: Place) -> Listed:
    """Find the pictures below a prefix, or else the Parquet files; InputError if there is none."""
    with _opened(place) as (files, top):
        found = files.find(top, detail=True)
    names = {name.removeprefix(top).lstrip("/"): info["size"] for name, info in sorted(found.items())}
    for is_one, are_tables in ((is_picture, False), (is_parquet, True)):
        if sizes := {name: size for name, size in names.items() if is_one(Path(name))}:
            return Listed(sizes, len(names) - len(sizes), are_tables)
    raise InputError(f"{place}: no picture in it (png, jpg, bmp, tiff, webp), and no Parquet file")


def is_parquet(path: Path) -> bool:
    """Return whether a file is a Parquet file by its name."""
    return path.suffix.lower() == PARQUET


@contextmanager
def fetched(place: Place, names: Sequence[str]) -> Iterator[Path]:
    """Yield a temporary folder with these files of a place."""
    with TemporaryDirectory() as folder:
        for name in names:
            Path(folder, name).parent.mkdir(parents=True, exist_ok=True)
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


@contextmanager
def at_hand(source: Place, target: Place, names: Sequence[str]) -> Iterator[tuple[Path, Path]]:
    """Yield two folders of this machine: one to read these files of `source` in, one to write them to."""
    with ExitStack() as stack:
        top = stack.enter_context(fetched(source, names)) if is_url(source) else Path(source)
        out = stack.enter_context(sent(target)) if is_url(target) else Path(target)
        yield top, out


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
