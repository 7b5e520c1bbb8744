"""Similarity of denoised faces as people perceive it, image by image, on intensities in [0, 1].

Both measures are defined on grey images; for RGB images they are computed on the luminance.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from facedenoise.images.fidelity import require_pair
from facedenoise.images.tensors import luminance

GRADIENT_CONSTANT = 170 / 255**2  # of Xue et al. 2014, for intensities in [0, 1]
HAAR_CONSTANT = 30.0  # C of Reisenhofer et al. 2018, for intensities in [0, 255]
HAAR_EXPONENT = 4.2  # alpha of Reisenhofer et al. 2018


def gmsd(clean: Tensor, denoised: Tensor) -> NDArray[np.float64]:
    """Gradient magnitude similarity deviation of each image: how unevenly its edges are degraded.

    Images are halved by 2 x 2 averages first and continued by zeros, as in the authors' code.

    Batches as for `require_pair`. Return shape (N,), at least 0; 0 for identical images, lower is better.

    References
    ----------
    Xue, Zhang, Mou & Bovik, "Gradient magnitude similarity deviation: a highly efficient perceptual image
    quality index", IEEE Transactions on Image Processing 23 (2014), equations 4 to 6.
    """
    require_pair(clean, denoised)
    truth, estimate = (_gradient_magnitude(_halved(images)) for images in (clean, denoised))
    similarity = _similarity(truth, estimate, GRADIENT_CONSTANT)
    deviations: NDArray[np.float64] = similarity.std(dim=(1, 2, 3), correction=0).numpy()
    return deviations


def haarpsi(clean: Tensor, denoised: Tensor) -> NDArray[np.float64]:
    """Haar wavelet-based perceptual similarity of each image.

    The two finest scales are compared, weighted by the third. Images are halved by 2 x 2 averages first
    and continued by zeros, as in the authors' code. Two black images, which have no weights, score 1.

    Batches as for `require_pair`. Return shape (N,), in [0, 1]; 1 for identical images.

    References
    ----------
    Reisenhofer, Bosse, Kutyniok & Wiegand, "A Haar wavelet-based perceptual similarity index for image
    quality assessment", Signal Processing: Image Communication 61 (2018), equations 8 to 10.
    """
    require_pair(clean, denoised)
    truth, estimate = (255 * _halved(images) for images in (clean, denoised))
    weights = torch.maximum(_haar_magnitude(truth, 3), _haar_magnitude(estimate, 3))
    fine, coarse = (
        _similarity(_haar_magnitude(truth, scale), _haar_magnitude(estimate, scale), HAAR_CONSTANT)
        for scale in (1, 2)
    )
    weighted = (weights * torch.sigmoid(HAAR_EXPONENT * (fine + coarse) / 2)).sum(dim=(1, 2, 3))
    total = weights.sum(dim=(1, 2, 3))
    average = torch.where(total > 0, weighted / total, torch.sigmoid(total.new_tensor(HAAR_EXPONENT)))
    scores: NDArray[np.float64] = (torch.logit(average) / HAAR_EXPONENT).square().numpy()
    return scores


def _halved(images: Tensor) -> Tensor:
    """Average 2 x 2 pixels of the luminance, in double precision on the CPU; zeros continue an odd side."""
    height, width = images.shape[-2:]
    padded = functional.pad(luminance(images).cpu().double(), (0, width % 2, 0, height % 2))
    return functional.avg_pool2d(padded, 2)


def _gradient_magnitude(images: Tensor) -> Tensor:
    """Length of the Prewitt gradient, shape (N, 1, H, W)."""
    horizontal = torch.tensor([[-1.0, 0.0, 1.0]], dtype=images.dtype).expand(3, 3) / 3
    kernels = torch.stack([horizontal, horizontal.T]).unsqueeze(1)
    return functional.conv2d(images, kernels, padding=1).square().sum(dim=1, keepdim=True).sqrt()


def _haar_magnitude(images: Tensor, scale: int) -> Tensor:
    """Absolute responses to the horizontal and vertical Haar wavelets of one scale, shape (N, 2, H, W)."""
    side = 2**scale
    before, after = side // 2 - 1, side // 2  # where an even kernel is centred in the authors' code
    vertical = torch.full((side, side), 1 / side, dtype=images.dtype)
    vertical[side // 2 :] *= -1
    kernels = torch.stack([vertical, vertical.T]).unsqueeze(1)
    return functional.conv2d(functional.pad(images, (before, after, before, after)), kernels).abs()


def _similarity(a: Tensor, b: Tensor, constant: float) -> Tensor:
    """Compare two maps of magnitudes point by point: 1 where they are equal, less where they differ."""
    return (2 * a * b + constant) / (a.square() + b.square() + constant)
