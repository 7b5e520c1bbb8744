"""Read face images from CSV files in the layouts of FER2013, strictly and in bounded memory.

One row is one image: `emotion` (0 to 6, or -1 for none), `pixels` (grey values with a blank
between two) and `Usage` (which split). The columns may come in any order, others among them.
"""

from collections.abc import Iterator
from math import isqrt
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from facedenoise.data.csv_lines import excerpt, read_lines, split_fields
from facedenoise.errors import InputError
from facedenoise.images.fer2013 import EMOTIONS, NO_EMOTION, USAGES

MAX_PROBLEMS = 10
BLOCK = 1 << 20  # characters

_COLUMNS = ("emotion", "pixels", "Usage")
_TEXTS = {"line": pl.Int64} | dict.fromkeys(_COLUMNS, pl.String)
_CODES = pl.Enum([str(code) for code in range(NO_EMOTION, len(EMOTIONS))])
_VALUES = (  # null for a text that is none
    pl.col("emotion").cast(_CODES, strict=False).to_physical().alias("code"),
    pl.col("Usage").cast(pl.Enum(USAGES), strict=False).to_physical().alias("usage"),
    pl.col("pixels").str.split(" ").cast(pl.List(pl.UInt8), strict=False).alias("values"),
)
_COUNT, _GOOD = pl.col("values").list.len(), pl.col("values").list.drop_nulls().list.len()
_SQUARE = (_GOOD == _COUNT) & (_COUNT.sqrt() % 1 == 0)
_WRONG = pl.any_horizontal(pl.col("code", "usage").is_null(), _GOOD < _COUNT)
_CUT = " (the file ends in this line: it may be cut off, get it again)"


class Block(NamedTuple):
    """Some consecutive rows of a CSV: n images, and `offset`, the bytes of the file read so far."""

    images: NDArray[np.uint8]  # (n, 1, H, H); all blocks of a file have the same H
    emotion: NDArray[np.int64]  # (n,): indices into EMOTIONS, or NO_EMOTION
    usage: NDArray[np.uint8]  # (n,): indices into USAGES
    row: NDArray[np.int64]  # (n,): which row of data, from 0; blank lines do not count
    offset: int


def read_blocks(path: Path) -> Iterator[Block]:
    """Read a CSV of square images that all have one size, plain or as .gz, .xz or .zip.

    Memory does not grow with the file. A byte order mark, CRLF, quoted fields, blank lines, blanks
    around fields, extra columns and a missing last line end are accepted. Trust the blocks only after
    the last one: a later line may still be wrong.

    Raises
    ------
    InputError
        If the file cannot be read or anything in it is malformed: up to `MAX_PROBLEMS`
        problems, one a line, each with file, line, column and what to do.
    """
    lines = read_lines(path)
    number, line, offset = next(lines, (1, "", 0))
    reader = _Reader(path, _read_header(path, line))
    for number, line, offset in lines:
        if line.strip("\r\n"):
            reader.add(number, line)
        if reader.waiting > BLOCK:
            yield from reader.blocks(offset)
    yield from reader.blocks(offset)
    reader.finish(cut=0 if line.endswith("\n") else number)


class _Reader:
    """What must be remembered from line to line."""

    def __init__(self, path: Path, columns: list[str]) -> None:
        self.path, self.columns = path, columns
        self.fields: list[tuple[int | str, ...]] = []  # of the rows that wait
        self.waiting = 0  # characters in them
        self.count, self.count_line = 0, 0  # pixels of the first square image, and its line
        self.rows = 0
        self.problems: list[tuple[int, str]] = []

    def add(self, number: int, line: str) -> None:
        """Take a line; note if it is no row."""
        self.waiting += len(line)
        try:
            fields = split_fields(line, len(self.columns))
        except ValueError as error:
            self.problems.append((number, str(error)))
        else:
            self.fields.append((number, *(fields[self.columns.index(name)] for name in _COLUMNS)))

    def blocks(self, offset: int) -> Iterator[Block]:
        """Yield the rows that wait, if there are any and no line so far was wrong."""
        table = pl.DataFrame(self.fields, _TEXTS, orient="row").with_columns(_VALUES)
        self.fields, self.waiting = [], 0
        self._find_faults(table)
        if len(self.problems) >= MAX_PROBLEMS:
            self.finish()
        self.rows += len(table)
        if len(table) and not self.problems:
            pixels = table["values"].explode().to_numpy(writable=True)
            yield Block(
                pixels.reshape(-1, 1, isqrt(self.count), isqrt(self.count)),
                table["code"].to_numpy() + np.int64(NO_EMOTION),
                table["usage"].to_numpy(),
                np.arange(self.rows - len(table), self.rows),
                offset,
            )

    def finish(self, cut: int = 0) -> None:
        """Raise the first problems, if there are any; the line `cut` has no end."""
        problems = [f"line {line}: {what}{_CUT * (line == cut)}" for line, what in sorted(self.problems)]
        if not problems and not self.rows:
            problems = ["line 1: a header without rows; get the file again"]
        if problems:
            raise InputError("\n".join(f"{self.path}: {problem}" for problem in problems[:MAX_PROBLEMS]))

    def _find_faults(self, table: pl.DataFrame) -> None:
        """Note the rows with a wrong value; the first square image decides how many pixels all have."""
        if not self.count:
            first = table.filter(_SQUARE).head(1).select("line", _COUNT)
            self.count_line, self.count = first.row(0) if len(first) else (0, 0)
        for row in table.filter(_WRONG | _COUNT.ne(self.count)).head(MAX_PROBLEMS).iter_rows(named=True):
            self.problems.append((row["line"], self._fault(row)))

    def _fault(self, row: dict[str, Any]) -> str:
        """Say in which column a row is wrong, and what to do."""
        values = row["values"]
        if row["code"] is None:
            return f"column 'emotion': {excerpt(row['emotion'])} is none; write 0 to 6, or -1 for no emotion"
        if row["usage"] is None:
            return f"column 'Usage': {excerpt(row['Usage'])} is unknown; write {', '.join(USAGES)}"
        if None in values:
            bad = values.index(None)
            pixel = f"pixel {bad + 1} is {excerpt(row['pixels'].split(' ')[bad])}"
            return f"column 'pixels': {pixel}; write whole numbers from 0 to 255, one blank between two"
        wanted = f"{self.count}, as line {self.count_line} has" if self.count else "a square, as 48 x 48"
        return f"column 'pixels': {len(values)} pixels; give each image {wanted}"


def _read_header(path: Path, line: str) -> list[str]:
    try:
        names = split_fields(line)
    except ValueError as error:
        raise InputError(f"{path}: line 1: {error}") from None
    for name in _COLUMNS:
        if names.count(name) != 1:
            many = f"column '{name}': {names.count(name)} of this name in the header {excerpt(line)}"
            raise InputError(f"{path}: line 1: {many}; give a CSV with {', '.join(_COLUMNS)}, once each")
    return names
