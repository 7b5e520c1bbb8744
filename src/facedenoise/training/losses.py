"""The losses that the networks minimise."""

import torch
from torch import Tensor

CHARBONNIER_EPSILON = 1e-3


def charbonnier(estimate: Tensor, clean: Tensor) -> Tensor:
    """Smooth absolute error, mean of sqrt(d^2 + epsilon^2) (Charbonnier et al. 1994; Lai et al. 2017).

    Parameters
    ----------
    estimate, clean : Tensor
        float32, same shape.

    Returns
    -------
    Tensor
        Scalar.
    """
    return (torch.square(estimate - clean) + CHARBONNIER_EPSILON**2).sqrt().mean()


def least_squares(scores: Tensor, label: float) -> Tensor:
    """Mean squared distance of patch scores to a label (Mao et al., "Least squares GAN", 2017)."""
    return torch.square(scores - label).mean()
