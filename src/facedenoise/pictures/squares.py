"""Pictures as squares of 8 bits, grey or RGB: what the data are made of."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from facedenoise.pictures.channels import white

_MODES = {1: "L", 3: "RGB"}


def square(pixels: NDArray[Any], size: int | None = None, channels: int = 1) -> NDArray[np.uint8]:
    """Return a picture in 8 bits, or the largest square from its middle, scaled with antialiasing.

    Parameters
    ----------
    pixels : ndarray of uint8, uint16, or floating point in [0, 1]
        (H, W) or (H, W, C): grey, RGB, or either with an alpha, which does not count.
    size : int, optional
        Side of the square; without it the picture keeps its shape.
    channels : int, default 1
        1 for grey, the luma of ITU-R BT.601; 3 for RGB, three times the same for a grey picture.

    Returns
    -------
    ndarray
        Shape (channels, H, W) or (channels, size, size), scaled by Lanczos. A picture that has these channels
        and this size comes back as it is.
    """
    if pixels.dtype != np.uint8:
        step = np.float32(white(pixels.dtype) / 255)  # between two levels of 8 bits
        pixels = np.rint(pixels / step).astype(np.uint8)
    if pixels.ndim == 2 and channels == 1 and size is None:  # noqa: PLR2004 - as all of FER2013 is
        return pixels[np.newaxis]
    image = Image.fromarray(pixels).convert(_MODES[channels])
    fitted = ImageOps.fit(image, (size, size), Image.Resampling.LANCZOS) if size else image
    return np.moveaxis(np.atleast_3d(np.asarray(fitted)), 2, 0)
