"""The header and the rows of a FER2013-like CSV: find the columns, check all but the pixels."""

import re
from pathlib import Path
from typing import NamedTuple

from facedenoise.data.fer2013 import EMOTIONS, NO_EMOTION, USAGES
from facedenoise.data.pixel_text import excerpt
from facedenoise.errors import InputError

_EMOTION_CODES = {b"%d" % code: code for code in range(NO_EMOTION, len(EMOTIONS))}
_USAGE_CODES = {usage.encode(): code for code, usage in enumerate(USAGES)}
_UTF8_MARK = b"\xef\xbb\xbf"
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
# A field and what ends it; a quote inside a quoted field is doubled.
_FIELD = re.compile(rb' *"([^"]*(?:""[^"]*)*)" *(,|$)|([^",]*)(,|$)')


class Columns(NamedTuple):
    """Which column is which, from 0, and how many there are."""

    emotion: int
    pixels: int
    usage: int
    total: int


class Row(NamedTuple):
    """One row, its pixels still text.

    Attributes
    ----------
    line : int
        Line number in the file.
    emotion, usage : int
        An index into `EMOTIONS` or `NO_EMOTION`; an index into `USAGES`.
    pixels : bytes
        Not checked yet.
    """

    line: int
    emotion: int
    usage: int
    pixels: bytes

    @property
    def pixel_count(self) -> int:
        """How many pixels there are, if they are well-formed."""
        return self.pixels.count(b" ") + 1


class RowError(Exception):
    """What is wrong with a line, in which column, and what to do."""

    def __init__(self, what: str, column: str | None = None) -> None:
        super().__init__(f", column '{column}': {what}" if column else f": {what}")


def parse_header(path: Path, line: bytes) -> Columns:
    """Find the columns by name; blanks around names do not count.

    Raises
    ------
    InputError
        If a column is missing or stands there twice, or this is no CSV at all.
    """
    if line.startswith(_UTF16_MARKS) or b"\0" in line:
        raise InputError(f"{path}: line 1: UTF-16 or binary data, not plain text; save it as a UTF-8 CSV")
    if line.lstrip().startswith(b"<"):
        raise InputError(f"{path}: line 1: HTML or XML, not a CSV; the download may need a login")
    try:
        names = [name.strip(b" ") for name in _split_fields(line.removeprefix(_UTF8_MARK))]
    except RowError as error:
        raise InputError(f"{path}: line 1{error}") from None
    if problems := [
        problem for name in (b"emotion", b"pixels", b"Usage") if (problem := _header_fault(names, name))
    ]:
        raise InputError("\n".join(f"{path}: line 1{problem}" for problem in problems))
    return Columns(names.index(b"emotion"), names.index(b"pixels"), names.index(b"Usage"), len(names))


def _header_fault(names: list[bytes], name: bytes) -> RowError | None:
    times = names.count(name)
    if times == 1:
        return None
    found = excerpt(b",".join(names))
    wrong = f"{times} columns have this name" if times else f"missing; the header begins {found}"
    return RowError(f"{wrong}; name emotion, pixels and Usage once each", name.decode())


def parse_row(text: bytes, line: int, columns: Columns) -> Row:
    """Split a line and check its emotion and Usage; blanks around fields do not count.

    Raises
    ------
    RowError
        If anything but the pixels is wrong.
    """
    if b"\0" in text:
        raise RowError("a NUL byte, so the file is damaged; get it again")
    fields = _split_fields(text)
    if len(fields) != columns.total:
        raise RowError(f"{len(fields)} fields, the header has {columns.total}; check commas and quotes")
    emotion, usage = fields[columns.emotion].strip(b" "), fields[columns.usage].strip(b" ")
    if emotion not in _EMOTION_CODES:
        raise RowError(f"{excerpt(emotion)} is no emotion; write 0 to 6, or -1 for none", "emotion")
    if usage not in _USAGE_CODES:
        raise RowError(f"{excerpt(usage)} is unknown; write {', '.join(USAGES)}", "Usage")
    return Row(line, _EMOTION_CODES[emotion], _USAGE_CODES[usage], fields[columns.pixels].strip(b" "))


def _split_fields(text: bytes) -> list[bytes]:
    """Split at the commas outside quotes; a quoted field may not span lines."""
    if b'"' not in text:
        return text.split(b",")
    fields: list[bytes] = []
    position, end = 0, b","
    while end:
        match = _FIELD.match(text, position)
        if match is None:
            raise RowError(
                f"field {len(fields) + 1} has a misplaced or unclosed quote; close it in this line"
            )
        quoted, quoted_end, plain, plain_end = match.groups()
        fields.append(plain if quoted is None else quoted.replace(b'""', b'"'))
        position, end = match.end(), quoted_end or plain_end
    return fields
