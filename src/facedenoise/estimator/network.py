"""The estimator of noise: a small convolutional network that sees how an image varies from pixel to pixel."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from facedenoise.images.tensors import to_float
from facedenoise.models.attention_unet import ResidualBlock, filled

KIND = "noise_estimator"
"""The key of the network's settings in the description of its weights."""
LEVEL, NOISY, IMPULSES, SHARE = slice(0, 3), 3, 4, 5
"""Where the output has what."""
OUTPUTS = 6
SIDE = 5  # px; of a filter
LEAST_SIDE = SIDE + 3  # px; less leaves no pixel at quarter size
_STRIDE = 2  # px; of the filters
_CHANNELS = 3  # beside the filters: the image without its saturated pixels, what they add, and where they are
_GREY_LEVELS = 255
_AT_ONCE = 64  # images; few fit the caches
_LEAST_MEAN = 0.02  # of intensities; a black image would divide by zero


class NoiseEstimator(nn.Module):
    """Say of an image whether it has noise, and how much.

    Filters that are blind to slopes and bends see what is left of the image. Their responses, in grey levels
    of 8 bits, are compressed by an inverse hyperbolic sine, so that twice as much noise is the same step for
    weak and for strong noise. The features are averaged over the image, each weighted by its trust.

    Parameters
    ----------
    filters : int
        Of `SIDE` x `SIDE` pixels.
    half, quarter : int
        Channels at half and at quarter size.
    """

    def __init__(self, filters: int, half: int, quarter: int) -> None:
        super().__init__()
        self.filters = nn.Conv2d(1, filters, SIDE, stride=_STRIDE, bias=False)
        self.register_buffer("blinding", _blinding(), persistent=False)
        self.features = nn.Sequential(
            nn.Conv2d(filters + _CHANNELS * _STRIDE**2, half, 1),
            nn.ReLU(),
            ResidualBlock(half),
            nn.ReLU(),
            nn.Conv2d(half, quarter, 2, stride=2),
            nn.ReLU(),
            ResidualBlock(quarter),
            nn.ReLU(),
        )
        self.trust = nn.Conv2d(quarter, quarter, 1)
        self.head = nn.Sequential(nn.Linear(quarter, quarter), nn.ReLU(), nn.Linear(quarter, OUTPUTS + 1))

    def forward(self, images: Tensor) -> Tensor:
        """Judge images.

        Parameters
        ----------
        images : Tensor
            float32 in [0, 1], shape (N, 1, H, W), at least `LEAST_SIDE` high and wide.

        Returns
        -------
        Tensor
            float32, shape (N, `OUTPUTS`): the logarithms of the coefficients of the noise's variance,
            constant, linear and quadratic in the intensity; the logits of there being such noise, of there
            being impulses, and of the share of impulses.
        """
        features = self.features(self._seen(images))
        with torch.autocast(images.device.type, enabled=False):
            features = features.float()
            trust = torch.sigmoid(self.trust(features))
            pooled = (features * trust).sum((2, 3)) / trust.sum((2, 3))
            answers = self.head(pooled)
        return torch.cat([_coefficients(answers[:, :4], images), answers[:, 4:]], dim=1)

    @torch.no_grad()
    def shift(self, *, level: float, noisy: float, impulses: float) -> None:
        """Add to the logarithm of the noise's standard deviation, and to the logits of what is found."""
        self.head[-1].bias += torch.tensor([level, 0, 0, 0, noisy, impulses, 0])

    def _seen(self, images: Tensor) -> Tensor:
        """Return what the filters and `_CHANNELS` show of the images."""
        saturated = ((images <= 0) | (images >= 1)).float()
        smooth = filled(images, saturated)
        with torch.autocast(images.device.type, enabled=False):  # bfloat16 rounds weak noise away
            blind = (self.filters.weight.flatten(1) @ self.blinding).view_as(self.filters.weight)
            left = torch.asinh(_GREY_LEVELS * functional.conv2d(smooth, blind, stride=_STRIDE))
        height, width = (_STRIDE * side for side in left.shape[2:])
        pixels = torch.cat([smooth, images - smooth, saturated], dim=1)[:, :, SIDE // 2 :, SIDE // 2 :]
        return torch.cat([left, functional.pixel_unshuffle(pixels[:, :, :height, :width], _STRIDE)], dim=1)


def _blinding() -> Tensor:
    """Return the matrix that takes from a filter what responds to polynomials up to the second degree."""
    place = torch.linspace(-1, 1, SIDE)
    y, x = (each.flatten() for each in torch.meshgrid(place, place, indexing="ij"))
    basis = torch.linalg.qr(torch.stack([torch.ones_like(x), x, y, x * x, x * y, y * y], dim=1)).Q
    return torch.eye(SIDE**2) - basis @ basis.T


def _coefficients(answers: Tensor, images: Tensor) -> Tensor:
    """Map (N, 4), the logarithm of a standard deviation and logits of shares in its square, to (N, 3)."""
    powers = torch.stack([(images**power).mean((1, 2, 3)) for power in range(3)], dim=1)
    shares = functional.log_softmax(answers[:, 1:], dim=1)
    return 2 * answers[:, :1] + shares - powers.clamp(min=_LEAST_MEAN).log()


def log_levels(coefficients: Tensor, mean: Tensor) -> Tensor:
    """Return the logarithm of the standard deviation of each pixel's noise.

    Parameters
    ----------
    coefficients : Tensor
        Of a `NoiseEstimator`'s output, shape (N, 3).
    mean : Tensor
        The clean intensities, or an estimate of them, in [0, 1], shape (N, 1, H, W).
    """
    constant, linear, quadratic = (each[:, None, None, None] for each in coefficients.exp().unbind(1))
    return (constant + mean * (linear + mean * quadratic)).clamp(min=1e-12).log() / 2


@torch.inference_mode()
def judge(network: nn.Module, images: Tensor) -> Tensor:
    """Return the output of a `NoiseEstimator` for images, uint8, shape (N, 1, H, W), some at a time."""
    return torch.cat([network(to_float(part)) for part in images.split(_AT_ONCE)])
