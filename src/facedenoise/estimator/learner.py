"""Train the estimator: batches of noisy pictures with the truth about them, and the loss."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from facedenoise.estimator.network import IMPULSES, LEVEL, NOISY, SHARE, log_levels
from facedenoise.estimator.noises import with_noise
from facedenoise.estimator.pictures import picture
from facedenoise.images.tensors import to_float
from facedenoise.training.descent import Descent
from facedenoise.training.loop import Validate
from facedenoise.training.randomness import batch_places, step_generator

LEAST_LEVEL = 0.003  # root mean square; less is no noise
_WINDOW = 5  # px; of the mean that stands for the clean intensity
_VALIDATED = 24  # batches
_LEAST_SIDE, _CROPPED = 20, 0.25  # px of a crop, and share of the batches that are crops


@dataclass(frozen=True)
class NoisyPictures:
    """Batches of pictures made of faces in a shuffled order, all of one size, with noise that is drawn.

    Parameters
    ----------
    faces : ndarray of uint8, shape (N, H, H)
        Clean.
    batch_size : int
        Pictures a batch. The remainder of an epoch's order that fills no batch is left out.
    seed : int
        Of the order, the pictures and their noise.
    """

    faces: NDArray[np.uint8]
    batch_size: int
    seed: int

    def __len__(self) -> int:
        """Count the steps of an epoch."""
        return len(self.faces) // self.batch_size

    def batch(self, epoch: int, step: int) -> tuple[Tensor, Tensor]:
        """Return images, float32 in [0, 1], (N, 1, h, w), and the truth, (N, 2, h, w).

        The truth is the level of the noise, and 1 where a pixel is an impulse.
        """
        generator = step_generator(self.seed, epoch, step)
        chosen = batch_places(self.seed, epoch, step, size=self.batch_size, count=len(self.faces))
        window = _window(self.faces.shape[-1], generator)
        images, truths = [], []
        for index in chosen:
            noisy = with_noise(picture(self.faces, index, generator)[window], generator)
            images.append(noisy.image[np.newaxis])
            truths.append(np.stack([noisy.level, noisy.replaced.astype(np.float32)]))
        return to_float(torch.from_numpy(np.stack(images))), torch.from_numpy(np.stack(truths))


def _window(side: int, generator: np.random.Generator) -> tuple[slice, slice]:
    """Return the part of the pictures that a batch shows: mostly all."""
    if generator.random() >= _CROPPED:
        return slice(None), slice(None)
    height, width = generator.integers(_LEAST_SIDE, side, 2)
    top, left = generator.integers(0, side - height + 1), generator.integers(0, side - width + 1)
    return slice(top, top + height), slice(left, left + width)


class Estimation(Descent):
    """A `Learner` of a `NoiseEstimator`; its parameters are those of `Descent`."""

    def step(self, images: Tensor, truth: Tensor, factor: float, /) -> dict[str, Tensor]:
        """Take one optimiser step on a batch; log the losses."""
        images, truth = images.to(self.device), truth.to(self.device)
        parts = losses(self.output(images), images, truth)
        self.descend(sum(parts.values(), torch.zeros(())), factor)
        return {name: part.detach() for name, part in parts.items()}


def loss_validator(batches: NoisyPictures, device: torch.device) -> Validate:
    """Return the function that maps a network to the parts of its loss on the first batches of an epoch.

    Parameters
    ----------
    batches : NoisyPictures
        Of the validation faces.
    device : torch.device
        Where the networks are.
    """
    seen = [batches.batch(0, step) for step in range(min(_VALIDATED, len(batches)))]

    @torch.inference_mode()
    def validate(network: nn.Module) -> dict[str, float]:
        pairs = [(images.to(device), truth.to(device)) for images, truth in seen]
        parts = [losses(network(images), images, truth) for images, truth in pairs]
        return {f"val_{name}": float(np.mean([each[name].item() for each in parts])) for name in parts[0]}

    return validate


def losses(answers: Tensor, images: Tensor, truth: Tensor) -> dict[str, Tensor]:
    """Return the parts of the loss.

    Parameters
    ----------
    answers : Tensor
        Of a `NoiseEstimator`, shape (N, 6).
    images, truth : Tensor
        See `NoisyPictures.batch`.

    Returns
    -------
    dict of str to Tensor
        `level`: mean error of the logarithm of the level of the noise, where there is some; `noisy`,
        `impulses` and `share`: cross-entropies of whether there is such noise, of whether there are impulses,
        and of their share.
    """
    level, replaced = truth[:, :1], truth[:, 1:]
    is_noisy = (level.square().mean((1, 2, 3)) >= LEAST_LEVEL**2).float()
    share = replaced.mean((1, 2, 3))
    mean = functional.avg_pool2d(images, _WINDOW, 1, _WINDOW // 2, count_include_pad=False)
    error = abs(log_levels(answers[:, LEVEL], mean) - level.clamp(min=LEAST_LEVEL).log())
    counts = is_noisy[:, None, None, None] * (1 - replaced)
    entropy = functional.binary_cross_entropy_with_logits
    return {
        "level": (error * counts).sum() / counts.sum().clamp(min=1),
        "noisy": entropy(answers[:, NOISY], is_noisy),
        "impulses": entropy(answers[:, IMPULSES], (share > 0).float()),
        "share": entropy(answers[:, SHARE], share),
    }
