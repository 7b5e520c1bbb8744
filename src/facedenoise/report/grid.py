"""Faces in columns, each pixel of a face drawn as a square of whole screen pixels."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from facedenoise.report.style import (
    MARGIN,
    PIXELS_PER_POINT,
    POINTS_PER_INCH,
    QUIET,
    drawn_in_style,
    new_figure,
)

HEAD = 176  # points from the top edge to the first face: title, note, heads of the columns
GAP = 16  # points between faces
CAPTION = 40  # points between rows whose faces have captions
LEAST_WIDTH = 720  # points; below that a title would not fit


@dataclass(frozen=True)
class Column:
    """Faces below one another; each text is a pair, its halves set at the two edges of the face.

    Attributes
    ----------
    title : str
        The head of the column.
    note : tuple of str
        The quieter line below the head.
    images : NDArray[np.uint8]
        Shape (R, S, S). The side S is the same in all columns of a grid, R need not be.
    captions : sequence of tuple of str
        One for each image, or none at all.
    """

    title: str
    note: tuple[str, str]
    images: NDArray[np.uint8]
    captions: Sequence[tuple[str, str]] = ()


@drawn_in_style
def draw_grid(title: str, note: str, columns: Sequence[Column], *, cell: int) -> Figure:
    """Draw columns of faces side by side.

    Faces are enlarged by a whole factor and never reduced or blurred: where the size of the faces is no
    divisor of the cell, the whole picture grows a little instead.

    Parameters
    ----------
    title, note : str
        What stands above the grid.
    columns : sequence of Column
        At least one.
    cell : int
        Width of a face in points.

    Returns
    -------
    Figure
        As wide and high as the grid needs.
    """
    pitch = cell + (CAPTION if any(column.captions for column in columns) else GAP)
    rows = max(len(column.images) for column in columns)
    width = max(LEAST_WIDTH, 2 * MARGIN + len(columns) * (cell + GAP) - GAP)
    height = HEAD + rows * pitch + MARGIN - GAP
    side = columns[0].images.shape[-1]
    factor = math.ceil(cell * PIXELS_PER_POINT / side)
    figure = new_figure(width, height, title, note, scale=factor * side / (cell * PIXELS_PER_POINT))
    for index, column in enumerate(columns):
        left = MARGIN + index * (cell + GAP)
        _write_head(figure, column, (left, left + cell))
        for row, image in enumerate(column.images):
            _place(figure, image, left, HEAD + row * pitch, factor)
        for row, caption in enumerate(column.captions):
            _write_pair(figure, caption, (left, left + cell), HEAD + row * pitch + cell + 24, color=QUIET)
    return figure


def _write_head(figure: Figure, column: Column, edges: tuple[int, int]) -> None:
    """Write the title of a column and, below it, its note."""
    _write_pair(figure, (column.title, ""), edges, HEAD - 44, fontweight="bold")
    _write_pair(figure, column.note, edges, HEAD - 16)


def _write_pair(
    figure: Figure, texts: tuple[str, str], edges: tuple[int, int], baseline: int, **style: str
) -> None:
    """Write one text from the left edge of a cell, the other up to its right edge; all in points."""
    width, height = figure.get_size_inches() * POINTS_PER_INCH
    for text, edge, side in zip(texts, edges, ("left", "right"), strict=True):
        figure.text(edge / width, 1 - baseline / height, text, {"ha": side, **style})


def _place(figure: Figure, image: NDArray[np.uint8], left: int, top: int, factor: int) -> None:
    """Put an enlarged image with its upper left corner at a point of the figure."""
    enlarged = np.repeat(np.repeat(image, factor, axis=0), factor, axis=1)
    pixels = np.stack([enlarged] * 3, axis=-1)  # as colours: a grey colour map is off by one here and there
    scale = figure.dpi / POINTS_PER_INCH
    lower = int(figure.bbox.height) - round(top * scale) - len(pixels)
    figure.figimage(pixels, round(left * scale), lower)
