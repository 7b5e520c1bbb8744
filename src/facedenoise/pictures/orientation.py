"""Turn what a camera held askew, as EXIF's orientation says."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from facedenoise.pictures.picture import Resolution

# By orientation: swap rows and columns, then flip these axes.
_SWAPPED = (5, 6, 7, 8)
_FLIPPED: dict[int, tuple[int, ...]] = {2: (1,), 3: (0, 1), 4: (0,), 6: (1,), 7: (0, 1), 8: (0,)}


def turned(pixels: NDArray[Any], orientation: int) -> NDArray[Any]:
    """Return pixels (H, W) or (H, W, C) upright, as a view."""
    swapped = pixels.swapaxes(0, 1) if orientation in _SWAPPED else pixels
    return np.flip(swapped, _FLIPPED.get(orientation, ()))


def turned_resolution(resolution: Resolution | None, orientation: int) -> Resolution | None:
    """Return the resolution of a picture once it is upright."""
    if resolution is None or orientation not in _SWAPPED:
        return resolution
    return Resolution(resolution.y, resolution.x, resolution.unit)
