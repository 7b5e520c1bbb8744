"""What the axes of an image array mean."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

MOST_CHANNELS = 4


def colour_planes(image: NDArray[Any]) -> NDArray[Any]:
    """Return the grey or colour channels of an image, without alpha.

    Parameters
    ----------
    image : ndarray
        (H, W), or (H, W, C) where C is 1 for grey, 2 for grey and alpha, 3 for RGB, 4 for RGB and alpha.

    Returns
    -------
    ndarray, shape (1 or 3, H, W)
        A view: writing to it changes the image.
    """
    if image.ndim == 2:  # noqa: PLR2004
        return image[np.newaxis]
    channels = image.shape[2]
    return np.moveaxis(image[..., : channels - (channels % 2 == 0)], 2, 0)


def white(dtype: np.dtype[Any]) -> int:
    """Return the largest intensity: that of the integer type, or 1 for floating point."""
    return int(np.iinfo(dtype).max) if np.issubdtype(dtype, np.integer) else 1
