"""Power at each spatial frequency: what smoothing takes away and noise adds, whatever its place."""

import numpy as np
import torch
from numpy.typing import NDArray

from facedenoise.evaluation.metrics import require_pair

ROUNDING_POWER = 1 / 255**2 / 12  # of rounding to 8 bits; less than this nobody sees


def spectrum_error(clean: torch.Tensor, denoised: torch.Tensor) -> float:
    """Mean absolute error of the radial log-power spectrum of a set of images.

    The power is averaged over all images and over rings of one cycle per image (of its shorter side), from
    1 to the Nyquist frequency, the mean intensity left out; the error |log10 of the ratio| over the rings.
    Power below that of rounding to 8 bits counts as that power, so that flat images have a finite error.

    Parameters
    ----------
    clean, denoised : torch.Tensor
        float32, shape (N, 1, H, W), values in [0, 1], N at least 1, H and W at least 2.

    Returns
    -------
    float
        At least 0, in powers of ten; 0 for equal spectra, lower is better.

    Raises
    ------
    TypeError
        If a batch is not float32.
    ValueError
        If a batch is empty, has another shape or range, images of a single row or column, or the two
        differ in shape.
    """
    require_pair(clean, denoised)
    if not len(clean) or min(clean.shape[-2:]) < 2:  # noqa: PLR2004
        raise ValueError(f"a spectrum needs images of at least 2 x 2 pixels, got {tuple(clean.shape)}")
    error = np.log10(_radial_power(denoised)) - np.log10(_radial_power(clean))
    return float(np.abs(error).mean())


def _radial_power(images: torch.Tensor) -> NDArray[np.float64]:
    """Mean power in the rings 1, 2, ... up to Nyquist; that of white noise is its variance."""
    pixels = images[:, 0].cpu().numpy().astype(np.float64)
    power = np.square(np.abs(np.fft.fft2(pixels, norm="ortho"))).mean(axis=0).ravel()
    height, width = pixels.shape[1:]
    frequency = np.hypot(np.fft.fftfreq(height)[:, np.newaxis], np.fft.fftfreq(width))  # cycles per pixel
    shorter = min(height, width)
    ring = np.rint(frequency * shorter).astype(np.int64).ravel()
    rings = np.bincount(ring, weights=power) / np.bincount(ring)
    return np.maximum(rings[1 : shorter // 2 + 1], ROUNDING_POWER)
