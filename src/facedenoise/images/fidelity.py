"""Fidelity of denoised faces, image by image, over all channels, on the intensity range [0, 1]."""

import numpy as np
import torch
from numpy.typing import NDArray
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from facedenoise.images.tensors import require_batch

PSNR_CAP = 100.0  # dB; identical images would have an infinite PSNR, and no finite mean
SSIM_WINDOW = 7  # px; the uniform window of Wang et al. 2004 as scikit-image has it
SMALLEST_WINDOW = 3  # px; a window of one pixel has no variance


def psnr(clean: torch.Tensor, denoised: torch.Tensor) -> NDArray[np.float64]:
    """Peak signal-to-noise ratio of each image, by scikit-image with a data range of 1.

    Batches as for `require_pair`. Return shape (N,), in dB, at most `PSNR_CAP`.
    """
    with np.errstate(divide="ignore"):  # identical images: infinity, capped below
        ratios = [
            peak_signal_noise_ratio(truth, estimate, data_range=1)
            for truth, estimate in _image_pairs(clean, denoised)
        ]
    return np.minimum(np.array(ratios, dtype=np.float64), PSNR_CAP)


def ssim(clean: torch.Tensor, denoised: torch.Tensor) -> NDArray[np.float64]:
    """Structural similarity of each image, by scikit-image with a data range of 1.

    The window has 7 x 7 pixels, or the largest odd size that fits smaller images. The similarity of an RGB
    image is the mean of those of its channels.

    Batches as for `require_pair`, with H and W at least 3, else ValueError. Return shape (N,), in [-1, 1]; 1
    for identical images.

    References
    ----------
    Wang, Bovik, Sheikh & Simoncelli, "Image quality assessment: from error visibility to structural
    similarity", IEEE Transactions on Image Processing 13 (2004).
    """
    pairs = _image_pairs(clean, denoised)
    window = _ssim_window(clean.shape[-2], clean.shape[-1])
    similarities = [
        structural_similarity(truth, estimate, win_size=window, data_range=1, channel_axis=0)
        for truth, estimate in pairs
    ]
    return np.array(similarities, dtype=np.float64)


def require_pair(clean: torch.Tensor, denoised: torch.Tensor) -> None:
    """Check that two batches can be compared, image by image.

    Parameters
    ----------
    clean, denoised : torch.Tensor
        Expected: float32, the same shape, (N, 1, H, W) or (N, 3, H, W), values in [0, 1].

    Raises
    ------
    TypeError
        If a batch is not float32.
    ValueError
        If a batch has another shape or range, or the two differ in shape.
    """
    require_batch(clean)
    require_batch(denoised)
    if clean.shape != denoised.shape:
        raise ValueError(f"batches differ in shape: {tuple(clean.shape)} and {tuple(denoised.shape)}")


def _image_pairs(
    clean: torch.Tensor, denoised: torch.Tensor
) -> list[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Check two batches and pair their images, shape (C, H, W), in double precision."""
    require_pair(clean, denoised)
    # In single precision the variances of SSIM are differences of nearly equal numbers.
    truths, estimates = (batch.cpu().numpy().astype(np.float64) for batch in (clean, denoised))
    return list(zip(truths, estimates, strict=True))


def _ssim_window(height: int, width: int) -> int:
    """Return the side of the largest SSIM window, odd, that fits an image."""
    shorter = min(height, width)
    if shorter < SMALLEST_WINDOW:
        raise ValueError(f"SSIM needs images of at least 3 x 3 pixels, got {height} x {width}")
    return min(SSIM_WINDOW, shorter if shorter % 2 else shorter - 1)
