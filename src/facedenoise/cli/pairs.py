"""Which file becomes which: a file to a file, or a folder to a folder with the same tree inside."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from tqdm import tqdm

from facedenoise.cli.messages import report_failures, warn_of_links
from facedenoise.data.archives import CSV_SUFFIXES
from facedenoise.denoise.places import PARQUET, is_parquet
from facedenoise.denoise.rewriting import Change, Outcome, rewrite_pictures
from facedenoise.errors import InputError
from facedenoise.files import temporary_name
from facedenoise.pictures.files import is_picture
from facedenoise.pictures.folders import Found, find_pictures


class Pairs(NamedTuple):
    """Files to read and the files to write, at least one, sorted; and what else was found in a folder."""

    pairs: list[tuple[Path, Path]]
    found: Found
    is_csv: bool = False


def find_pairs(source: Path, target: Path) -> Pairs:
    """Pair each picture of a folder, or the one file, with the file to write; nothing is read or written.

    Raises an `InputError` if `source` is missing or holds no picture, `target` is of the other kind, or a
    file would be written into the folder `source` or, links considered, over one to be read.
    """
    if not source.exists():
        raise InputError(f"{source}: no such file or folder; correct its name")
    found = _of_folder(source, target) if source.is_dir() else _of_file(source, target)
    _require_apart(found.pairs)
    return found


def find_parquet(source: Path, target: Path) -> list[tuple[Path, Path]]:
    """Pair each Parquet file of a folder, or the one file, with the file to write; none if there is none.

    Raises an `InputError` as `find_pairs` does. In a folder with pictures they are left alone.
    """
    if source.is_dir():
        found = sorted(path for path in source.rglob("[!.]*") if is_parquet(path))
        if not found or any(is_picture(path) for path in source.rglob("[!.]*")):
            return []
        _require_folder(source, target)
        pairs = _below(source, target, found)
    else:
        if not source.exists() or not (is_parquet(source) or is_parquet(target)):
            return []
        _require_file(source, target)
        if not is_parquet(target):
            raise InputError(f"{target}: Parquet is written as Parquet; let its name end in {PARQUET}")
        pairs = [(source, target)]
    _require_apart(pairs)
    return pairs


def rewrite(source: Path, files: Pairs, change: Change) -> Iterator[Outcome]:
    """Change the pictures of `source`, with a progress bar; report what fails or is left out."""
    report_failures(files.found.problems)
    warn_of_links(files.found.links)
    outcomes = rewrite_pictures(source if source.is_dir() else source.parent, files.pairs, change)
    for outcome in tqdm(outcomes, total=len(files.pairs), unit=" pictures", leave=False, disable=None):
        report_failures([outcome.error] if outcome.error else [])
        yield outcome


def _of_file(source: Path, target: Path) -> Pairs:
    _require_file(source, target)
    is_csv_out = target.suffix.lower() == ".csv"
    is_csv = source.suffix.lower() in CSV_SUFFIXES or (is_csv_out and not is_picture(source))
    if is_csv and not is_csv_out:
        raise InputError(f"{target}: a CSV is written without compression; let its name end in .csv")
    return Pairs([(source, target)], Found([source], 0, [], []), is_csv)


def _of_folder(source: Path, target: Path) -> Pairs:
    _require_folder(source, target)
    found = find_pictures(source)
    return Pairs(_below(source, target, found.pictures), found)


def _below(source: Path, target: Path, files: Iterable[Path]) -> list[tuple[Path, Path]]:
    pairs = [(file, target / file.relative_to(source)) for file in files]
    _require_outside(source, sorted({written.parent for _, written in pairs}))
    return pairs


def _require_file(source: Path, target: Path) -> None:
    if target.is_dir():
        raise InputError(f"{target}: is a folder, and {source} is a file; name the file to write")


def _require_folder(source: Path, target: Path) -> None:
    if target.exists() and not target.is_dir():
        raise InputError(f"{target}: is a file, and {source} is a folder; name a folder to write to")
    _require_outside(source, [target])


def _require_outside(source: Path, folders: list[Path]) -> None:
    for folder in folders:
        if folder.resolve().is_relative_to(source.resolve()):
            raise InputError(f"{folder}: is in {source}; write to a folder outside of it")


def _require_apart(pairs: list[tuple[Path, Path]]) -> None:
    """Compare files by what they are, not by name: links and upper case make many names of one."""
    read = {_identity(source) for source, _ in pairs if source.exists()}
    for _, target in pairs:
        for file in (target, temporary_name(target)):  # written under the second name, then renamed
            if file.exists() and _identity(file) in read:
                raise InputError(f"{file}: is one of the files to read; write elsewhere")


def _identity(file: Path) -> tuple[int, int]:
    status = file.stat()
    return status.st_dev, status.st_ino
