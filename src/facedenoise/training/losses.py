"""What the networks are trained on."""

import torch
from torch import Tensor

# Mean squared error, 60 dB: an image that is nearly right does not outweigh all others.
SMALLEST_ERROR = 1e-6


def log_error(estimate: Tensor, clean: Tensor) -> Tensor:
    """Logarithm of each image's mean squared error, averaged over images.

    In decibels and with the sign turned this is the mean PSNR, which the networks are judged by (Chen et al.,
    "HINet", 2021): an image that is easy to denoise counts as much as one that is hard. What doubles the
    error of all images adds the same to the loss whatever the task; 1 dB is 0.23.

    Parameters
    ----------
    estimate, clean : Tensor
        float32, same shape (N, 1, H, W).

    Returns
    -------
    Tensor
        Scalar.
    """
    squared = torch.square(estimate - clean).mean(dim=(1, 2, 3))
    return torch.log(squared + SMALLEST_ERROR).mean()


def least_squares(scores: Tensor, label: float) -> Tensor:
    """Mean squared distance of patch scores to a label (Mao et al., "Least squares GAN", 2017)."""
    return torch.square(scores - label).mean()
