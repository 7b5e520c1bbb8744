"""Power at each spatial frequency: smoothing removes it, noise adds to it, wherever in the image."""

import numpy as np
import torch
from numpy.typing import NDArray

from facedenoise.images.fidelity import require_pair
from facedenoise.images.tensors import luminance

ROUNDING_POWER = 1 / 255**2 / 12  # of rounding to 8 bits; nobody sees less


def spectrum_error(clean: torch.Tensor, denoised: torch.Tensor) -> float:
    """Mean absolute error of the radial log-power spectrum of a set of images.

    The power of the luminance is averaged over all images and over rings of one cycle per image (of its
    shorter side), from 1 to the Nyquist frequency, without the mean intensity. The error is the mean of
    |log10 of the ratio of the powers| over the rings. Power below the power of rounding to 8 bits counts as
    the latter, so that flat images have a finite error.

    Batches as for `require_pair`, with N at least 1, H and W at least 2, else ValueError. The error is at
    least 0, in powers of ten; 0 for equal spectra, lower is better.
    """
    require_pair(clean, denoised)
    if not len(clean) or min(clean.shape[-2:]) < 2:  # noqa: PLR2004
        raise ValueError(f"a spectrum needs images of at least 2 x 2 pixels, got {tuple(clean.shape)}")
    return power_error(*(summed_power(images) / len(images) for images in (clean, denoised)))


def summed_power(images: torch.Tensor) -> NDArray[np.float64]:
    """Return the power of each frequency of the luminance, (H, W), summed over images (N, C, H, W)."""
    pixels = luminance(images)[:, 0].cpu().numpy().astype(np.float64)
    power: NDArray[np.float64] = np.square(np.abs(np.fft.fft2(pixels, norm="ortho"))).sum(axis=0)
    return power


def power_error(clean: NDArray[np.float64], denoised: NDArray[np.float64]) -> float:
    """Return `spectrum_error` of the mean power of each frequency, shape (H, W)."""
    error = np.log10(_radial(denoised)) - np.log10(_radial(clean))
    return float(np.abs(error).mean())


def _radial(power: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean power in the rings 1, 2, ... up to Nyquist; for white noise it is the variance."""
    height, width = power.shape
    frequency = np.hypot(np.fft.fftfreq(height)[:, np.newaxis], np.fft.fftfreq(width))  # cycles per pixel
    shorter = min(height, width)
    ring = np.rint(frequency * shorter).astype(np.int64).ravel()
    rings = np.bincount(ring, weights=power.ravel()) / np.bincount(ring)
    return np.maximum(rings[1 : shorter // 2 + 1], ROUNDING_POWER)
