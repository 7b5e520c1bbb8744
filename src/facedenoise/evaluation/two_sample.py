"""The classifier two-sample test: how well a network tells denoised faces from clean ones."""

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from facedenoise.images.detail import fine_detail
from facedenoise.images.fidelity import require_pair
from facedenoise.images.tensors import to_float, to_uint8

STEPS = 720  # at most; after a third of them some networks still miss the faint noise that others find
PASSES = 40  # over the faces, at most; with more a network only memorises them
FACES = 16  # in a step, each in both versions
WINDOW = 24  # px; a part of the face shows texture as well, in a quarter of the time
HIGHEST_RATE = 0.01  # of Adam, in one cycle (Smith & Topin, "Super-convergence", 2019)
WIDTH = 16  # channels
FEWEST = 2  # faces; one to train on, one to test on


def two_sample_accuracy(clean: Tensor, denoised: Tensor, *, seed: int) -> float:
    """Accuracy of a small convolutional network, trained afresh, in telling denoised from clean images.

    One network is trained on one half of the faces and tested on the other, image by image; a second network
    the other way round. Both versions of a face are in the same half. Images are first rounded to 8 bits like
    the clean ones; otherwise the rounding would give the clean ones away. The network sees all channels. The
    training is short, and the same for sets of the same size. That is enough to compare methods: a stronger
    network would recognise more images of every method.

    Parameters
    ----------
    clean, denoised : Tensor
        See `require_pair`; N at least 2, else ValueError.
    seed : int
        Seed of the halves, the weights and the training. PyTorch's global generator does not change.

    Returns
    -------
    float
        In [0, 1]: 1 if all answers are right, 0.5 if the sets cannot be distinguished.

    References
    ----------
    Lopez-Paz & Oquab, "Revisiting classifier two-sample tests", 2017, section 3.
    """
    require_pair(clean, denoised)
    return told_apart(*(to_uint8(images.cpu()).numpy() for images in (clean, denoised)), seed=seed)


def told_apart(clean: NDArray[np.uint8], denoised: NDArray[np.uint8], *, seed: int) -> float:
    """Return `two_sample_accuracy` of rounded images, shape (N, C, H, W), which may be mapped from a file."""
    if len(clean) < FEWEST:
        raise ValueError(f"a two-sample test needs at least 2 faces, got {len(clean)}")
    generator = torch.Generator().manual_seed(seed)
    order = torch.randperm(len(clean), generator=generator)
    one, other = (_Faces(clean, denoised, half) for half in order.tensor_split(2))
    accuracies = [
        _accuracy(_trained(_network(2 * clean.shape[1], seed), learnt, generator), asked)
        for learnt, asked in ((one, other), (other, one))
    ]
    return sum(accuracies) / len(accuracies)


class _Faces(NamedTuple):
    """Some faces of two sets; only those that are taken are in memory in floating point."""

    clean: NDArray[np.uint8]
    denoised: NDArray[np.uint8]
    order: Tensor

    def take(self, places: Tensor) -> Tensor:
        """Return each face in both versions, with their fine detail: (N, 2, 2C, H, W)."""
        rows = self.order[places].numpy()
        both = (to_float(torch.from_numpy(images[rows])) for images in (self.clean, self.denoised))
        images = torch.cat([*both], dim=1)
        seen = [part.unflatten(1, (2, -1)) for part in (2 * images - 1, fine_detail(images))]
        return torch.cat(seen, dim=2)


def _network(channels: int, seed: int) -> nn.Module:
    """Return an untrained network; its first convolution sees every pixel, so that texture counts."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return nn.Sequential(
            nn.Conv2d(channels, WIDTH, 5, stride=2, padding=2),
            nn.ReLU(),
            nn.Conv2d(WIDTH, WIDTH, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Linear(WIDTH, 1),
        )


def _trained(network: nn.Module, faces: _Faces, generator: torch.Generator) -> nn.Module:
    """Train on faces, the second version of each the denoised one."""
    steps = max(1, min(STEPS, PASSES * len(faces.order) // FACES))
    optimiser = torch.optim.Adam(network.parameters())
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, HIGHEST_RATE, total_steps=steps)
    for _ in range(steps):
        loss = functional.softplus(-_margins(network, _windows(faces, generator))).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
    return network


def _windows(faces: _Faces, generator: torch.Generator) -> Tensor:
    """Cut one window, drawn at random, out of a few faces drawn at random."""
    chosen = torch.randint(len(faces.order), (FACES,), generator=generator)
    sides = faces.clean.shape[-2:]
    top, left = (int(torch.randint(max(side - WINDOW, 0) + 1, (), generator=generator)) for side in sides)
    return faces.take(chosen)[..., top : top + WINDOW, left : left + WINDOW]


@torch.no_grad()
def _accuracy(network: nn.Module, faces: _Faces) -> float:
    """Share of right answers on faces."""
    parts = torch.arange(len(faces.order)).split(256)
    right = torch.cat([_margins(network, faces.take(part)) > 0 for part in parts])
    return right.double().mean().item()


def _margins(network: nn.Module, faces: Tensor) -> Tensor:
    """Return the margin of each answer, shape (2 N): positive where it is right."""
    logits = network(faces.flatten(0, 1)).view(-1, 2)
    return (logits * logits.new_tensor([-1, 1])).flatten()
