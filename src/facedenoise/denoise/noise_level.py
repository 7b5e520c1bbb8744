"""Find the noise of an image from the image alone, with the small network of `facedenoise.estimator`.

Cheap to import: what is heavy is imported when it is needed.
"""

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from facedenoise.denoise.compression import is_coarse_jpeg
from facedenoise.denoise.depth import white_of
from facedenoise.denoise.windows import WHITE, judged_windows
from facedenoise.noise import MISSING, local_mean
from facedenoise.pictures.channels import colour_planes
from facedenoise.pictures.channels import white as type_white

if TYPE_CHECKING:
    from facedenoise.estimator.network import NoiseEstimator

ESTIMATOR = Path(__file__).parents[1] / "pretrained/estimator.safetensors"
"""The network's weights, which `stages/estimator.py` writes."""

_LEAST_SIGMA = 0.004  # the weakest noise that the network learned; steep slopes, rounded, look like less
_HIDDEN = 0.1  # share of the windows in which noise may be hidden; texture is missing in more
_MOST_SATURATED = 0.9  # share of a window's pixels; where more are, noise is cut off
_MANY, _SURE = 9, 3.3  # windows of a large picture, and their median logit: below it are grass and gravel
_HARDLY_ANY = 0.05  # share of the pixels; impulses leave more of them grey
_FEW_TONES, _APART = 16, 8  # of a dither, and grey levels from one to the next

_TOO_SMALL = "less than 32 pixels high or wide, too small to judge"
_DOTS = "hardly any grey tones, taken for dots and not for noise"
_COMPRESSED = "JPEG compression may hide noise"
_FEWER_BITS = "values below {:,}, read as {} bits"


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

    remark: str = ""
    """What else is to be known of the image, such as why noise in it may not have been found."""

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

        Raises a ValueError if it is not above 0, or above 1.
        """
        if not 0 < sigma <= 1:
            raise ValueError(f"sigma is the standard deviation where white is 1, above 0; got {sigma}")
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

    A large image is judged by windows from all over it. Borders of one colour or that only grow brighter, and
    pixels under alpha 0, do not count. Where less than 32 pixels of the height or width are left, the image
    counts as clean, as do dots in a few tones.

    Parameters
    ----------
    image : ndarray of uint8, uint16, or floating point in [0, 1]
        (H, W), or (H, W, C) as `Denoiser` takes it: then medians over the colours are returned.
    """
    planes = colour_planes(image)
    white, windows = white_of(planes), judged_windows(image)
    remarks = [] if white == type_white(image.dtype) else [_FEWER_BITS.format(white + 1, white.bit_length())]
    if windows.size == 0:
        return NoiseEstimate(remark="; ".join([_TOO_SMALL, *remarks]))
    found = _found(windows)
    if _are_dots(windows, found):
        return NoiseEstimate(remark="; ".join([_DOTS, *remarks]))
    if is_coarse_jpeg(planes, white):
        remarks.insert(0, _COMPRESSED)
    return replace(found, remark="; ".join(remarks))


def _found(windows: NDArray[np.uint8]) -> NoiseEstimate:
    """Return what the network finds in windows, (C, windows, h, w)."""
    from facedenoise.estimator.network import IMPULSES, LEVEL, NOISY, SHARE  # noqa: PLC0415 - slow

    answers = _answers(windows)
    middle = np.median(answers, axis=1)
    is_noisy = _is_everywhere(windows, answers[..., NOISY]) & _is_sure(answers[..., NOISY])
    variances = np.exp(middle[:, LEVEL]) * is_noisy
    impulses = _is_everywhere(windows, answers[..., IMPULSES]) / (1 + np.exp(-middle[:, [SHARE]]))
    found = np.median(np.concatenate([variances, impulses], axis=-1), axis=0)
    powers = np.stack([((windows / WHITE) ** power).mean() for power in range(3)])
    sigma = np.sqrt((found[:3] * powers).sum())
    if sigma < _LEAST_SIGMA:
        found[:3], sigma = 0, 0
    constant, linear, quadratic, impulse_share = found.tolist()
    return NoiseEstimate(constant, linear, quadratic, impulse_share, float(sigma))


def _is_everywhere(windows: NDArray[np.uint8], logits: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Return whether nearly all windows show a noise, (C, 1): else it is texture."""
    saturated = ((windows == 0) | (windows == WHITE)).mean((-2, -1))
    most = np.maximum(saturated.min(-1, keepdims=True), _MOST_SATURATED)
    counted = np.where(saturated <= most, logits, np.nan)
    return np.nanquantile(counted, _HIDDEN, axis=-1, keepdims=True) > 0


def _is_sure(logits: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Return whether the windows of a large picture say so clearly, (C, 1): else it is fine texture."""
    is_large = logits.shape[-1] >= _MANY
    return (np.median(logits, axis=-1, keepdims=True) > _SURE) | (not is_large)


def _are_dots(windows: NDArray[np.uint8], found: NoiseEstimate) -> bool:
    """Return whether a picture is one of dots: of black and white alone, or of a few tones far apart."""
    counts = np.bincount(windows.ravel(), minlength=WHITE + 1)
    if counts[1:WHITE].sum() < _HARDLY_ANY * windows.size:
        return True
    tones = np.flatnonzero(counts)
    is_coarse = len(tones) <= _FEW_TONES and np.ptp(tones) >= _APART * (len(tones) - 1)
    return bool(is_coarse and (found.sigma > 0 or len(tones) == 2))  # noqa: PLR2004


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
