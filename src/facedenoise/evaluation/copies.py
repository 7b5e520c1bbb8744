"""Which test faces a network has seen: those whose exact copy stands among the training faces."""

import numpy as np
import torch
from numpy.typing import NDArray


def has_copy(images: torch.Tensor, among: torch.Tensor) -> NDArray[np.bool_]:
    """Mark the images that also stand, pixel for pixel, among others.

    Parameters
    ----------
    images, among : torch.Tensor
        uint8, shapes (N, 1, H, W) and (M, 1, H, W).

    Returns
    -------
    NDArray[np.bool_]
        Shape (N,).
    """
    others = {image.tobytes() for image in among.numpy()}
    return np.array([image.tobytes() in others for image in images.numpy()], dtype=np.bool_)
