"""Score a network on the validation split during a training."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from facedenoise.images.fidelity import psnr, ssim
from facedenoise.images.tensors import to_float
from facedenoise.models.inference import denoise
from facedenoise.models.inputs import TaskNoise
from facedenoise.training.batches import Pairs
from facedenoise.training.loop import Validate

PIECE = 256  # images in memory at a time: whole batches of `denoise`, so that the cuts change no bit


def validator(pairs: Pairs, noise: TaskNoise, device: torch.device, *, told: bool) -> Validate:
    """Return the function that scores a network on these pairs, always on the same noise.

    It holds a piece of the split in memory, and 16 bytes of each image.

    Parameters
    ----------
    pairs : Pairs
        The validation split.
    noise : TaskNoise
        Its noise, draw 0.
    device : torch.device
        Where the networks are.
    told : bool
        Whether they are told the level of the noise.

    Returns
    -------
    callable
        Maps a network to its mean `val_psnr` in dB and `val_ssim`.
    """
    pieces = list(zip(*(part.split(PIECE) for part in (pairs.clean, pairs.noisy, pairs.rows)), strict=True))

    def score(network: nn.Module, clean: Tensor, noisy: Tensor, rows: Tensor) -> NDArray[np.float64]:
        """Return PSNR and SSIM of each image: shape (2, N)."""
        inputs = noise.inputs(noisy, rows, told=told).to(device)
        clean, denoised = to_float(clean), denoise(network, inputs).cpu()
        return np.stack([psnr(clean, denoised), ssim(clean, denoised)])

    def validate(network: nn.Module) -> dict[str, float]:
        scores = np.hstack([score(network, *piece) for piece in pieces])
        val_psnr, val_ssim = scores.mean(axis=1).tolist()
        return {"val_psnr": val_psnr, "val_ssim": val_ssim}

    return validate
