"""What the values in a row are: grey pixels, or pixels of several channels."""

from collections.abc import Sequence
from math import isqrt
from typing import NamedTuple

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
    is_stacked: bool = False  # one channel after the other, and not one pixel after the other
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

    def pixels(self, values: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return the values of a picture as an array, shape (H, W), or (H, W, C) of several channels."""
        if self.is_stacked:
            pixels = np.moveaxis(values.reshape(self.channels, self.side, self.side), 0, -1)
        else:
            pixels = values.reshape(self.side, self.side, *[self.channels] * (self.channels > 1))
        return np.roll(pixels, -1, axis=-1) if self.is_alpha_first else pixels


def layout_of(pictures: Sequence[NDArray[np.uint8]]) -> Layout | None:
    """Tell the layout of pictures of as many values each; None if these cannot be a square.

    Neighbouring values are alike in the true one.
    """
    values = np.stack(pictures).astype(np.int16)
    count = values.shape[1]
    for channels in _NAMES:
        side = isqrt(count // channels)
        is_square = side >= MIN_SIDE and channels * side**2 == count
        if is_square and (channels < _FOUR or _has_four_channels(values, side)):
            is_stacked = not _is_interleaved(values, channels)
            return Layout(
                side, channels, is_stacked, channels == _FOUR and _has_alpha_first(values, is_stacked)
            )
    return Layout(isqrt(count)) if isqrt(count) ** 2 == count else None


def _change(values: NDArray[np.int16], *steps: int) -> float:
    return sum(float(np.abs(values[:, step:] - values[:, :-step]).mean()) for step in steps)


def _is_interleaved(values: NDArray[np.int16], channels: int) -> bool:
    """Whether the next pixel is more alike than the next value is, wherever in a pixel that is."""
    steps = np.abs(np.diff(values))
    nearest = max(steps[:, start::channels].mean() for start in range(channels))
    return bool(_change(values, channels) <= _TIE * nearest)


def _has_four_channels(values: NDArray[np.int16], side: int) -> bool:
    """Whether there is opaque alpha, or four channels are smoother than grey of twice the side."""
    is_white = values.reshape(len(values), -1, _FOUR) == _WHITE
    if is_white[..., 3].all() and is_white[..., :3].mean() <= _HALF:
        return True
    mixed, stacked = _change(values, _FOUR, _FOUR * side), _change(values, 1, side)
    return min(mixed, stacked) < _SMOOTHER * _change(values, 1, 2 * side)


def _has_alpha_first(values: NDArray[np.int16], is_stacked: bool) -> bool:
    """Whether the first of four channels is opaque alpha, and the last one is not."""
    shape = (len(values), _FOUR, -1) if is_stacked else (-1, _FOUR, 1)
    first, *_, last = (values == _WHITE).reshape(shape).all(axis=(0, 2))
    return bool(first and not last)
