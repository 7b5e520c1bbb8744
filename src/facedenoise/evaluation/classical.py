"""Classical denoisers of scikit-image: the methods that a learned denoiser has to beat.

Each has one strength, tuned on validation faces; only inpainting has none. Images are denoised one by one.
Non-local means compares patches of all channels of an RGB image at once; the others take the channels singly.
"""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from skimage.filters import median
from skimage.restoration import (
    cycle_spin,
    denoise_nl_means,
    denoise_tv_chambolle,
    denoise_wavelet,
    inpaint_biharmonic,
)

from facedenoise.evaluation.rounding import rounded
from facedenoise.images.fidelity import psnr, require_pair
from facedenoise.images.tensors import require_batch
from facedenoise.noise import Noise

Image = NDArray[np.float32]  # one image, shape (H, W, C), values in [0, 1]

WINDOWS = (3.0, 5.0)  # px
STRENGTHS = tuple(0.005 * 2.0**octave for octave in range(8))  # 0.005 to 0.64, on intensities in [0, 1]
REFINEMENTS = tuple(2.0**octaves for octaves in (1 / 2, 1 / 4, 1 / 8))
TUNING_IMAGES = 100  # 400 real faces give the same strengths


class Tuned(NamedTuple):
    """The best strength of a method, None where it has none, and its PSNR in dB on the tuning images."""

    strength: float | None
    psnr: float


def methods_for(noise: Noise) -> tuple[str, ...]:
    """Return the methods for a noise; inpainting only if all unsaturated pixels are clean."""
    everywhere = ("median", "nlm", "tv", "wavelet")
    return (*everywhere, "biharmonic") if noise.keeps_unsaturated else everywhere


def tune(method: str, noisy: torch.Tensor, clean: torch.Tensor) -> Tuned:
    """Find the strength with the highest mean PSNR: in steps of an octave, then finer around the best.

    Uses at most `TUNING_IMAGES` evenly spaced images.

    Parameters
    ----------
    method : str
        One of `methods_for`; KeyError for another.
    noisy, clean : torch.Tensor
        Validation images, at least one; see `require_pair`.

    Returns
    -------
    Tuned
        Strength and PSNR, rounded to 4 decimals.
    """
    require_pair(clean, noisy)
    chosen = tuning_places(len(clean))
    score = partial(_mean_psnr, method, noisy[chosen], clean[chosen])
    match method:
        case "biharmonic":
            return Tuned(None, score(None))
        case "median":
            tried = {window: score(window) for window in WINDOWS}
        case _:
            tried = _search(score)
    best = max(tried, key=tried.__getitem__)
    return Tuned(best, tried[best])


def tuning_places(count: int) -> torch.Tensor:
    """Return the indices of the evenly spaced images, of so many, on which methods are tuned."""
    return torch.linspace(0, count - 1, min(count, TUNING_IMAGES), dtype=torch.float64).long()


def apply(method: str, noisy: torch.Tensor, strength: float | None) -> torch.Tensor:
    """Denoise each image of a batch by itself.

    ============  =========================================  ==========================================
    method        what it does                               strength
    ============  =========================================  ==========================================
    `median`      median of a square window                  side of the window, in px, odd
    `nlm`         non-local means (Buades et al. 2005)       distance `h` up to which patches are alike
    `tv`          total variation (Chambolle 2004)           weight of the variation
    `wavelet`     BayesShrink (Chang et al. 2000), averaged  standard deviation of the noise
                  over shifts (Coifman & Donoho 1995)
    `biharmonic`  saturated pixels are filled smoothly       None
                  (Damelin & Hoang 2018)
    ============  =========================================  ==========================================

    Parameters
    ----------
    method : str
        One of the above; KeyError for another.
    noisy : torch.Tensor
        See `require_batch`.
    strength : float or None
        See the table: above 0, on intensities in [0, 1].

    Returns
    -------
    torch.Tensor
        float32 in [0, 1], same shape, on the CPU.
    """
    denoise_one = _DENOISERS[method]
    images = require_batch(noisy).cpu().movedim(1, -1).numpy()
    denoised = np.empty_like(images)
    for index, image in enumerate(images):
        # Non-local means returns a grey image without the axis of its channel.
        denoised[index] = denoise_one(image, strength).reshape(image.shape)
    return torch.from_numpy(denoised.clip(0, 1)).movedim(-1, 1)


def _median(image: Image, window: float) -> Image:
    side = int(window)
    return median(image, footprint=np.ones((side, side, 1), dtype=bool))


def _nlm(image: Image, h: float) -> Image:
    # In a face of 48 px similar patches are near: a wider search is slower and worse.
    return denoise_nl_means(image, patch_size=5, patch_distance=2, h=h, fast_mode=True, channel_axis=-1)


def _tv(image: Image, weight: float) -> Image:
    return denoise_tv_chambolle(image, weight, channel_axis=-1)


def _wavelet(image: Image, sigma: float) -> Image:
    settings = {"sigma": sigma, "wavelet": "db2", "wavelet_levels": 2, "rescale_sigma": False}
    shrunk = partial(denoise_wavelet, **settings, channel_axis=-1)
    return cycle_spin(image, shrunk, max_shifts=1, workers=1, channel_axis=-1)


def _biharmonic(image: Image, _strength: None) -> Image:
    return np.stack([_inpainted(channel) for channel in np.moveaxis(image, -1, 0)], axis=-1)


def _inpainted(channel: Image) -> Image:
    saturated = (channel == 0) | (channel == 1)
    return channel if saturated.all() else inpaint_biharmonic(channel, saturated)


_DENOISERS: dict[str, Callable[..., Image]] = {
    "median": _median,
    "nlm": _nlm,
    "tv": _tv,
    "wavelet": _wavelet,
    "biharmonic": _biharmonic,
}


def _mean_psnr(method: str, noisy: torch.Tensor, clean: torch.Tensor, strength: float | None) -> float:
    return rounded(psnr(clean, apply(method, noisy, strength)).mean())


def _search(score: Callable[[float], float]) -> dict[float, float]:
    """Score all octaves, then the neighbours of the best at ever smaller ratios."""
    tried = {strength: score(strength) for strength in STRENGTHS}
    for ratio in REFINEMENTS:
        best = max(tried, key=tried.__getitem__)
        for neighbour in (best / ratio, best * ratio):
            strength = rounded(neighbour)
            tried[strength] = score(strength)
    return tried
