"""Scalar fields on the pixel grid: the strokes that every part of a face is drawn with.

Arrays only ever meet `+ - * /`, square root, absolute value, minimum and maximum. IEEE 754 fixes
these to the last bit, so the same numbers give the same pixels on every machine; `exp` or `sin`
over an array would not, since their last bit depends on the processor.
"""

from dataclasses import fields, replace
from functools import lru_cache
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Field = NDArray[np.floating[Any]]  # float32, one value per pixel
Numbers = TypeVar("Numbers", bound=Any)

EDGE = 0.035  # width of a soft edge; the whole picture is 2 wide


def drawn_between(low: Numbers, high: Numbers, generator: np.random.Generator, tie: float = 0.0) -> Numbers:
    """Draw every number of a dataclass between its values in two instances.

    Parameters
    ----------
    low, high : dataclass of floats
        The ends of each field's range.
    generator : np.random.Generator
        Source of randomness.
    tie : float
        0 draws the fields independently; towards 1 they move together from `low` to `high`.

    Returns
    -------
    dataclass of floats
        Same class as `low`.
    """
    names = [field.name for field in fields(low)]
    shares = tie * generator.random() + (1 - tie) * generator.random(len(names))
    values = {
        name: getattr(low, name) + share * (getattr(high, name) - getattr(low, name))
        for name, share in zip(names, shares.tolist(), strict=True)
    }
    return replace(low, **values)


def clamp(field: Field) -> Field:
    """Limit a field to [0, 1]."""
    return np.minimum(np.maximum(field, 0), 1)


def step(field: Field) -> Field:
    """Smooth step: 0 below 0, 1 above 1, no corner at either end."""
    share = clamp(field)
    return share * share * (3 - 2 * share)


def cover(distance: Field, softness: float = EDGE) -> Field:
    """Share of each pixel inside a shape, from the distance to its edge (positive inside)."""
    share = distance * (1 / softness)
    share += 0.5
    np.maximum(share, 0, out=share)
    np.minimum(share, 1, out=share)
    return share


def over(canvas: Field, tone: Field | float, share: Field) -> Field:
    """Lay a tone over the canvas where `share` is 1, nothing where it is 0."""
    change = tone - canvas
    change *= share
    change += canvas
    return change


def blob(u: Field, v: Field, width: float, height: float) -> Field:
    """Smooth hill of height 1 about the origin that ends at an ellipse of these half axes."""
    across, down = u * (1 / width), v * (1 / height)
    across *= across
    down *= down
    across += down
    hill: Field = 1 - across
    np.maximum(hill, 0, out=hill)
    return hill * hill * hill


def disc(u: Field, v: Field, radius: float) -> Field:
    """Coverage of a disc about the origin."""
    return cover(radius - np.sqrt(u * u + v * v))


def line(distance: Field, width: float) -> Field:
    """Soft line, 1 where the distance to its middle is 0, gone at `width`."""
    share = distance * (1 / width)
    share *= share
    near = 1 - share
    np.maximum(near, 0, out=near)
    return near * near


@lru_cache(maxsize=16)
def _interpolation(cells: int, size: int) -> tuple[NDArray[np.intp], Field]:
    """Left knot and smooth share of the right knot, for `size` samples over `cells` cells."""
    position = (np.arange(size, dtype=np.float32) + 0.5) * cells / size
    floor = np.floor(position)
    return floor.astype(np.intp), step(position - floor)


def texture(generator: np.random.Generator, cells: int, size: int) -> Field:
    """Smooth random field in [-1, 1] with `cells` by `cells` spots, shape (size, size)."""
    knots = generator.uniform(-1, 1, (cells + 1, cells + 1)).astype(np.float32)
    left, share = _interpolation(cells, size)
    rows = over(knots[left], knots[left + 1], share[:, np.newaxis])
    return over(rows[:, left], rows[:, left + 1], share)


def streaks(generator: np.random.Generator, position: Field, cells: int = 64) -> Field:
    """Smooth random stripes in [-1, 1], one per unit of `position`; they repeat after `cells`."""
    knots = generator.uniform(-1, 1, cells).astype(np.float32)
    floor = np.floor(position)
    left = floor.astype(np.intp)
    share = position - floor
    following = np.roll(knots, -1)
    return over(
        knots.take(left, mode="wrap"), following.take(left, mode="wrap"), share * share * (3 - 2 * share)
    )
