"""Measure the noise of an image from the image alone.

Salt-and-pepper noise shows in lone black or white pixels. The black pixels of a text have black neighbours,
and strong Gaussian noise that is cut off at black and white leaves many pixels just short of them, too.

Gaussian noise is everywhere and texture is not: so its strength is read off where the image is smoothest,
from the response of a mask that is blind to slopes (Immerkaer, "Fast noise variance estimation", 1996).

The numbers below were set on faces of FER2013, clean and with the noise of the three default tasks; those of
the impulses on test faces, photographs and texts.
"""

from dataclasses import dataclass, replace
from math import inf
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import convolve, maximum_filter, median_filter, uniform_filter

from facedenoise.noise import MISSING, local_mean
from facedenoise.pictures.channels import colour_planes, white

_LEAST_SIGMA = 0.016  # estimated below it: as clean as most faces are
_LEAST_IMPULSES = 0.033  # share of pixels; salt-and-pepper faces have more, other faces and texts less

_CONTRAST = 0.25  # of an impulse to the median around it
_MOST_ALIKE = 1  # of the 8 neighbours of an impulse may be saturated alike
_AROUND = np.array([[1, 1, 1], [1, 0, 1], [1, 1, 1]], np.uint8)  # the 8 neighbours
_SHORT = 0.05  # intensity to black or white, of what is nearly an impulse
_MOST_SHORT = 0.22  # of them for each impulse; noise that is cut off has more
_SMOOTHEST = 0.03  # share of the places that are taken for flat
_LEAST_WHOLE = 0.02  # share of the places without black and white that suffices
_FLAT_TO_SIGMA = 1.61  # by how much sigma exceeds the local strength at the smoothest places of pure noise
_MASK = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32) / 6  # keeps the strength of white noise
_WINDOW = 5  # px; of a place
_REACH = _WINDOW // 2 + 1  # px; how far a place sees, mask and window
_LEAST_SIDE = 2 * _REACH + 1  # px; holds one place

_PATCH, _PATCHES = 256, 16  # px; where a large image is looked at


@dataclass(frozen=True)
class NoiseEstimate:
    """What was found of an image's noise; a clean image has 0 everywhere.

    The variance of a pixel's noise depends on its clean intensity x in [0, 1]: constant + linear * x +
    quadratic * x^2 (Foi et al., "Practical Poissonian-Gaussian noise modeling and fitting for single-image
    raw-data", 2008). The first is that of Gaussian noise, the second of Poisson noise, the third of speckle.
    """

    constant: float = 0.0
    linear: float = 0.0
    quadratic: float = 0.0
    impulses: float = 0.0
    """Share of the pixels that were replaced by black or white."""

    sigma: float = 0.0
    """Standard deviation over the whole image, on intensities in [0, 1]: the root of the mean variance."""

    @property
    def has_impulses(self) -> bool:
        """Whether pixels were replaced by black or white."""
        return self.impulses > 0

    @property
    def is_clean(self) -> bool:
        """Whether there is no noise."""
        return not self.has_impulses and self.sigma == 0

    def with_sigma(self, sigma: float) -> "NoiseEstimate":
        """Return Gaussian noise of this standard deviation, with the same impulses.

        Raises a ValueError if it is not above 0.
        """
        if not 0 < sigma < inf:
            raise ValueError(f"sigma is the standard deviation of the noise, above 0; got {sigma}")
        return NoiseEstimate(constant=sigma**2, impulses=self.impulses, sigma=sigma)

    def times(self, strength: float) -> "NoiseEstimate":
        """Return noise of so many times the standard deviation, with the same impulses."""
        names = ("constant", "linear", "quadratic")
        variances = {name: strength**2 * getattr(self, name) for name in names}
        return replace(self, **variances, sigma=strength * self.sigma)

    def level(self, plane: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return what a denoiser is told of each pixel: the standard deviation of its noise.

        Parameters
        ----------
        plane : ndarray of float32 in [0, 1], shape (H, W)
            The noisy image, or one of its colours.

        Returns
        -------
        ndarray of float32, shape (H, W)
            `facedenoise.noise.MISSING` for black and white pixels where there are impulses.
        """
        mean = local_mean(np.rint(255 * plane).astype(np.uint8))
        level = np.sqrt(self.constant + mean * (self.linear + mean * self.quadratic), dtype=np.float32)
        missing = ((plane <= 0) | (plane >= 1)) & self.has_impulses
        return np.where(missing, np.float32(MISSING), level)

    def __str__(self) -> str:
        level = f"sigma {self.sigma:.3f}" if self.sigma else ""
        impulses = f"{self.impulses:.1%} of the pixels" if self.has_impulses else ""
        return " and ".join(filter(None, (level, impulses)))


def estimate_noise(image: NDArray[Any]) -> NoiseEstimate:
    """Estimate the noise of an image.

    Parameters
    ----------
    image : ndarray of uint8, uint16, or floating point in [0, 1]
        (H, W), or (H, W, C) as `Denoiser` takes it: then medians over the colours are returned. Of a large
        image a fixed choice of patches is measured. One under 7 pixels high or wide counts as clean.
    """
    if min(image.shape[:2]) < _LEAST_SIDE:
        return NoiseEstimate()
    largest = np.float32(white(image.dtype))
    planes = [_patches(plane).astype(np.float32) / largest for plane in colour_planes(image)]
    sigma = float(np.median([_estimate_sigma(patches) for patches in planes]))
    impulses = float(np.median([_share_of_impulses(patches) for patches in planes]))
    if impulses >= _LEAST_IMPULSES:
        return NoiseEstimate(impulses=impulses)
    return NoiseEstimate(constant=sigma**2, sigma=sigma) if sigma >= _LEAST_SIGMA else NoiseEstimate()


def _patches(plane: NDArray[Any]) -> NDArray[Any]:
    """Return (N, h, w): the whole image, or patches from all over a large one."""
    height, width = plane.shape
    if height * width <= _PATCHES * _PATCH**2:
        return plane[np.newaxis]
    size = min(_PATCH, height, width)
    rng = np.random.default_rng(0)  # the same patches each time
    tops = rng.integers(0, height - size + 1, _PATCHES)
    lefts = rng.integers(0, width - size + 1, _PATCHES)
    return np.stack([plane[y : y + size, x : x + size] for y, x in zip(tops, lefts, strict=True)])


def _share_of_impulses(patches: NDArray[np.float32]) -> float:
    outlying = abs(patches - median_filter(patches, size=(1, 3, 3))) > _CONTRAST
    impulses = outlying & (_lone(patches <= 0) | _lone(patches >= 1))
    nearly = outlying & ~_saturated(patches) & ((patches < _SHORT) | (patches > 1 - _SHORT))
    is_cut_off = nearly.mean() > _MOST_SHORT * impulses.mean()
    return 0.0 if is_cut_off else float(impulses.mean())


def _lone(chosen: NDArray[np.bool_]) -> NDArray[np.bool_]:
    alike = convolve(chosen.astype(np.uint8), _AROUND[np.newaxis], mode="constant")
    return chosen & (alike <= _MOST_ALIKE)


def _estimate_sigma(patches: NDArray[np.float32]) -> float:
    inside = np.s_[:, _REACH:-_REACH, _REACH:-_REACH]
    response = convolve(patches, _MASK[np.newaxis])
    strength = uniform_filter(response**2, (1, _WINDOW, _WINDOW))[inside]
    # Where noise is cut off at black or white, it looks weaker than it is.
    cut = maximum_filter(_saturated(patches), (1, 2 * _REACH + 1, 2 * _REACH + 1))[inside]
    enough = cut.mean() <= 1 - _LEAST_WHOLE
    smoothest = np.quantile(strength[~cut] if enough else strength, _SMOOTHEST)
    return float(_FLAT_TO_SIGMA * np.sqrt(max(smoothest, 0)))


def _saturated(patches: NDArray[np.float32]) -> NDArray[np.bool_]:
    return (patches <= 0) | (patches >= 1)
