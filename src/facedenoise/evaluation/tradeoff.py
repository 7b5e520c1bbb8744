"""The perception-distortion plane: how much PSNR a denoiser loses, and how much realism it gains.

Blau & Michaeli, "The perception-distortion tradeoff", 2018.
"""

import torch
from scipy.optimize import brentq
from torch import Tensor

from facedenoise.evaluation.judge import Judge
from facedenoise.evaluation.rounding import rounded
from facedenoise.images.fidelity import psnr

GAN_SHARES = (25, 50, 75)  # per cent, blended with the U-Net
NOISY_SHARES = (5, 10, 20, 40)
Point = dict[str, float]


def perception_distortion(noisy: Tensor, unet: Tensor, gan: Tensor, judge: Judge) -> dict[str, Point]:
    """Place a task's images and the blends between them on the plane.

    Adding a little of the noisy input back to the best estimate also restores texture. A GAN has gained
    nothing if, at the same PSNR, this blend is as near to the clean faces.

    Parameters
    ----------
    noisy, unet, gan : Tensor
        float32, shape (N, C, H, W), values in [0, 1]: the same test faces.
    judge : Judge
        Holds the clean faces.

    Returns
    -------
    dict of str to dict of str to float
        `psnr` (dB), `frechet` and `spectrum_error` of `noisy`, `unet`, `gan`, `unet_gan_SHARE` and
        `unet_noisy_SHARE` (the share of the second image in per cent). If the noisy images have a lower PSNR
        than the GAN, and the U-Net has a higher one, also `unet_noisy_equal`: the blend with the same PSNR
        as the GAN, its `share` in [0, 1] and its `two_sample`.
    """
    images = {"noisy": noisy, "unet": unet, "gan": gan}
    images |= {f"unet_gan_{share}": torch.lerp(unet, gan, share / 100) for share in GAN_SHARES}
    images |= {f"unet_noisy_{share}": torch.lerp(unet, noisy, share / 100) for share in NOISY_SHARES}
    points = {name: point(batch, judge) for name, batch in images.items()}
    if points["noisy"]["psnr"] < points["gan"]["psnr"] < points["unet"]["psnr"]:
        share = equal_share(judge.clean, unet, noisy, points["gan"]["psnr"])
        equal = torch.lerp(unet, noisy, share)
        points["unet_noisy_equal"] = {
            **point(equal, judge),
            "two_sample": judge.two_sample(equal),
            "share": rounded(share),
        }
    return points


def point(images: Tensor, judge: Judge) -> Point:
    """Place images on the plane."""
    return {
        "psnr": rounded(mean_psnr(judge.clean, images)),
        "frechet": judge.frechet(images),
        "spectrum_error": judge.spectrum_error(images),
    }


def equal_share(clean: Tensor, unet: Tensor, noisy: Tensor, target: float) -> float:
    """Return the share of the noisy image in the blend whose mean PSNR is `target`.

    Parameters
    ----------
    clean, unet, noisy : Tensor
        float32, shape (N, C, H, W), values in [0, 1].
    target : float
        In dB, between the PSNR of `noisy` and the PSNR of `unet`.

    Returns
    -------
    float
        In [0, 1].
    """

    def excess(share: float) -> float:
        return mean_psnr(clean, torch.lerp(unet, noisy, share)) - target

    return float(brentq(excess, 0, 1, xtol=1e-4))


def mean_psnr(clean: Tensor, images: Tensor) -> float:
    """Average the PSNR over images, in dB."""
    return float(psnr(clean, images).mean())
