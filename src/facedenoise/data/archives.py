"""The files in a file: plain, compressed or in an archive, told by their first bytes."""

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
from facedenoise.pictures.kinds import HEAD

CSV_SUFFIXES = (".csv", ".gz", ".xz", ".zip", ".tar", ".tgz")

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
        return file.read(HEAD)


def members(path: Path) -> dict[str, Callable[[], Any]]:
    """Return what opens each CSV in an archive, or the file itself, by the name that messages call it."""
    with readable(path):
        if zipfile.is_zipfile(path):
            archive = zipfile.ZipFile(path)
            found: dict[str, Any] = {name: partial(archive.open, name) for name in archive.namelist()}
        elif tarfile.is_tarfile(path):
            tar = tarfile.open(path)  # noqa: SIM115 - open as long as a member is read
            found = {file.name: partial(tar.extractfile, file) for file in tar if file.isfile()}
            while tar.fileobj and tar.fileobj.read(1 << 20):  # the checksum of a compressed one is at its end
                pass
        else:
            openers: dict[bytes, Any] = {b"\x1f\x8b": gzip.open, b"\xfd7": lzma.open}
            opener = openers.get(first_bytes(path)[:2], Path.open)
            return {str(path): partial(opener, path, "rb")}
    csvs = [name for name in found if name.lower().endswith(".csv")]
    csvs = [name for name in csvs if not PurePath(name).name.startswith("._")]  # shadows that macOS adds
    if not csvs:
        raise InputError(f"{path}: an archive without a CSV; unpack it and name the folder")
    return {str(path) if len(csvs) == 1 else f"{path}/{name}": found[name] for name in csvs}
