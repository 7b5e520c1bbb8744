"""The parts of a picture by which its noise is judged: windows from all over what is seen of it."""

from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from scipy.ndimage import minimum_filter1d

from facedenoise.denoise.depth import white_of
from facedenoise.pictures.channels import colour_planes

LEAST_SIDE = 32
"""Pixels; in less, noise cannot be told from detail."""

WHITE = 255
"""In windows."""

_SIDE = 48  # px; the size of the faces that the estimator learned on
_ACROSS = 8  # windows across and down a large picture, at most


def judged_windows(image: NDArray[Any]) -> NDArray[np.uint8]:
    """Return windows of each colour, evenly spread, without plain borders and pixels of alpha 0.

    Parameters
    ----------
    image : ndarray of uint8, uint16, or floating point in [0, 1]
        (H, W) or (H, W, C).

    Returns
    -------
    ndarray of uint8, shape (colours, windows, h, w)
        No window if less than `LEAST_SIDE` pixels of the height or width are left. Where alpha is so torn
        that no window is without hidden pixels, they count.
    """
    pixels, has_alpha = np.atleast_3d(image), image.shape[2:] in ((2,), (4,))
    if has_alpha:
        pixels = np.where(pixels[..., -1:] > 0, pixels, 0)
    pixels = _without_border(_without_border(pixels))
    planes = colour_planes(pixels)
    is_seen = pixels[..., -1] > 0 if has_alpha else np.ones(pixels.shape[:2], np.bool_)
    windows = spread_windows(planes) if is_seen.all() else _seen_windows(planes, is_seen)
    if not windows.size:
        windows = spread_windows(colour_planes(image))
    if min(windows.shape[2:]) < LEAST_SIDE:
        windows = windows[:, :0]
    return in_eight_bits(windows, white_of(colour_planes(image)))


def spread_windows(planes: NDArray[Any], multiple: int = 1) -> NDArray[Any]:
    """Return windows of (C, H, W), evenly spread, at multiples of some pixels: (C, windows, h, w)."""
    height, width = (min(side, _SIDE) for side in planes.shape[1:])
    tops, lefts = _starts(planes.shape[1], height, multiple), _starts(planes.shape[2], width, multiple)
    windows = sliding_window_view(planes, (height, width), axis=(1, 2))[:, tops[:, np.newaxis], lefts]
    return windows.reshape(len(planes), -1, height, width)


def in_eight_bits(pixels: NDArray[Any], white: int) -> NDArray[np.uint8]:
    """Scale pixels of any shape."""
    return np.rint(pixels * (WHITE / np.float32(white))).astype(np.uint8)


def _without_border(pixels: NDArray[Any]) -> NDArray[Any]:
    """Cut plain rows and columns off the sides of (H, W, C), unless nothing is left; a view."""
    for axis in (0, 1):
        lines = pixels.swapaxes(0, axis)
        inner = lines[_plain(lines) : len(lines) - _plain(lines[::-1])]
        pixels = (inner if len(inner) else lines).swapaxes(0, axis)
    return pixels


def _plain(lines: NDArray[Any]) -> int:
    """Count the first lines, (L, M, C), that have one colour each or are all the same; 0 if all are."""
    are_same = np.array_equal(lines[:1], lines[1:2])

    def is_plain(line: NDArray[Any]) -> bool:
        return bool((line == line[0]).all() or (are_same and (line == lines[0]).all()))

    return next((index for index, line in enumerate(lines) if not is_plain(line)), 0)


def _seen_windows(planes: NDArray[Any], is_seen: NDArray[np.bool_]) -> NDArray[Any]:
    """Return windows of (C, H, W) without hidden pixels, the larger the better."""
    for side in (_SIDE, LEAST_SIDE):
        height, width = (min(side, whole) for whole in is_seen.shape)
        corners = np.argwhere(_is_whole(is_seen, (height, width)))
        if len(corners):
            break
    some = np.linspace(0, len(corners) - 1, min(len(corners), _ACROSS**2)).astype(np.int64)
    windows = [planes[:, top : top + height, left : left + width] for top, left in corners[some]]
    return np.stack(windows, axis=1) if windows else planes[:, np.newaxis][:, :0]


def _is_whole(is_seen: NDArray[np.bool_], sides: tuple[int, int]) -> NDArray[np.uint8]:
    """Return where a window may have its upper left corner so that all of it is seen."""
    whole = is_seen.astype(np.uint8)
    for axis, side in enumerate(sides):
        whole = minimum_filter1d(whole, side, axis, origin=-(side // 2), mode="constant")
    return whole


def _starts(whole: int, side: int, multiple: int) -> NDArray[np.int64]:
    count = min(-(-whole // side), _ACROSS)
    return np.linspace(0, whole - side, count).astype(np.int64) // multiple * multiple
