"""The discriminator: a PatchGAN on pairs of a noisy image and a candidate.

Isola et al., "Image-to-image translation with conditional adversarial networks" (pix2pix), 2017.
Spectral norm: Miyato et al., "Spectral normalization for generative adversarial networks", 2018.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from facedenoise.images.detail import fine_detail

SLOPE = 0.2  # of the leaky rectifier below zero, as in pix2pix


class PatchGAN(nn.Module):
    """Score for each patch of a candidate whether it is that of the clean image, given the noisy one.

    Every convolution but the last is 4x4; the first two halve the size. With three widths a score sees 24x24
    pixels: on a 48x48 face a patch is a feature of the face, not the face.

    Spectral norm bounds how fast a score changes with the pixels, so that faint texture would hardly count.
    Therefore the candidate's fine detail, amplified, is an additional input.

    Parameters
    ----------
    widths : sequence of int
        Channels of the convolutions before the last.
    channels : int, default 1
        Of an image: 1 for grey, 3 for RGB.
    """

    def __init__(self, widths: Sequence[int], *, channels: int = 1) -> None:
        super().__init__()
        self.channels = channels
        layers: list[nn.Module] = []
        for index, (before, after) in enumerate(zip([3 * channels, *widths], widths, strict=False)):
            convolution = nn.Conv2d(before, after, 4, stride=2 if index < 2 else 1, padding=1)  # noqa: PLR2004
            layers += [spectral_norm(convolution), nn.LeakyReLU(SLOPE)]
        self.layers = nn.Sequential(*layers, spectral_norm(nn.Conv2d(widths[-1], 1, 1)))

    def forward(self, noisy: Tensor, candidate: Tensor) -> Tensor:
        """Return a map of scores, about 1 where clean and 0 where denoised.

        Parameters
        ----------
        noisy, candidate : Tensor
            float32, about [0, 1], shape (N, C, H, W).

        Returns
        -------
        Tensor
            float32, shape (N, 1, h, w): one score a patch.
        """
        pair = torch.cat([noisy, candidate], dim=1)
        scores: Tensor = self.layers(torch.cat([2 * pair - 1, fine_detail(candidate)], dim=1))
        return scores.float()
