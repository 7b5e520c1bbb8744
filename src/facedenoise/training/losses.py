"""The losses that the networks minimise."""

import torch
from torch import Tensor

LEAST_SQUARED_ERROR = 1e-6  # added to that of each image, so that no PSNR exceeds 60 dB


def negative_psnr(estimate: Tensor, clean: Tensor) -> Tensor:
    """Minus the peak signal-to-noise ratio in dB, as a mean over images (Chen et al., "HINet", 2021).

    So a training maximises the score by which it is judged, and an image with faint noise counts as much as
    one with strong noise. A denoised image is clipped to [0, 1] in the end. So an estimate below a black
    pixel or above a white one is right, and a network may be as sure of black and white as it likes.

    Parameters
    ----------
    estimate : Tensor
        float32, not clipped, shape (N, ...).
    clean : Tensor
        float32 in [0, 1], same shape.

    Returns
    -------
    Tensor
        Scalar.
    """
    clipped_to_clean = ((clean <= 0) & (estimate < 0)) | ((clean >= 1) & (estimate > 1))
    errors = torch.where(clipped_to_clean, 0, estimate - clean)
    of_images = torch.square(errors).flatten(1).mean(1)
    return 10 * torch.log10(of_images + LEAST_SQUARED_ERROR).mean()


def least_squares(scores: Tensor, label: float) -> Tensor:
    """Mean squared distance of patch scores to a label (Mao et al., "Least squares GAN", 2017)."""
    return torch.square(scores - label).mean()
