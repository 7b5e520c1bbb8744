"""Cut a large picture into tiles that a network denoises one by one, without a seam.

Each tile is read with a margin that covers the network's receptive field, and only its core is kept: a pixel
comes out as if the whole picture had gone through the network at once.
"""

from collections.abc import Iterator
from math import ceil
from typing import NamedTuple

CORE = 512  # px, at most


class Tile(NamedTuple):
    """A tile, as slices of rows and of columns."""

    outer: tuple[slice, slice]  # what to read from the picture
    inner: tuple[slice, slice]  # the place of the core in the picture
    core: tuple[slice, slice]  # the place of the core in what was read


def tiles(height: int, width: int, *, multiple: int, margin: int, core: int = CORE) -> Iterator[Tile]:
    """Cut a picture, row by row, into tiles whose cores cover it exactly once.

    Parameters
    ----------
    height, width : int
        Of the picture, in pixels.
    multiple : int
        Tiles begin at multiples of this many pixels, so that a network that halves the size does so at the
        same pixels as in the whole picture.
    margin : int
        Pixels read around a core, fewer at the picture's edge; a multiple of `multiple`.
    core : int, default 512
        Height and width of a core, at most; a multiple of `multiple`.
    """
    for rows in _spans(height, multiple, core, margin):
        for columns in _spans(width, multiple, core, margin):
            yield Tile(*zip(rows, columns, strict=True))


def _spans(length: int, multiple: int, core: int, margin: int) -> Iterator[tuple[slice, slice, slice]]:
    """Cut one axis into about equal parts; return what is `outer`, `inner` and `core` of each."""
    step = ceil(length / ceil(length / core) / multiple) * multiple
    for start in range(0, length, step):
        stop, first = min(start + step, length), max(start - margin, 0)
        outer = slice(first, min(stop + margin, length))
        yield outer, slice(start, stop), slice(start - first, stop - first)
