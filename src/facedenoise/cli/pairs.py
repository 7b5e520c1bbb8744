"""Which file becomes which: a file to a file, or a folder to a folder with the same tree inside."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from facedenoise.errors import InputError


class Pair(NamedTuple):
    """A file to read and the file to write."""

    source: Path
    target: Path


class Pairs(NamedTuple):
    """The pairs, sorted by path, and how many other files the folder holds, which are left alone."""

    pairs: list[Pair]
    others: int


def find_pairs(source: Path, target: Path, wanted: Callable[[Path], bool]) -> Pairs:
    """Pair each wanted file of a folder, or the one file, with the file to write.

    Links to folders are not followed. Nothing is read or written.

    Parameters
    ----------
    source : Path
        A file, which is wanted whatever it is called, or a folder.
    target : Path
        A file or a folder; need not exist.
    wanted : callable
        Tells by its path whether a file of the folder is to be read.

    Returns
    -------
    Pairs
        At least one pair.

    Raises
    ------
    InputError
        If `source` is missing or holds no wanted file, `target` is of the other kind or lies in the folder
        `source`, or writing would replace a file that is to be read, links considered.
    """
    if not source.exists():
        raise InputError(f"{source}: no such file or folder; correct its name")
    pairs, others = _of_folder(source, target, wanted) if source.is_dir() else _of_file(source, target)
    _require_apart(pairs)
    return Pairs(pairs, others)


def _of_file(source: Path, target: Path) -> tuple[list[Pair], int]:
    if target.is_dir():
        raise InputError(f"{target}: is a folder, and {source} is a file; name the file to write")
    return [Pair(source, target)], 0


def _of_folder(source: Path, target: Path, wanted: Callable[[Path], bool]) -> tuple[list[Pair], int]:
    if target.exists() and not target.is_dir():
        raise InputError(f"{target}: is a file, and {source} is a folder; name a folder to write to")
    if target.resolve().is_relative_to(source.resolve()):
        raise InputError(f"{target}: lies in {source}; write to a folder outside of it")
    files = sorted(_files(source))
    chosen = [file for file in files if wanted(file)]
    if not chosen:
        raise InputError(f"{source}: no file in it can be read; see `facedenoise --help`")
    return [Pair(file, target / file.relative_to(source)) for file in chosen], len(files) - len(chosen)


def _files(folder: Path) -> Iterator[Path]:
    for place, _, names in os.walk(folder):
        yield from (Path(place) / name for name in names)


def _require_apart(pairs: list[Pair]) -> None:
    """Compare files by what they are, not by name: links and upper case make many names of one."""
    read = {_identity(pair.source) for pair in pairs if pair.source.exists()}
    for _, target in pairs:
        if target.exists() and _identity(target) in read:
            raise InputError(f"{target}: is one of the files to read; write elsewhere")


def _identity(file: Path) -> tuple[int, int]:
    status = file.stat()
    return status.st_dev, status.st_ino


def is_csv(path: Path) -> bool:
    """Tell by its name whether a file is a CSV of faces, compressed or not."""
    return path.suffix.lower() in {".csv", ".gz", ".xz", ".zip"}
