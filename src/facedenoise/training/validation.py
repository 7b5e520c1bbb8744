"""Score a network on the validation split, in the middle of a training."""

import torch
from torch import nn

from facedenoise.data.tensors import to_float
from facedenoise.evaluation.metrics import psnr, ssim
from facedenoise.inference import denoise
from facedenoise.training.batches import Pairs
from facedenoise.training.loop import Validate


def validator(pairs: Pairs, device: torch.device) -> Validate:
    """Give the function that scores a network on these pairs, always on the same noise.

    Parameters
    ----------
    pairs : Pairs
        The validation split.
    device : torch.device
        Where the networks are.

    Returns
    -------
    callable
        Maps a network to its mean `val_psnr` in dB and `val_ssim`.
    """
    clean, noisy = to_float(pairs.clean), to_float(pairs.noisy)

    def validate(network: nn.Module) -> dict[str, float]:
        denoised = denoise(network, noisy.to(device)).cpu()
        return {
            "val_psnr": float(psnr(clean, denoised).mean()),
            "val_ssim": float(ssim(clean, denoised).mean()),
        }

    return validate
