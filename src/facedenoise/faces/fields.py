"""Scalar fields on the pixel grid: the strokes that draw every part of a face.

Arrays only go through `+ - * /`, square root, absolute value, minimum and maximum. IEEE 754 fixes
these to the last bit, so the same numbers give the same pixels on every machine. The last bit of
`exp` or `sin` of an array depends on the processor.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Field = NDArray[np.floating[Any]]  # float32, one value per pixel

SIZE = 96  # height and width of the canvas in pixels; the picture has half of each
ACROSS = (np.arange(SIZE, dtype=np.float32) * 2 + 1) / SIZE - 1  # centres of the columns, from -1 to 1
DOWN = ACROSS[:, np.newaxis]  # centres of the rows


def clamp(field: Field) -> Field:
    """Return the field limited to [0, 1]."""
    return np.minimum(np.maximum(field, 0), 1)


def step(field: Field) -> Field:
    """Return a smooth step: 0 below 0, 1 above 1, no corner at either end."""
    share = clamp(field)
    return share * share * (3 - 2 * share)


def cover(distance: Field, softness: float = 0.035) -> Field:
    """Return the share of each pixel inside a shape, from the distance to its edge (positive inside)."""
    return clamp(distance * (1 / softness) + 0.5)


def over(canvas: Field, tone: Field | float, share: Field) -> Field:
    """Return the canvas with a tone laid over it: fully where `share` is 1, not at all where it is 0."""
    return canvas + (tone - canvas) * share


def darken(canvas: Field, factor: float, share: Field) -> Field:
    """Return the canvas dimmed by a factor where `share` is 1."""
    return over(canvas, factor * canvas, share)


def blob(u: Field, v: Field, width: float, height: float) -> Field:
    """Return a smooth hill of height 1 about the origin that ends at an ellipse of these half axes."""
    hill = np.maximum(1 - ((u * (1 / width)) ** 2 + (v * (1 / height)) ** 2), 0)
    return hill * hill * hill


def disc(u: Field, v: Field, radius: float) -> Field:
    """Return the coverage of a disc about the origin."""
    return cover(radius - np.sqrt(u * u + v * v))


def line(distance: Field, width: float) -> Field:
    """Return a soft line, 1 where the distance to its middle is 0, gone at `width`."""
    return np.maximum(1 - (distance * (1 / width)) ** 2, 0) ** 2


def texture(generator: np.random.Generator, cells: int) -> Field:
    """Return a smooth random field in [-1, 1] with `cells` by `cells` spots, shape (SIZE, SIZE)."""
    knots = generator.uniform(-1, 1, (cells + 1, cells + 1)).astype(np.float32)
    left, share = _knots((np.arange(SIZE, dtype=np.float32) + 0.5) * cells / SIZE)
    rows = over(knots[left], knots[left + 1], share[:, np.newaxis])
    return over(rows[:, left], rows[:, left + 1], share)


def streaks(generator: np.random.Generator, position: Field) -> Field:
    """Return smooth random stripes in [-1, 1], one per unit of `position`; they repeat after 64."""
    knots = generator.uniform(-1, 1, 64).astype(np.float32)
    left, share = _knots(position)
    return over(knots.take(left, mode="wrap"), knots.take(left + 1, mode="wrap"), share)


def _knots(position: Field) -> tuple[NDArray[np.intp], Field]:
    """Return the knot before each position and the smooth share of the knot after it."""
    floor = np.floor(position)
    return floor.astype(np.intp), step(position - floor)
