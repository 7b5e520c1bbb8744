"""Pictures as grey squares."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps


def grey_square(pixels: NDArray[np.uint8] | NDArray[np.uint16], size: int | None = None) -> NDArray[np.uint8]:
    """Return a picture in 8-bit grey, or the largest square from its middle, scaled with antialiasing.

    Parameters
    ----------
    pixels : ndarray
        (H, W) or (H, W, C): grey, RGB, or either with an alpha, which does not count.
    size : int, optional
        Side of the square; without it the picture keeps its shape.

    Returns
    -------
    ndarray
        Shape (H, W) or (size, size). Grey is the luma of ITU-R BT.601, scaled by Lanczos; a grey picture of
        this size comes back as it is.
    """
    if pixels.dtype == np.uint16:
        pixels = np.rint(pixels / np.float32(257)).astype(np.uint8)  # 16-bit levels between two 8-bit ones
    grey = Image.fromarray(pixels).convert("L")
    return np.asarray(ImageOps.fit(grey, (size, size), Image.Resampling.LANCZOS) if size else grey)
