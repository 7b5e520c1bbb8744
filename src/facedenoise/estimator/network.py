"""The estimator of noise: a small convolutional network that sees how an image varies from pixel to pixel."""

import math

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
_ANSWERS = 5  # of the head: the logarithm of the level, the kind, and three logits
SIDE = 5  # px; of a filter
LEAST_SIDE = SIDE + 3  # px; less leaves no pixel at quarter size
_STRIDE = 2  # px; of the filters
_CHANNELS = 3  # beside the filters: the image without its saturated pixels, what they add, and where they are
_GREY_LEVELS = 255
_AT_ONCE = 64  # images; few fit the caches
_CONTRAST = 2.0  # of dark and bright
_MIDDLE = math.log(6)  # weight of the linear coefficient; at the kind 0 it has 3/4 of the variance
_LEAST_MEAN = 0.02  # of intensities; a black image would divide by zero


class NoiseEstimator(nn.Module):
    """Say of an image whether it has noise, and how much.

    Filters that are blind to slopes and bends see what is left of the image. Their responses, in grey levels
    of 8 bits, are compressed by an inverse hyperbolic sine, so that twice as much noise is the same step for
    weak and for strong noise. The features are averaged over the dark and over the bright parts of the image,
    each weighted by its trust: how the two differ tells noise that depends on the intensity.

    Parameters
    ----------
    filters : int
        Of `SIDE` x `SIDE` pixels.
    half, quarter : int
        Channels at half and at quarter size.
    """

    blinding: Tensor

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
        self.head = nn.Sequential(
            nn.Linear(2 * quarter + 2, quarter), nn.ReLU(), nn.Linear(quarter, _ANSWERS)
        )

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
        seen = self._seen(images)
        features = self.features(seen)
        with torch.autocast(images.device.type, enabled=False):
            features = features.float()
            trust = torch.sigmoid(self.trust(features))
            pixels = seen[:, -_CHANNELS * _STRIDE**2 :][:, : _STRIDE**2]
            grey = functional.adaptive_avg_pool2d(pixels.mean(1, keepdim=True), features.shape[2:])
            dark_and_bright = [
                _mean(each, share * weight)
                for share in _shares(grey)
                for each, weight in ((features, trust), (grey, 1))
            ]
            answers = self.head(torch.cat(dark_and_bright, dim=1))
        return torch.cat([_coefficients(answers[:, :2], images), answers[:, 2:]], dim=1)

    @torch.no_grad()
    def shift(self, *, level: float, noisy: float, impulses: float) -> None:
        """Add to the logarithm of the noise's standard deviation, and to the logits of what is found."""
        bias: Tensor = self.head[-1].bias  # type: ignore[assignment]
        bias += torch.tensor([level, 0, noisy, impulses, 0])

    def _seen(self, images: Tensor) -> Tensor:
        """Return what the filters and `_CHANNELS` show of the images."""
        saturated = ((images <= 0) | (images >= 1)).float()
        smooth = filled(images, saturated)
        with torch.autocast(images.device.type, enabled=False):  # bfloat16 rounds weak noise away
            blind = (self.filters.weight.flatten(1) @ self.blinding).view_as(self.filters.weight)
            left = torch.asinh(_GREY_LEVELS * functional.conv2d(smooth, blind, stride=_STRIDE))
            impulses = torch.asinh(_GREY_LEVELS * (images - smooth))
        height, width = (_STRIDE * side for side in left.shape[2:])
        pixels = torch.cat([smooth, impulses, saturated], dim=1)[:, :, SIDE // 2 :, SIDE // 2 :]
        return torch.cat([left, functional.pixel_unshuffle(pixels[:, :, :height, :width], _STRIDE)], dim=1)


def _blinding() -> Tensor:
    """Return the matrix that takes from a filter what responds to polynomials up to the second degree."""
    place = torch.linspace(-1, 1, SIDE)
    y, x = (each.flatten() for each in torch.meshgrid(place, place, indexing="ij"))
    basis = torch.linalg.qr(torch.stack([torch.ones_like(x), x, y, x * x, x * y, y * y], dim=1)).Q
    return torch.eye(SIDE**2) - basis @ basis.T


def _shares(grey: Tensor) -> tuple[Tensor, Tensor]:
    """Return how much each position belongs to the dark and to the bright part of its image."""
    spread, mean = torch.std_mean(grey, (1, 2, 3), correction=0, keepdim=True)
    bright = torch.sigmoid(_CONTRAST * (grey - mean) / (spread + _LEAST_MEAN))
    return 1 - bright, bright


def _mean(values: Tensor, weights: Tensor) -> Tensor:
    return (values * weights).sum((2, 3)) / weights.sum((2, 3))


def _coefficients(answers: Tensor, images: Tensor) -> Tensor:
    """Map (N, 2), the logarithm of the standard deviation and the kind, to (N, 3).

    The kind runs from Gaussian noise, far below 0, over Poisson noise at 0 to speckle.
    """
    powers = torch.stack([(images**power).mean((1, 2, 3)) for power in range(3)], dim=1)
    level, kind = answers.split(1, dim=1)
    shares = torch.cat([-kind, torch.full_like(kind, _MIDDLE), kind], dim=1).log_softmax(1)
    return 2 * level + shares - powers.clamp(min=_LEAST_MEAN).log()


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
