"""Lines of a CSV file, plain or compressed, in pieces of bounded size."""

import gzip
import lzma
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from facedenoise.errors import InputError

# Text read at once. Freeing pieces of this size teaches the C library's allocator to keep smaller ones
# at hand; with 32 KB it hands all memory back after each piece, and fetching it anew costs half the speed.
CHUNK_BYTES = 1 << 20
# A line holds one image. No memory is spent on more than this, whatever the file is.
MAX_LINE_BYTES = 1 << 24

# What the decompressors raise on damaged data. `zipfile` trusts lengths, versions and names that it
# reads, so nonsense in them comes out as one of the last two.
_BROKEN = (
    EOFError,
    zlib.error,
    lzma.LZMAError,
    gzip.BadGzipFile,
    zipfile.BadZipFile,
    NotImplementedError,
    ValueError,
)


@dataclass(frozen=True)
class Lines:
    """Some consecutive lines of a file, without their line ends.

    Attributes
    ----------
    texts : list of bytes
        The lines.
    first : int
        Line number of the first one; a file begins with line 1.
    cut : bool
        Whether the file stops after the last one without a line end.
    offset : int
        Bytes of the file read so far; compressed bytes, where it is compressed.
    """

    texts: list[bytes]
    first: int
    cut: bool
    offset: int


def read_lines(path: Path) -> Iterator[Lines]:
    r"""Read a file line by line; a line ends with `\n` or `\r\n`.

    Parameters
    ----------
    path : Path
        A file. One that ends in .gz, .xz or .zip is decompressed while it is read.

    Yields
    ------
    Lines
        About `CHUNK_BYTES` of text each.

    Raises
    ------
    InputError
        If the file cannot be read or decompressed, or has a line beyond `MAX_LINE_BYTES`.
    """
    first, rest, offset = 1, b"", 0
    for chunk, offset in _read_chunks(path):
        *texts, rest = (rest + chunk).split(b"\n")
        if texts:
            yield Lines([text.removesuffix(b"\r") for text in texts], first, cut=False, offset=offset)
        first += len(texts)
        if len(rest) > MAX_LINE_BYTES:
            raise InputError(f"{path}: line {first} is longer than {MAX_LINE_BYTES >> 20} MB; is it a CSV?")
    if rest:
        yield Lines([rest.removesuffix(b"\r")], first, cut=True, offset=offset)


def _read_chunks(path: Path) -> Iterator[tuple[bytes, int]]:
    """Yield decompressed pieces, each with the position in the file behind it."""
    try:
        with path.open("rb", buffering=0) as file, _decompressed(path, file) as plain:
            while chunk := plain.read(CHUNK_BYTES):
                yield chunk, file.tell()
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; put the CSV there or set `data.csv`") from None
    except IsADirectoryError:
        raise InputError(f"{path}: is a directory; name the CSV file in it") from None
    except _BROKEN as error:
        raise InputError(f"{path}: broken {path.suffix} file ({error}); get it again") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error}); check the file") from None


@contextmanager
def _decompressed(path: Path, file: IO[bytes]) -> Iterator[IO[bytes]]:
    match path.suffix.lower():
        case ".gz":
            with gzip.open(file) as plain:
                yield plain  # type: ignore[misc]
        case ".xz":
            with lzma.open(file) as plain:
                yield plain
        case ".zip":
            with zipfile.ZipFile(file) as archive, archive.open(_only_csv(path, archive)) as plain:
                yield plain
        case _:
            yield file


def _only_csv(path: Path, archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    """Find the one CSV in the archive; macOS adds a shadow `__MACOSX/` entry to each file."""
    members = [
        info
        for info in archive.infolist()
        if info.filename.lower().endswith(".csv") and not info.filename.startswith("__MACOSX/")
    ]
    if len(members) != 1:
        raise InputError(f"{path}: holds {len(members)} CSV files; it should hold one")
    if members[0].flag_bits & 1:
        raise InputError(f"{path}: is encrypted; unpack it and name the CSV")
    return members[0]
