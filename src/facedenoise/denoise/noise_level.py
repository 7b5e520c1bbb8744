"""Find the noise of an image from the image alone, with the small network of `facedenoise.estimator`.

Cheap to import: what is heavy is imported when it is needed.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from facedenoise.noise import MISSING, local_mean
from facedenoise.pictures.channels import colour_planes, white

if TYPE_CHECKING:
    from facedenoise.estimator.network import NoiseEstimator

ESTIMATOR = Path(__file__).parents[1] / "pretrained/estimator.safetensors"
"""The network's weights, which `stages/estimator.py` writes."""

_LEAST_SIDE = 32  # px; in less, noise cannot be told from detail
_WHITE = 255
_WINDOW = 48  # px; the size of the faces that the network learned on
_MOST_WINDOWS = 8  # down and across a large image
_LEAST_SIGMA = 0.004  # the weakest noise that the network learned; steep slopes, rounded, look like less
_HIDDEN = 0.1  # share of the windows in which noise may be hidden; texture is missing in more
_MOST_SATURATED = 0.9  # share of a window's pixels; where more are, noise is cut off


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
        (H, W), or (H, W, C) as `Denoiser` takes it: then medians over the colours are returned. A large image
        is judged by windows from all over it. One under 32 pixels high or wide counts as clean.
    """
    return estimate_noises([image])[0]


def estimate_noises(images: Sequence[NDArray[Any]]) -> list[NoiseEstimate]:
    """Estimate the noise of each of some images of one shape together; see `estimate_noise`."""
    from facedenoise.estimator.network import IMPULSES, LEVEL, NOISY, SHARE  # noqa: PLC0415 - slow

    if min(images[0].shape[:2]) < _LEAST_SIDE:
        return [NoiseEstimate()] * len(images)
    windows = np.stack([_windows(image) for image in images])  # (N, C, windows, h, w)
    answers = _answers(windows)
    middle = np.median(answers, axis=2)
    variances = np.exp(middle[..., LEVEL]) * _is_everywhere(windows, answers[..., NOISY])
    impulses = _is_everywhere(windows, answers[..., IMPULSES]) / (1 + np.exp(-middle[..., [SHARE]]))
    found = np.median(np.concatenate([variances, impulses], axis=-1), axis=1)
    powers = np.stack([((windows / _WHITE) ** power).mean((1, 2, 3, 4)) for power in range(3)], axis=-1)
    sigmas = np.sqrt((found[:, :3] * powers).sum(-1))
    weak = sigmas < _LEAST_SIGMA
    found[weak, :3], sigmas[weak] = 0, 0
    return [NoiseEstimate(*each) for each in np.column_stack([found, sigmas]).tolist()]


def _is_everywhere(windows: NDArray[np.uint8], logits: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Return whether nearly all windows show a noise, (N, C, 1): else it is texture."""
    saturated = ((windows == 0) | (windows == _WHITE)).mean((-2, -1))
    most = np.maximum(saturated.min(-1, keepdims=True), _MOST_SATURATED)
    counted = np.where(saturated <= most, logits, np.nan)
    return np.nanquantile(counted, _HIDDEN, axis=-1, keepdims=True) > 0


def _windows(image: NDArray[Any]) -> NDArray[np.uint8]:
    """Return windows of each colour, evenly spread, in 8 bits: (C, windows, h, w)."""
    planes = colour_planes(image)
    sides = [min(side, _WINDOW) for side in planes.shape[1:]]
    tops, lefts = (_starts(whole, side) for whole, side in zip(planes.shape[1:], sides, strict=True))
    windows = sliding_window_view(planes, sides, axis=(1, 2))[:, tops[:, np.newaxis], lefts]
    scaled = windows.reshape(len(planes), -1, *sides) * (_WHITE / np.float32(white(image.dtype)))
    return np.rint(scaled).astype(np.uint8)


def _starts(whole: int, side: int) -> NDArray[np.int64]:
    count = min(-(-whole // side), _MOST_WINDOWS)
    return np.linspace(0, whole - side, count).astype(np.int64)


def _answers(windows: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Send windows, (..., h, w), through the network; return its answers, (..., outputs)."""
    import torch  # noqa: PLC0415 - slow

    from facedenoise.estimator.network import judge  # noqa: PLC0415 - slow

    stacked = torch.from_numpy(windows).flatten(0, -3).unsqueeze(1)
    return judge(_network(), stacked).numpy().reshape(*windows.shape[:-2], -1)


@cache
def _network() -> "NoiseEstimator":
    from facedenoise.estimator.network import KIND, NoiseEstimator  # noqa: PLC0415 - slow
    from facedenoise.models.weights import load_network  # noqa: PLC0415 - slow

    return load_network(ESTIMATOR, KIND, NoiseEstimator)
