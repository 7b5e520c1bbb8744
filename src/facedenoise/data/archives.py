"""The CSV files in a file, an archive or a folder: plain or compressed, told by their first bytes."""

import gzip
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path, PurePath
from typing import Any

from polars.exceptions import PolarsError

from facedenoise.errors import InputError

_SUFFIXES = (".csv", ".gz", ".xz", ".zip", ".tar", ".tgz")
# What files and decompressors raise; nonsense in the directory of a zip gives one of the last two.
_UNREADABLE = (OSError, EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, tarfile.TarError)


@contextmanager
def readable(name: object) -> Iterator[None]:
    """Turn what files, decompressors and Polars raise into an InputError."""
    try:
        yield
    except (*_UNREADABLE, PolarsError, RuntimeError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error).partition("\n")[0]
        raise InputError(f"{name}: cannot be read ({reason}); check its name, or get it again") from None


def first_bytes(path: Path) -> bytes:
    """Return what a file begins with, by which its kind is told."""
    with readable(path), path.open("rb") as file:
        return file.read(6)


def csv_members(path: Path) -> dict[str, Callable[[], Any]]:
    """Return what opens each CSV, by the name that messages call it; any other file is taken for one."""
    with readable(path):
        if path.is_dir():
            files = sorted(file for file in path.iterdir() if file.name.lower().endswith(_SUFFIXES))
            return {name: opener for file in files for name, opener in csv_members(file).items()}
        members: dict[str, Callable[[], Any]]
        if zipfile.is_zipfile(path):
            archive = zipfile.ZipFile(path)
            members = {name: partial(archive.open, name) for name in archive.namelist()}
        elif tarfile.is_tarfile(path):
            tar = tarfile.open(path)  # noqa: SIM115 - open as long as a member is read
            members = {file.name: partial(tar.extractfile, file) for file in tar if file.isfile()}
        else:
            head = first_bytes(path)
            opener = (
                gzip.open if head[:2] == b"\x1f\x8b" else lzma.open if head == b"\xfd7zXZ\0" else Path.open
            )
            return {str(path): partial(opener, path, "rb")}
    names = [name for name in members if name.lower().endswith(".csv")]
    names = [name for name in names if not PurePath(name).name.startswith("._")]  # shadows that macOS adds
    if not names:
        raise InputError(f"{path}: an archive without a CSV; unpack it and name the folder")
    return {str(path) if len(names) == 1 else f"{path}/{name}": members[name] for name in names}
