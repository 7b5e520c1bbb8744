"""What the values in a row are: grey pixels, or pixels of several channels."""

from collections.abc import Sequence
from math import isqrt
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

MIN_SIDE = 8  # px; on smaller images the discriminator has no patch
_NAMES = {2: "two channels, grey and alpha", 3: "three channels, RGB", 4: "four channels, RGB and alpha"}
_WHITE, _FOUR = 255, 4
_HALF, _SMOOTHER, _TIE = 0.5, 0.8, 1.001


class Layout(NamedTuple):
    """The values of square pictures in a row."""

    side: int
    channels: int = 1
    is_stacked: bool = False  # one channel after the other, not one pixel after the other
    is_alpha_first: bool = False

    @property
    def values(self) -> int:
        """How many values a picture has."""
        return self.channels * self.side**2

    @property
    def description(self) -> str:
        """Words for readers."""
        order = "one channel after the other" if self.is_stacked else "one pixel after the other"
        name = "four channels, alpha and RGB" if self.is_alpha_first else _NAMES[self.channels]
        return f"{self.values} values are {self.side} x {self.side} pixels of {name}, {order}"

    def pixels(self, values: NDArray[Any]) -> NDArray[Any]:
        """Return values of pictures, shape (..., N), as (..., H, W); or (..., H, W, C)."""
        several = values.shape[:-1]
        if self.is_stacked:
            pixels = np.moveaxis(values.reshape(*several, self.channels, self.side, self.side), -3, -1)
        else:
            pixels = values.reshape(*several, self.side, self.side, *[self.channels] * (self.channels > 1))
        return np.roll(pixels, -1, axis=-1) if self.is_alpha_first else pixels


def layout_of(pictures: Sequence[NDArray[np.uint8]]) -> Layout | None:
    """Tell the layout of pictures of as many values each; None if these cannot be a square."""
    values = np.stack(pictures).astype(np.int16)
    for channels in _NAMES:
        mixed = Layout(isqrt(values.shape[1] // channels), channels)
        if mixed.values != values.shape[1] or mixed.side < MIN_SIDE:
            continue
        stacked = mixed._replace(is_stacked=True)
        if channels == _FOUR and not _has_four_channels(values, mixed, stacked):
            continue
        layout = mixed if _is_interleaved(values, channels) else stacked
        is_white = (layout.pixels(values) == _WHITE).all(axis=(0, 1, 2))
        return layout._replace(is_alpha_first=channels == _FOUR and bool(is_white[0] and not is_white[-1]))
    grey = Layout(isqrt(values.shape[1]))
    return grey if grey.values == values.shape[1] else None


def _is_interleaved(values: NDArray[np.int16], channels: int) -> bool:
    """Whether the next pixel is more alike than the next value is, wherever in a pixel that is."""
    steps = np.abs(np.diff(values))
    nearest = max(steps[:, start::channels].mean() for start in range(channels))
    return bool(np.abs(values[:, channels:] - values[:, :-channels]).mean() <= _TIE * nearest)


def _has_four_channels(values: NDArray[np.int16], mixed: Layout, stacked: Layout) -> bool:
    """Whether there is opaque alpha, or four channels are smoother than grey of twice the side."""
    is_white = mixed.pixels(values) == _WHITE
    if is_white[..., 3].all() and is_white[..., :3].mean() <= _HALF:
        return True
    in_four = min(_roughness(layout.pixels(values)) for layout in (mixed, stacked))
    return in_four < _SMOOTHER * _roughness(Layout(2 * mixed.side).pixels(values))


def _roughness(pixels: NDArray[Any]) -> float:
    """Return the mean change from pixel to pixel, down and across, of pictures (N, H, W) or (N, H, W, C)."""
    return float(np.abs(np.diff(pixels, axis=1)).mean() + np.abs(np.diff(pixels, axis=2)).mean())
