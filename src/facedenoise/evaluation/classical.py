"""Classical denoising: what a learned denoiser has to beat."""

import numpy as np
import torch
from skimage.filters import median

from facedenoise.data.tensors import require_batch

WINDOW = np.ones((1, 1, 3, 3), dtype=bool)  # one image of the batch, 3 x 3 pixels


def median_filter(images: torch.Tensor) -> torch.Tensor:
    """Replace each pixel by the median of its 3 x 3 neighbourhood, the border continued outwards.

    Parameters
    ----------
    images : torch.Tensor
        float32, shape (N, 1, H, W), values in [0, 1].

    Returns
    -------
    torch.Tensor
        float32 in [0, 1], same shape, on the CPU.

    Raises
    ------
    TypeError
        If `images` is not float32.
    ValueError
        If `images` has another shape or range.
    """
    noisy = require_batch(images).cpu().numpy()
    return torch.from_numpy(median(noisy, footprint=WINDOW))
