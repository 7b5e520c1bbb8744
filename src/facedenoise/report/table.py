"""A table before it is HTML or Markdown."""

from collections.abc import Sequence
from dataclasses import dataclass

HEAT_LEVELS = 6


@dataclass(frozen=True)
class Cell:
    """A number, a quieter line below it, and its marks: whether it is the best of its kind, and its heat.

    `heat` runs from 1 to `HEAT_LEVELS`; 0 is below all of them, None is no heat at all.
    """

    text: str
    note: str = ""
    best: bool = False
    heat: int | None = None


@dataclass(frozen=True)
class Row:
    """A line of a table."""

    head: str
    cells: Sequence[Cell]
    note: str = ""


@dataclass(frozen=True)
class RowGroup:
    """Rows below a common title and its quieter note; a group without a title is the whole table."""

    rows: Sequence[Row]
    title: str = ""
    note: str = ""


@dataclass(frozen=True)
class Table:
    """A table whose first column, below the `corner`, names its rows.

    `heads` belong to the other columns: each has a title, and a quieter note that may be empty.
    """

    caption: str
    corner: str
    heads: Sequence[tuple[str, str]]
    groups: Sequence[RowGroup]
