"""A picture and what is kept beside its pixels."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

INCH, _CENTIMETRE = 2, 3
_PERINCH = {INCH: 1.0, _CENTIMETRE: 2.54}
_MOST = 65535  # dots per inch that JPEG can say


class Resolution(NamedTuple):
    """Dots per unit, across and down."""

    x: float
    y: float
    unit: int = INCH  # as in a TIFF; 1 for a unit of the picture's own, which no other format can say

    @property
    def dpi(self) -> tuple[float, float] | None:
        """Dots per inch, if that is known and formats can say it."""
        scale = _PERINCH.get(self.unit, 0.0)
        is_told = 1 <= self.x * scale <= _MOST and 1 <= self.y * scale <= _MOST
        return (self.x * scale, self.y * scale) if is_told else None


@dataclass(frozen=True)
class Picture:
    """A picture as an array, upright; its ICC profile says which colours the numbers mean."""

    pixels: NDArray[Any]
    """uint8, uint16, or floating point in [0, 1].

    Grey (H, W), or channels (H, W, C): 2 for grey and alpha, 3 for RGB, 4 for RGB and alpha.
    """

    icc_profile: bytes | None = None

    exif: bytes | None = None
    """Camera, date, place and the like, as in a JPEG; without orientation, resolution and preview."""

    resolution: Resolution | None = None

    @property
    def has_alpha(self) -> bool:
        """Whether the last channel is alpha."""
        return self.pixels.ndim == 3 and self.pixels.shape[2] in (2, 4)  # noqa: PLR2004

    @property
    def is_deep(self) -> bool:
        """Whether there is more than 8 bits a channel."""
        return self.pixels.dtype != np.uint8
