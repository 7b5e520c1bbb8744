"""The losses that the networks minimise."""

import torch
from torch import Tensor

CHARBONNIER_EPSILON = 1e-3
LEAST_ERROR = 2e-4  # added to the error of an image above epsilon, so that no image counts without bound
TYPICAL_ERROR = 0.02  # an image with this error counts once for any balance


def charbonnier(estimate: Tensor, clean: Tensor) -> Tensor:
    """Smooth absolute error of each pixel, sqrt(d^2 + epsilon^2) (Charbonnier et al. 1994; Lai et al. 2017).

    A denoised image is clipped to [0, 1] in the end. So an estimate below a black pixel or above a white one
    is right, and a network may be as sure of black and white as it likes.

    Parameters
    ----------
    estimate : Tensor
        float32, not clipped, shape (N, ...).
    clean : Tensor
        float32 in [0, 1], same shape.

    Returns
    -------
    Tensor
        Same shape.
    """
    clipped_to_clean = ((clean <= 0) & (estimate < 0)) | ((clean >= 1) & (estimate > 1))
    errors = torch.where(clipped_to_clean, 0, estimate - clean)
    return (torch.square(errors) + CHARBONNIER_EPSILON**2).sqrt()


def balanced(errors: Tensor, balance: float) -> Tensor:
    """Average the errors of images so that faint noise counts beside strong noise.

    The error of each image is divided by its own size to the power of `balance`. With 0 this is the mean.
    With 1 every image counts the same, as in the mean PSNR.

    Parameters
    ----------
    errors : Tensor
        What `charbonnier` returns, shape (N, ...).
    balance : float
        From 0 to 1.

    Returns
    -------
    Tensor
        Scalar.
    """
    if balance == 0:
        return errors.mean()
    of_images = errors.flatten(1).mean(1)
    sizes = of_images.detach() - CHARBONNIER_EPSILON + LEAST_ERROR
    return (of_images * (TYPICAL_ERROR / sizes) ** balance).mean()


def least_squares(scores: Tensor, label: float) -> Tensor:
    """Mean squared distance of patch scores to a label (Mao et al., "Least squares GAN", 2017)."""
    return torch.square(scores - label).mean()
