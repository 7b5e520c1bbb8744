"""How bright white is in a picture: some have fewer bits than their type."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from facedenoise.pictures.channels import white

_DEPTHS = (8, 10, 12)  # bits of cameras, scanners and microscopes that write 16


def white_of(colours: NDArray[Any]) -> int:
    """Return the intensity of white in the colours of a picture, of any shape.

    It is the largest of the type; but 4,095 where a picture of 16 bits has only smaller values, since then
    12 bits were written as 16, and likewise for 10 and 8 bits.
    """
    largest = white(colours.dtype)
    if colours.dtype.type is not np.uint16:
        return largest
    most = colours.max(initial=0)
    return next((2**bits - 1 for bits in _DEPTHS if most < 2**bits), largest)
