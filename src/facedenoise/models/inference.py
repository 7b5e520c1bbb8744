"""Use a trained denoiser."""

from pathlib import Path

import torch
from torch import Tensor, nn

from facedenoise.images.tensors import require_batch
from facedenoise.models import KIND
from facedenoise.models.attention_unet import AttentionUNet
from facedenoise.models.weights import load_network


def load_denoiser(path: Path) -> AttentionUNet:
    """Rebuild a denoiser from a `unet.safetensors` or `gan.safetensors`; see `load_network`."""
    return load_network(path, KIND, AttentionUNet)


@torch.inference_mode()
def denoise(network: nn.Module, noisy: Tensor, batch_size: int = 64) -> Tensor:
    """Denoise a batch of images in float32.

    Parameters
    ----------
    network : nn.Module
        A denoiser.
    noisy : Tensor
        float32 in [0, 1], shape (N, C, H, W), with C = 1 for grey and 3 for RGB; (N, 2C, H, W) with the level
        of the noise, for one that is told.
    batch_size : int, default 64
        Images at a time: few fit the caches; changes no result beyond rounding.

    Returns
    -------
    Tensor
        float32 in [0, 1], shape (N, C, H, W).
    """
    channels = noisy.shape[1]
    images = require_batch(noisy if channels % 2 else noisy[:, : channels // 2])
    parts = [network(part).clamp(0, 1) for part in noisy.split(batch_size)]
    return torch.cat(parts) if parts else images
