"""The perception-distortion plane: how much PSNR a denoiser loses, and how much realism it gains.

Blau & Michaeli, "The perception-distortion tradeoff", 2018.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.optimize import brentq
from torch import Tensor

from facedenoise.evaluation.judge import Traits, distances
from facedenoise.evaluation.rounding import rounded

GAN_SHARES = (25, 50, 75)  # per cent, blended with the U-Net
NOISY_SHARES = (5, 10, 20, 40)
EQUAL = "unet_noisy_equal"
Point = dict[str, float]


class Blend(NamedTuple):
    """Two methods' images of the same faces, and the share that the second has in what they make up."""

    one: str
    other: str
    share: float

    def of(self, images: Mapping[str, Tensor]) -> Tensor:
        """Return the blended images of a batch, which `images` has by method."""
        return (
            torch.lerp(images[self.one], images[self.other], self.share) if self.share else images[self.one]
        )


def blends() -> dict[str, Blend]:
    """Return what is placed on the plane: `noisy`, `unet`, `gan`, `unet_gan_SHARE`, `unet_noisy_SHARE`.

    The share is in per cent. Adding a little of the noisy input back to the best estimate also restores
    texture. A GAN has gained nothing if, at the same PSNR, this blend is as near to the clean faces.
    """
    alone = {name: Blend(name, name, 0.0) for name in ("noisy", "unet", "gan")}
    with_gan = {f"unet_gan_{share}": Blend("unet", "gan", share / 100) for share in GAN_SHARES}
    with_noisy = {f"unet_noisy_{share}": Blend("unet", "noisy", share / 100) for share in NOISY_SHARES}
    return alone | with_gan | with_noisy


def point(psnr: NDArray[np.float64], clean: Traits, images: Traits) -> Point:
    """Place images on the plane: `psnr`, the mean of theirs in dB, `frechet` and `spectrum_error`."""
    return {"psnr": rounded(psnr.mean()), **distances(clean, images)}


def equal_blend(points: Mapping[str, Point], mean_psnr: Callable[[Blend], float]) -> Blend | None:
    """Return the blend of U-Net and noisy images with the PSNR of the GAN; None if there is none.

    There is one if the noisy images have a lower PSNR than the GAN, and the U-Net has a higher one.
    """
    noisy, target, unet = (points[name]["psnr"] for name in ("noisy", "gan", "unet"))
    if not noisy < target < unet:
        return None
    return Blend("unet", "noisy", equal_share(lambda share: mean_psnr(Blend("unet", "noisy", share)), target))


def equal_share(mean_psnr: Callable[[float], float], target: float) -> float:
    """Return the share of the noisy images, in [0, 1], at which the mean PSNR of a blend is `target`.

    In dB, between its values at 0 and 1.
    """
    return float(brentq(lambda share: mean_psnr(share) - target, 0, 1, xtol=1e-4))
