"""CSV files of faces in the layouts of FER2013, read strictly, line by line."""

import csv
import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from io import TextIOWrapper
from typing import IO

from facedenoise.data.archives import readable
from facedenoise.data.face import Face, Source, table
from facedenoise.errors import InputError
from facedenoise.pictures.kinds import HEAD, named

_MAX_LINE = 1 << 24  # characters, for one image; no memory is spent on more, whatever the file is
_BEHIND_QUOTE = re.compile('" +(?=,|$)')
_CUT = " (the file ends in this line: it may be cut off, get it again)"
_ODD = {  # what else the first line is, by how it begins in any case
    r"\s*(#|//|%|\Z)": "a comment or a blank line above the header; take it out",
    "\udc89PNG|\udcff\udcd8|II[*]\0|MM\0[*]|RIFF": "a picture; put it in a folder and name that",
    "(?=[^,]*pixels)[^,]*[;\t|]": "fields that are not parted by commas; part them so",
    r"(.*,)?\W?pixel[-_ ]?[0-9]": "a column for each pixel; write all into one, pixels, with blanks between",
    "[^\n]*\r.": "line ends of old Macs (CR alone); save it with those of Unix or Windows",
}

csv.field_size_limit(_MAX_LINE)


def csv_table(name: str, opener: Callable[[], IO[bytes]], noisy: Sequence[str] = ()) -> Source:
    """Open a CSV with a column `pixels`: values, a blank between two; messages call it `name`.

    A byte order mark, CRLF, quoted fields, blank lines, blanks around fields and a missing last line end are
    accepted. Raises an InputError if the header is none, and, when it is read, if the file is damaged.
    """
    lines = _read_lines(name, opener)
    line = next(lines, (1, ""))[1]
    is_header = "pixels" in [column.strip(' "\r\n').lower() for column in line.split(",")]
    try:
        if not is_header and (what := _kind_of(line)):
            raise InputError(what)
        header = _fields(line)
    except InputError as error:
        raise InputError(f"{name}: line 1: {error}") from None
    pictures = [column.lower() for column in header if column.lower() == "pixels"]
    return table(f"{name}: line 1", header, pictures, noisy, _rows(name, header, lines))


def _rows(name: str, header: list[str], lines: Iterator[tuple[int, str]]) -> Iterator[Face]:
    number = None
    for number, line in lines:
        face = Face(f"{name}: line {number}", hint="" if line.endswith("\n") else _CUT)
        try:
            yield face._replace(fields=_fields(line, header))
        except InputError as error:
            yield face._replace(fault=str(error))
    if not number:
        what = _kind_of(",".join(header)) or "a header without rows; get the file again"
        raise InputError(f"{name}: line 1: {what}")


def _fields(line: str, header: Sequence[str] = ()) -> list[str]:
    """Return the fields of a line without the blanks around them; InputError if the header has others."""
    if "\0" in line:
        raise InputError("a NUL byte: no UTF-8 text, or damaged; save it as a UTF-8 CSV or get it again")
    line = line.removesuffix("\n").removesuffix("\r")
    fields = line.split(",")
    try:
        if '"' in line:
            (fields,) = csv.reader([_BEHIND_QUOTE.sub('"', line)], strict=True, skipinitialspace=True)
    except csv.Error:
        raise InputError("a misplaced or unclosed quote; mend it") from None
    fields = [field.strip(" ") for field in fields]
    if header and len(fields) != len(header):
        raise InputError(f"{len(fields)} fields, the header has {len(header)}; check commas and quotes")
    sizes = {
        field for name, field in zip(header, fields, strict=False) if name.lower() in ("width", "height")
    }
    if len(sizes) > 1:  # the pixels could pass for a square
        raise InputError("width and height differ, but images are squares; give pictures as files")
    return fields


def _read_lines(name: str, opener: Callable[[], IO[bytes]]) -> Iterator[tuple[int, str]]:
    """Yield the number of each line that is not blank, and the line with its end."""
    with readable(name), TextIOWrapper(opener(), "utf-8-sig", "surrogateescape", "\n") as text:
        for number, line in enumerate(iter(partial(text.readline, _MAX_LINE + 1), ""), 1):
            if len(line) > _MAX_LINE:
                raise InputError(f"{name}: line {number}: more than {_MAX_LINE >> 20} MB; is it a CSV?")
            if number == 1 or line.strip("\r\n"):
                yield number, line


def _kind_of(line: str) -> str | None:
    """Return what a file is that begins with this line, and what to do; None if that is unknown."""
    head = line.encode("utf-8", "surrogateescape")[:HEAD]
    odd = (what for start, what in _ODD.items() if re.match(start, line, re.IGNORECASE))
    return named(head, "get it again, unpack it, or export a CSV of faces") or next(odd, None)
