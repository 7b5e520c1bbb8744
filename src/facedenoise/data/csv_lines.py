"""Lines of a CSV file, plain or compressed, and their fields."""

import csv
import gzip
import lzma
import re
import zipfile
import zlib
from collections.abc import Iterator
from functools import partial
from io import TextIOWrapper
from pathlib import Path
from typing import IO, Any

from facedenoise.errors import InputError

MAX_LINE = 1 << 24  # characters; a line holds one image, and no memory is spent on more, whatever the file is

# What files and decompressors raise; nonsense in the directory of a zip gives one of the last two.
_UNREADABLE = (OSError, EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, RuntimeError, ValueError)
_BEHIND_QUOTE = re.compile('" +(?=,|$)')

csv.field_size_limit(MAX_LINE)


def read_lines(path: Path) -> Iterator[tuple[int, str, int]]:
    """Yield the number of each line, the line with its end, and how many bytes of the file have been read.

    A file that ends in .gz, .xz or .zip is decompressed on the way. Raises InputError if it cannot be read.
    """
    try:
        with path.open("rb") as file, TextIOWrapper(_plain(file), "utf-8-sig", "replace", "\n") as text:
            for number, line in enumerate(iter(partial(text.readline, MAX_LINE + 1), ""), 1):
                if len(line) > MAX_LINE:
                    raise InputError(f"{path}: line {number}: more than {MAX_LINE >> 20} MB; is it a CSV?")
                yield number, line, file.tell()
    except _UNREADABLE as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"{path}: cannot be read ({reason}); check its name, or get it again") from None


def _plain(file: IO[bytes]) -> Any:  # noqa: ANN401 - each library has a type of its own
    suffix = Path(file.name).suffix.lower()
    if suffix in (".gz", ".xz"):
        return gzip.open(file) if suffix == ".gz" else lzma.open(file)
    if suffix != ".zip":
        return file
    archive = zipfile.ZipFile(file)
    names = [name for name in archive.namelist() if name.lower().endswith(".csv")]
    found = [name for name in names if not name.startswith("__MACOSX/")]  # a shadow that macOS adds
    if len(found) != 1:
        raise InputError(f"{file.name}: holds {len(found)} CSV files; it should hold one")
    return archive.open(found[0])


def split_fields(line: str, count: int | None = None) -> list[str]:
    """Return the fields of a line without the blanks around them; ValueError if there are not `count`."""
    if "\0" in line:
        raise ValueError("a NUL byte: no UTF-8 text, or damaged; save it as a UTF-8 CSV or get it again")
    line = line.removesuffix("\n").removesuffix("\r")
    fields = line.split(",")
    try:
        if '"' in line:
            (fields,) = csv.reader([_BEHIND_QUOTE.sub('"', line)], strict=True, skipinitialspace=True)
    except csv.Error:
        raise ValueError("a misplaced or unclosed quote; mend it") from None
    if count not in (None, len(fields)):
        raise ValueError(f"{len(fields)} fields, the header has {count}; check commas and quotes")
    return [field.strip(" ") for field in fields]


def excerpt(text: str) -> str:
    """Return the start of untrusted text in printable ASCII, in quotes."""
    return ascii(text[:24]) + "..." * (len(text) > 24)  # noqa: PLR2004
