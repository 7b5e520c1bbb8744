"""The denoiser: a residual Attention U-Net.

U-Net: Ronneberger et al., "U-Net: convolutional networks for biomedical image segmentation", 2015.
Gates: Oktay et al., "Attention U-Net: learning where to look for the pancreas", 2018.
Residual of the image: Zhang et al., "Beyond a Gaussian denoiser" (DnCNN), 2017.
Filling missing pixels: Knutsson & Westin, "Normalized and differential convolution", 1993.
Initial weights: Xiao et al., "Dynamical isometry and a mean field theory of CNNs", 2018.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import TypeVar

import torch
from torch import Tensor, nn
from torch.nn import functional

Convolution = TypeVar("Convolution", nn.Conv2d, nn.ConvTranspose2d)

OPEN_GATE = 3.0  # sigmoid(3) = 0.95: an untrained gate lets its skip pass
RELU_GAIN = nn.init.calculate_gain("relu")  # a ReLU takes away half of what a map passes on


class ResidualBlock(nn.Module):
    """x + conv(relu(conv(x))); the identity at first, as its last convolution starts at zero."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = orthogonal(nn.Conv2d(channels, channels, 3, padding=1), RELU_GAIN)
        self.second = zero_initialised(nn.Conv2d(channels, channels, 3, padding=1))

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, H, W) to the same shape."""
        return x + self.second(functional.relu(self.first(x)))


class AttentionGate(nn.Module):
    """Additive attention on a skip (Oktay et al. 2018, equation 1).

    alpha = sigmoid(psi(relu(W_x skip + W_g gating))), one number a position; the skip is multiplied by it.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        inner = max(channels // 2, 1)
        self.of_skip = orthogonal(nn.Conv2d(channels, inner, 1, bias=False))
        self.of_gating = orthogonal(nn.Conv2d(channels, inner, 1))
        self.psi = zero_initialised(nn.Conv2d(inner, 1, 1))
        nn.init.constant_(self.psi.bias, OPEN_GATE)  # type: ignore[arg-type]

    def forward(self, skip: Tensor, gating: Tensor) -> Tensor:
        """Multiply `skip` (N, C, H, W) by its attention under `gating`, of the same shape."""
        return skip * self.attention(skip, gating)

    def attention(self, skip: Tensor, gating: Tensor) -> Tensor:
        """Return the weights, (N, 1, H, W) in (0, 1)."""
        return torch.sigmoid(self.psi(functional.relu(self.of_skip(skip) + self.of_gating(gating))))


class Up(nn.Module):
    """Double the size, bring in the gated skip, and refine."""

    def __init__(self, channels_in: int, channels_out: int, blocks: int, *, attention: bool) -> None:
        super().__init__()
        self.grow = orthogonal(nn.ConvTranspose2d(channels_in, channels_out, 2, stride=2))
        self.gate = AttentionGate(channels_out) if attention else None
        self.merge = orthogonal(nn.Conv2d(2 * channels_out, channels_out, 1))
        self.refine = residual_blocks(channels_out, blocks)

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        """Map x (N, C_in, H, W) and skip (N, C_out, 2H, 2W) to (N, C_out, 2H, 2W)."""
        x = self.grow(x)
        skip = skip if self.gate is None else self.gate(skip, x)
        merged: Tensor = self.refine(self.merge(torch.cat([skip, x], dim=1)))
        return merged


class AttentionUNet(nn.Module):
    """Estimate the clean image: the input, or the input with its missing pixels filled, plus a residual.

    The network sees that image and four masks (0 or 1) with as many channels each: of the input's black and
    of its white pixels, first of those that are known, then of those that are missing. So what a network
    learns of clipped noise does not disturb what its successor learns of missing pixels. A network that is
    told the level of the noise also sees the square root of it.

    Parameters
    ----------
    widths : sequence of int
        Channels at full size, half size, quarter size, ...; at least two.
    blocks : sequence of int
        Residual blocks at each of these sizes, on the way down and again on the way up.
    attention : bool, default True
        Gate the skips; False gives the plain U-Net.
    channels : int, default 1
        Of an image: 1 for grey, 3 for RGB.
    keep_unsaturated : bool, default False
        Copy pixels strictly between 0 and 1 from the input, and treat the others as missing: the network sees
        and corrects an image in which they are filled from their neighbours. Right for salt-and-pepper noise,
        where unsaturated pixels are clean.
    level : bool, default False
        Take the level of the noise as further channels of the input, one for each of the image: pixels of
        level 0 are copied, those of level 1 are missing. Then `keep_unsaturated` says nothing new, and must
        be left out.
    """

    def __init__(
        self,
        widths: Sequence[int],
        blocks: Sequence[int],
        *,
        channels: int = 1,
        attention: bool = True,
        keep_unsaturated: bool = False,
        level: bool = False,
    ) -> None:
        super().__init__()
        self.channels = channels
        self.keep_unsaturated = keep_unsaturated
        self.level = level
        steps = list(pairwise(widths))
        self.stem = orthogonal(nn.Conv2d((6 if level else 5) * channels, widths[0], 3, padding=1))
        self.encoders = nn.ModuleList(
            residual_blocks(width, n) for width, n in zip(widths, blocks, strict=True)
        )
        self.downs = nn.ModuleList(orthogonal(nn.Conv2d(wide, deep, 2, stride=2)) for wide, deep in steps)
        self.ups = nn.ModuleList(
            Up(deep, wide, n, attention=attention)
            for (wide, deep), n in reversed(list(zip(steps, blocks, strict=False)))
        )
        self.head = zero_initialised(nn.Conv2d(widths[0], channels, 3, padding=1))

    @property
    def stride(self) -> int:
        """The side of a pixel of the smallest feature map, in pixels of the image."""
        return int(2 ** len(self.downs))

    @property
    def radius(self) -> int:
        """The largest distance, in pixels of the image, at which one pixel can influence another.

        Each 3x3 convolution reaches one pixel of its feature map further: the first and the last at full
        size, and two in each residual block. The blocks of each size run twice, on the way down and on the
        way up; those of the smallest size once. Halving and doubling together reach across one pixel of the
        smallest feature map. Filling reaches the neighbours.
        """
        *passed_twice, smallest = (len(list(encoder.children())) for encoder in self.encoders)
        twice = sum(2 * 2 * count * 2**level for level, count in enumerate(passed_twice))
        return (
            2 + (self.keep_unsaturated or self.level) + twice + 2 * smallest * self.stride + self.stride - 1
        )

    def forward(self, noisy: Tensor) -> Tensor:
        """Denoise.

        Parameters
        ----------
        noisy : Tensor
            float32 in [0, 1], shape (N, C, H, W), any height and width; (N, 2C, H, W), with the level of the
            noise in the last C channels, if the network is told it.

        Returns
        -------
        Tensor
            float32, shape (N, C, H, W); not clipped, so that gradients pass.
        """
        height, width = noisy.shape[-2:]
        padding = (0, -width % self.stride, 0, -height % self.stride)
        padded = functional.pad(noisy, padding, mode="replicate") if any(padding) else noisy
        image, level = padded[:, : self.channels], padded[:, self.channels :]
        black, white = (image <= 0).to(image.dtype), (image >= 1).to(image.dtype)
        missing, wrong = self._judged(black + white, level)
        image = filled(image, missing)
        known = 1 - missing
        masks = [black * known, white * known, black * missing, white * missing]
        features = self.features(torch.cat([image, *masks, level.sqrt()], dim=1))
        # The sum is taken in float32: bfloat16 would round the image itself.
        residual = self.head(features).float() * wrong
        return (image + residual)[..., :height, :width]

    def _judged(self, saturated: Tensor, level: Tensor) -> tuple[Tensor, Tensor]:
        """Return the masks of the pixels that are missing and of those that may be wrong."""
        if self.level:
            return (level >= 1).to(level.dtype), (level > 0).to(level.dtype)
        if self.keep_unsaturated:
            return saturated, saturated
        return torch.zeros_like(saturated), torch.ones_like(saturated)

    def features(self, x: Tensor) -> Tensor:
        """Map the input channels (N, 5C or 6C, H, W) to features (N, widths[0], H, W)."""
        x = self.encoders[0](self.stem(x))
        skips = []
        for down, encoder in zip(self.downs, self.encoders[1:], strict=True):
            skips.append(x)
            x = encoder(down(x))
        for up, skip in zip(self.ups, reversed(skips), strict=True):
            x = up(x, skip)
        return x


def filled(image: Tensor, missing: Tensor) -> Tensor:
    """Replace each missing pixel by the mean of its known neighbours, out of eight in its channel.

    Parameters
    ----------
    image : Tensor
        Shape (N, C, H, W).
    missing : Tensor
        1 where a pixel is missing, else 0; same shape and dtype.

    Returns
    -------
    Tensor
        Same shape; a pixel without a known neighbour stays as it is.
    """
    known = 1 - missing
    share = functional.avg_pool2d(known, 3, stride=1, padding=1)
    mean = functional.avg_pool2d(image * known, 3, stride=1, padding=1) / share.clamp_min(1 / 9)
    return torch.where((missing > 0) & (share > 0), mean, image)


def residual_blocks(channels: int, count: int) -> nn.Sequential:
    """Chain residual blocks."""
    return nn.Sequential(*(ResidualBlock(channels) for _ in range(count)))


def orthogonal(layer: Convolution, gain: float = 1.0) -> Convolution:
    """Set a convolution to an orthogonal map, times `gain`, without bias: it passes on all that it can.

    Where windows overlap, the map is that of their central pixel, and the other weights are zero. Random
    weights would mix up each pixel with its neighbours. What a narrow layer then loses of an image depends on
    the seed, and so does the score after the training.
    """
    windows_overlap = layer.kernel_size > layer.stride
    nn.init.zeros_(layer.weight)
    with torch.no_grad():
        nn.init.orthogonal_(layer.weight[..., 1, 1] if windows_overlap else layer.weight, gain)
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
    return layer


def zero_initialised(layer: nn.Conv2d) -> nn.Conv2d:
    """Set a convolution to zero, so that a residual connection around it starts as the identity."""
    nn.init.zeros_(layer.weight)
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
    return layer
