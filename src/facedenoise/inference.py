"""Use a trained denoiser."""

from pathlib import Path

import torch
from torch import Tensor, nn

from facedenoise.data.tensors import require_batch
from facedenoise.errors import InputError
from facedenoise.models.attention_unet import AttentionUNet
from facedenoise.models.weights import fill, read_weights
from facedenoise.training.device import placed


def load_denoiser(path: Path) -> AttentionUNet:
    """Rebuild a denoiser from its weights.

    Parameters
    ----------
    path : Path
        A `unet.safetensors` or `gan.safetensors` of the pipeline.

    Returns
    -------
    AttentionUNet
        In evaluation mode, on the CPU.

    Raises
    ------
    InputError
        If the file is missing, broken, or holds another kind of network.
    """
    weights, description = read_weights(path)
    try:
        network = AttentionUNet(**description["attention_unet"])
    except (KeyError, TypeError, ValueError):
        raise InputError(f"{path}: these weights are not those of a denoiser") from None
    fill(network, weights, path)
    return placed(network.eval(), torch.device("cpu"))


@torch.inference_mode()
def denoise(network: nn.Module, noisy: Tensor, batch_size: int = 64) -> Tensor:
    """Denoise a batch of images in float32.

    Parameters
    ----------
    network : nn.Module
        A denoiser.
    noisy : Tensor
        float32 in [0, 1], shape (N, 1, H, W).
    batch_size : int, default 64
        Images at a time: few fit the caches; changes no result beyond rounding.

    Returns
    -------
    Tensor
        float32 in [0, 1], same shape.
    """
    parts = [network(part).clamp(0, 1) for part in require_batch(noisy).split(batch_size)]
    return torch.cat(parts) if parts else noisy
