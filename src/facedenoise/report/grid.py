"""Faces in columns, each pixel of a face drawn as a square of whole screen pixels."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import matplotlib.style
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from facedenoise.files import replacing
from facedenoise.report.style import INK, QUIET

# Layout and type are in points of 1/72 inch; two pixels to the point keep letters sharp on fine screens.
PIXELS_PER_POINT, POINTS_PER_INCH = 2, 72
TITLE, TEXT = 27, 17  # type sizes
MARGIN = 32
TOP = 100  # from the top edge to the heads of the columns: title and note
HEAD = 76  # from there to the first face
GAP = 16  # between faces
CAPTION = 40  # between rows whose faces have captions
LEAST_WIDTH, MOST_WIDTH = 720, 1340  # below, a title would not fit; columns beyond begin a new band

# The default style comes first, so that a matplotlibrc of the user's own changes no picture.
_in_style = matplotlib.style.context(
    [
        "default",
        {
            "font.family": "DejaVu Sans",  # comes with matplotlib: the same letters everywhere
            "font.size": TEXT,
            "text.color": INK,
            "text.parse_math": False,  # a dollar sign in a title is a dollar sign
        },
    ]
)


@dataclass(frozen=True)
class Column:
    """Faces below one another; the first of two texts is at the left edge of a face, the second at the right.

    Attributes
    ----------
    title : str
        The head of the column.
    note : tuple of str
        The line below the head, one text or two.
    images : NDArray[np.uint8]
        Shape (R, S, S), or (R, S, S, 3) for RGB. The side S is the same in all columns of a grid; R may
        differ.
    captions : sequence of tuple of str
        One for each image, or none at all.
    """

    title: str
    note: tuple[str, ...]
    images: NDArray[np.uint8]
    captions: Sequence[tuple[str, ...]] = ()


@_in_style
def draw_grid(title: str, note: str, columns: Sequence[Column], *, cell: int) -> Figure:
    """Draw columns of faces side by side, below a title and a note; many columns form several bands.

    Faces are enlarged by a whole factor and never reduced or blurred. The cell is the width of a face in
    points; if the size of the faces does not divide it, the whole picture grows a little instead.
    """
    bands = math.ceil(len(columns) / ((MOST_WIDTH - 2 * MARGIN + GAP) // (cell + GAP)))
    across = math.ceil(len(columns) / bands)
    pitch = cell + (CAPTION if any(column.captions for column in columns) else GAP)
    band = HEAD + max(len(column.images) for column in columns) * pitch
    width = max(LEAST_WIDTH, 2 * MARGIN + across * (cell + GAP) - GAP)
    side = columns[0].images.shape[1]
    factor = math.ceil(cell * PIXELS_PER_POINT / side)
    figure = Figure(
        figsize=(width / POINTS_PER_INCH, (TOP + bands * band + MARGIN - GAP) / POINTS_PER_INCH),
        dpi=POINTS_PER_INCH * factor * side / cell,
        facecolor="white",
    )
    _write(figure, (title,), (MARGIN, width - MARGIN), 54, size=TITLE, fontweight="bold")
    _write(figure, (note,), (MARGIN, width - MARGIN), 84, color=QUIET)
    for index, column in enumerate(columns):
        corner = MARGIN + index % across * (cell + GAP), TOP + index // across * band
        _draw_column(figure, column, corner, (cell, pitch, factor))
    return figure


def _draw_column(
    figure: Figure, column: Column, corner: tuple[int, int], sizes: tuple[int, int, int]
) -> None:
    """Draw a column from its upper left corner; the sizes are cell, pitch and factor of its faces."""
    (left, top), (cell, pitch, factor) = corner, sizes
    edges = left, left + cell
    _write(figure, (column.title,), edges, top + HEAD - 44, fontweight="bold")
    _write(figure, column.note, edges, top + HEAD - 16)
    for row, image in enumerate(column.images):
        _place(figure, image, left, top + HEAD + row * pitch, factor)
    for row, caption in enumerate(column.captions):
        _write(figure, caption, edges, top + HEAD + row * pitch + cell + 24, color=QUIET)


def _write(
    figure: Figure,
    texts: tuple[str, ...],
    edges: tuple[int, int],
    baseline: int,
    size: float = TEXT,
    **style: str,
) -> None:
    """Write one text from the left edge and another up to the right edge, smaller if they do not fit."""
    width, height = figure.get_size_inches() * POINTS_PER_INCH
    for text, edge, side in zip(texts, edges, ("left", "right"), strict=False):
        line = " ".join(text.split())
        fitting = 1.5 * (edges[1] - edges[0]) / max(1, len(line))  # a bold letter is 2/3 of its size wide
        place = edge / width, 1 - baseline / height
        figure.text(*place, line, {"ha": side, "fontsize": min(size, fitting), **style})


def _place(figure: Figure, image: NDArray[np.uint8], left: int, top: int, factor: int) -> None:
    """Put an enlarged image with its upper left corner at a point of the figure."""
    enlarged = image.repeat(factor, axis=0).repeat(factor, axis=1)
    # Grey images are drawn as colours, too, because some values of a grey colour map are off by one.
    pixels = np.stack([enlarged] * 3, axis=-1) if enlarged.ndim == 2 else enlarged  # noqa: PLR2004
    scale = figure.dpi / POINTS_PER_INCH
    lower = int(figure.bbox.height) - round(top * scale) - len(pixels)
    figure.figimage(pixels, round(left * scale), lower)


@_in_style
def save_png(figure: Figure, path: Path) -> None:
    """Write a figure as PNG, whole or not at all; the same figure gives the same bytes."""
    with replacing(path) as temporary:
        figure.savefig(temporary, format="png", metadata={"Software": None})  # no version of matplotlib
