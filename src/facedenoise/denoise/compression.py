"""Traces of JPEG in pixels: where it was coarse, noise has gone with the fine detail.

JPEG rounds the cosine transform of each block of 8 x 8 pixels to multiples of a step. Between 0 and the first
step nothing is left, but only in the blocks of JPEG's own grid (Fan & de Queiroz, "Identification of bitmap
compression history: JPEG detection and quantizer estimation", 2003).
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.fft import dctn

from facedenoise.denoise.windows import spread_windows

_BLOCK = 8  # px
_LEAST, _MOST = 2.0, 9.0  # grey levels: more than rounding, less than the steps of a coarse JPEG
_FREQUENCIES = np.add.outer(np.arange(_BLOCK), np.arange(_BLOCK))
_BAND = (_FREQUENCIES >= 3) & (_FREQUENCIES <= 8)  # noqa: PLR2004 - fine, and not all rounded to 0
_LEAST_SHARE = 0.03  # of such coefficients beside the grid; where there are fewer, nothing can be seen
_GAP = 0.5  # of this share, at most, is left in the grid of a coarse JPEG; without JPEG it is 0.8 to 1.3
_LUMA = np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601, as JPEG has it


def is_coarse_jpeg(planes: NDArray[Any], white: int) -> bool:
    """Return whether a picture was saved as JPEG of a quality up to some 85 or 90.

    It has to begin where it began then: a part that was cut out since is seldom known as one.

    Parameters
    ----------
    planes : ndarray, shape (1 or 3, H, W)
        Grey or RGB.
    white : int
        The intensity of white.
    """
    if min(planes.shape[1:]) < 3 * _BLOCK:
        return False
    weights = _LUMA if len(planes) > 1 else np.ones(1, np.float32)
    luma = np.tensordot(weights, spread_windows(planes, _BLOCK) * np.float32(255 / white), 1)
    in_grid, beside = (_weak_share(luma[:, start:, start:]) for start in (0, _BLOCK // 2))
    return beside > _LEAST_SHARE and in_grid < _GAP * beside


def _weak_share(windows: NDArray[np.float32]) -> float:
    """Return how many coefficients of fine detail are weak, in windows (N, h, w) cut into blocks."""
    height, width = (side // _BLOCK for side in windows.shape[1:])
    whole = windows[:, : height * _BLOCK, : width * _BLOCK]
    blocks = whole.reshape(-1, height, _BLOCK, width, _BLOCK).swapaxes(2, 3)
    size = np.abs(dctn(blocks, axes=(-2, -1), norm="ortho")[..., _BAND])
    return float(((size > _LEAST) & (size < _MOST)).mean())
