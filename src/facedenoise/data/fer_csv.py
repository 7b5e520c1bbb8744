"""Read face images from CSV files in the layouts of FER2013, strictly and in bounded memory.

One row is one image: `emotion` (0 to 6, or -1 for none), `pixels` (grey values with a blank
between two) and `Usage` (which split). The columns may stand in any order, others among them.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain
from math import isqrt
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from facedenoise.data.csv_lines import Lines, read_lines
from facedenoise.data.csv_rows import Columns, Row, RowError, parse_header, parse_row
from facedenoise.data.pixel_text import decode_pixels, pixel_fault
from facedenoise.errors import InputError

MAX_PROBLEMS = 10


@dataclass(frozen=True)
class Block:
    """Some consecutive rows of a CSV.

    Attributes
    ----------
    images : numpy.ndarray
        uint8, shape (n, 1, H, H). All blocks of a file have the same H.
    emotion : numpy.ndarray
        int64, shape (n,): an index into `EMOTIONS`, or `NO_EMOTION`.
    usage : numpy.ndarray
        uint8, shape (n,): an index into `USAGES`.
    row : numpy.ndarray
        int64, shape (n,): which row of data, from 0; blank lines do not count.
    offset : int
        Bytes of the file read so far, for a progress bar.
    """

    images: NDArray[np.uint8]
    emotion: NDArray[np.int64]
    usage: NDArray[np.uint8]
    row: NDArray[np.int64]
    offset: int


def read_blocks(path: Path) -> Iterator[Block]:
    """Read a CSV of square images that all have one size.

    Memory does not grow with the file. A byte order mark, CRLF, quoted fields, blank lines,
    blanks around fields, extra columns and a missing last line end are accepted.

    Parameters
    ----------
    path : Path
        The CSV, or the CSV compressed as .gz, .xz or .zip.

    Yields
    ------
    Block
        In the order of the file, none of them empty. What was yielded is to be trusted only
        once all blocks have been: a later line may still be wrong.

    Raises
    ------
    InputError
        If the file cannot be read or anything in it is malformed: up to `MAX_PROBLEMS`
        problems, one a line, each with file, line, column and what to do.
    """
    pieces = read_lines(path)
    head = next(pieces, None)
    if head is None:
        raise InputError(f"{path}: is empty; get the file again")
    parser = _Parser(path, parse_header(path, head.texts[0]))
    body = replace(head, texts=head.texts[1:], first=2)
    for lines in chain([body], pieces):
        block = parser.parse(lines)
        if block is not None:
            yield block
    parser.finish()


class _Parser:
    """What has to be remembered from block to block: image size, row count and problems."""

    def __init__(self, path: Path, columns: Columns) -> None:
        self.path = path
        self.columns = columns
        self.side: int | None = None
        self.side_line = 0
        self.rows = 0
        self.problems: list[tuple[int, str]] = []

    def parse(self, lines: Lines) -> Block | None:
        """Parse some lines; give None if they hold no rows or any line so far was wrong."""
        rows = self._parse_rows(lines)
        images = self._decode(rows) if rows else None
        if images is None:
            self._find_bad_pixels(rows)
        if lines.cut and self.problems:
            self._say_cut(lines.first)
        if len(self.problems) >= MAX_PROBLEMS:
            self.finish()
        first = self.rows
        self.rows += len(rows)
        if images is None or self.problems:
            return None
        return Block(
            images=images,
            emotion=np.array([row.emotion for row in rows], np.int64),
            usage=np.array([row.usage for row in rows], np.uint8),
            row=np.arange(first, self.rows, dtype=np.int64),
            offset=lines.offset,
        )

    def finish(self) -> None:
        """Raise the first problems, if there are any."""
        if self.problems:
            first = sorted(self.problems)[:MAX_PROBLEMS]
            raise InputError("\n".join(f"{self.path}: line {line}{what}" for line, what in first))
        if not self.rows:
            raise InputError(f"{self.path}: line 1: a header without rows; get the file again")

    def _parse_rows(self, lines: Lines) -> list[Row]:
        rows = []
        for line, text in enumerate(lines.texts, lines.first):
            try:
                if text:
                    rows.append(parse_row(text, line, self.columns))
            except RowError as error:
                self.problems.append((line, str(error)))
        return rows

    def _decode(self, rows: list[Row]) -> NDArray[np.uint8] | None:
        """Decode the pixels of all rows, or give None if those of any are wrong."""
        side = self.side or isqrt(rows[0].pixel_count)
        pixels = decode_pixels([row.pixels for row in rows], side**2)
        if pixels is None:
            return None
        self._fix_side(side, rows[0].line)
        return pixels.reshape(len(rows), 1, side, side)

    def _find_bad_pixels(self, rows: list[Row]) -> None:
        for row in rows:
            try:
                self._check_pixels(row)
            except RowError as error:
                self.problems.append((row.line, str(error)))

    def _check_pixels(self, row: Row) -> None:
        fault = pixel_fault(row.pixels)
        if fault:
            raise RowError(fault, "pixels")
        count, side = row.pixel_count, isqrt(row.pixel_count)
        if self.side is not None and count != self.side**2:
            expected = f"line {self.side_line} has {self.side**2} ({self.side} x {self.side})"
            raise RowError(f"{count} pixels, {expected}; give all rows one size", "pixels")
        if count != side**2:
            raise RowError(f"{count} pixels make no square image; 48 x 48 is {48 * 48}", "pixels")
        self._fix_side(side, row.line)

    def _fix_side(self, side: int, line: int) -> None:
        """Let the first good row decide."""
        if self.side is None:
            self.side, self.side_line = side, line

    def _say_cut(self, line: int) -> None:
        """Add to the problem of the last line that the file may go on elsewhere."""
        last, what = self.problems[-1]
        if last == line:
            self.problems[-1] = last, f"{what} (the file ends in this line: it may be cut off, get it again)"
