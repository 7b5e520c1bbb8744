"""Which file becomes which: a file to a file, or a folder to a folder with the same tree inside."""

from pathlib import Path
from typing import NamedTuple

from facedenoise.errors import InputError
from facedenoise.pictures.folders import find_pictures


class Pair(NamedTuple):
    """A file to read and the file to write."""

    source: Path
    target: Path


class Pairs(NamedTuple):
    """What is to be done.

    Attributes
    ----------
    pairs : list of Pair
        Sorted by path; at least one.
    is_csv : bool
        The one pair is a CSV of faces; else all are pictures.
    others, links, problems
        What else the folder holds, see `facedenoise.pictures.folders.Found`.
    """

    pairs: list[Pair]
    is_csv: bool = False
    others: int = 0
    links: tuple[Path, ...] = ()
    problems: tuple[str, ...] = ()


def find_pairs(source: Path, target: Path) -> Pairs:
    """Pair each picture of a folder, or the one file, with the file to write.

    Nothing is read or written.

    Parameters
    ----------
    source : Path
        A CSV of faces by its name, else a picture whatever it is called, or a folder.
    target : Path
        A file or a folder; need not exist.

    Returns
    -------
    Pairs
        None of them writes over a file that is read, links considered.

    Raises
    ------
    InputError
        If `source` is missing or holds no picture, `target` is of the other kind, or something would be
        written into the folder `source` or over a file that is to be read.
    """
    if not source.exists():
        raise InputError(f"{source}: no such file or folder; correct its name")
    found = _of_folder(source, target) if source.is_dir() else _of_file(source, target)
    _require_apart(found.pairs)
    return found


def _of_file(source: Path, target: Path) -> Pairs:
    if target.is_dir():
        raise InputError(f"{target}: is a folder, and {source} is a file; name the file to write")
    is_csv = source.suffix.lower() in {".csv", ".gz", ".xz", ".zip"}
    if is_csv and target.suffix.lower() != ".csv":
        raise InputError(f"{target}: a CSV is written without compression; let its name end in .csv")
    return Pairs([Pair(source, target)], is_csv)


def _of_folder(source: Path, target: Path) -> Pairs:
    if target.exists() and not target.is_dir():
        raise InputError(f"{target}: is a file, and {source} is a folder; name a folder to write to")
    _require_outside(source, [target])
    pictures, others, links, problems = find_pictures(source)
    pairs = [Pair(picture, target / picture.relative_to(source)) for picture in pictures]
    _require_outside(source, sorted({pair.target.parent for pair in pairs}))
    return Pairs(pairs, False, others, tuple(links), tuple(problems))


def _require_outside(source: Path, folders: list[Path]) -> None:
    top = source.resolve()
    for folder in folders:
        if folder.resolve().is_relative_to(top):
            raise InputError(f"{folder}: lies in {source}; write to a folder outside of it")


def _require_apart(pairs: list[Pair]) -> None:
    """Compare files by what they are, not by name: links and upper case make many names of one."""
    read = {_identity(pair.source) for pair in pairs if pair.source.exists()}
    for _, target in pairs:
        # A file is written under the second name, see `facedenoise.files.replacing`, then renamed.
        for file in (target, target.with_name(f".{target.name}.tmp")):
            if file.exists() and _identity(file) in read:
                raise InputError(f"{file}: is one of the files to read; write elsewhere")


def _identity(file: Path) -> tuple[int, int]:
    status = file.stat()
    return status.st_dev, status.st_ino
