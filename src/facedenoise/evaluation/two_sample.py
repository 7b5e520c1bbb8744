"""The classifier two-sample test: how well a network tells denoised faces from clean ones."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from facedenoise.images.detail import fine_detail
from facedenoise.images.fidelity import require_pair
from facedenoise.images.tensors import to_float, to_uint8
from facedenoise.models.device import placed

STEPS = 720  # at most; after a third of them some networks still miss the faint noise that others find
PASSES = 40  # over the faces, at most; with more a network only memorises them
FACES = 16  # in a step, each in both versions
WINDOW = 24  # px; a part of the face shows texture as well, in a quarter of the time
HIGHEST_RATE = 0.01  # of Adam, in one cycle (Smith & Topin, "Super-convergence", 2019)
WIDTH = 16  # channels
WHOLE = slice(None), slice(None)  # the window that is all of a face
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
    pixels, others = (to_uint8(images.cpu()).numpy() for images in (clean, denoised))
    (accuracy,) = told_apart(pixels, [others], seed=seed)
    return accuracy


def told_apart(clean: NDArray[np.uint8], others: Sequence[NDArray[np.uint8]], *, seed: int) -> list[float]:
    """Return `two_sample_accuracy` of several sets of rounded images, which may be mapped from files.

    The networks of all sets are trained side by side, since one network this small spends most of its time on
    overhead. Each gets the faces, the windows and the initial weights that it would get alone.

    Parameters
    ----------
    clean : NDArray[np.uint8]
        Shape (N, C, H, W).
    others : sequence of NDArray[np.uint8]
        Of the same shape each.
    seed : int
        See `two_sample_accuracy`.

    Returns
    -------
    list of float
        The accuracy of each set.
    """
    if len(clean) < FEWEST:
        raise ValueError(f"a two-sample test needs at least 2 faces, got {len(clean)}")
    generator = torch.Generator().manual_seed(seed)
    order = torch.randperm(len(clean), generator=generator)
    one, other = (_Faces(clean, others, half) for half in order.tensor_split(2))
    accuracies = [
        _accuracies(_trained(_networks(len(others), 2 * clean.shape[1], seed), learnt, generator), asked)
        for learnt, asked in ((one, other), (other, one))
    ]
    return torch.stack(accuracies).mean(0).tolist()


class _Faces(NamedTuple):
    """Some faces of several sets; only those that are taken are in memory in floating point."""

    clean: NDArray[np.uint8]
    others: Sequence[NDArray[np.uint8]]
    order: Tensor

    def take(self, places: Tensor, window: tuple[slice, slice] = WHOLE) -> Tensor:
        """Return a window of each face, clean and of the other sets, with its fine detail.

        The shape is (N, 2, S 2C, H, W) for S other sets; the clean face is repeated S times.
        """
        rows = self.order[places].numpy()
        parts = (images[rows][..., *window] for images in (self.clean, *self.others))
        sets = [to_float(torch.from_numpy(part)) for part in parts]
        images = torch.stack(sets, dim=1).flatten(0, 1)
        seen = torch.cat([2 * images - 1, fine_detail(images)], dim=1).unflatten(0, (-1, len(sets)))
        clean, others = seen[:, :1].expand_as(seen[:, 1:]), seen[:, 1:]
        return torch.stack([clean.flatten(1, 2), others.flatten(1, 2)], dim=1)


def _networks(count: int, channels: int, seed: int) -> nn.Module:
    """Return equal untrained networks, as one network of several groups.

    It maps (N, count channels, H, W) to (N, count).

    The first convolution sees every pixel, so that texture counts.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        first = nn.Conv2d(channels, WIDTH, 5, stride=2, padding=2)
        second = nn.Conv2d(WIDTH, WIDTH, 3, stride=2, padding=1)
        answer = nn.Conv2d(WIDTH, 1, 1)
        layers = [_repeated(layer, count) for layer in (first, second, answer)]
    pooled = nn.AdaptiveAvgPool2d(1)
    stacked = nn.Sequential(layers[0], nn.ReLU(), layers[1], nn.ReLU(), pooled, layers[2], nn.Flatten())
    return placed(stacked, torch.device("cpu"))


def _repeated(layer: nn.Conv2d, count: int) -> nn.Conv2d:
    """Return a convolution of several groups, each of which does what `layer` does."""
    grouped = nn.Conv2d(
        count * layer.in_channels,
        count * layer.out_channels,
        layer.kernel_size,  # type: ignore[arg-type]
        stride=layer.stride,  # type: ignore[arg-type]
        padding=layer.padding,  # type: ignore[arg-type]
        groups=count,
    )
    grouped.load_state_dict({name: torch.cat(count * [value]) for name, value in layer.state_dict().items()})
    return grouped


def _trained(networks: nn.Module, faces: _Faces, generator: torch.Generator) -> nn.Module:
    """Train on faces, the second version of each the denoised one."""
    steps = max(1, min(STEPS, PASSES * len(faces.order) // FACES))
    optimiser = torch.optim.Adam(networks.parameters())
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, HIGHEST_RATE, total_steps=steps)
    for _ in range(steps):
        losses = functional.softplus(-_margins(networks, _windows(faces, generator))).mean(0)
        optimiser.zero_grad()
        losses.sum().backward()
        optimiser.step()
        schedule.step()
    return networks


def _windows(faces: _Faces, generator: torch.Generator) -> Tensor:
    """Cut one window, drawn at random, out of a few faces drawn at random."""
    chosen = torch.randint(len(faces.order), (FACES,), generator=generator)
    sides = faces.clean.shape[-2:]
    top, left = (int(torch.randint(max(side - WINDOW, 0) + 1, (), generator=generator)) for side in sides)
    return faces.take(chosen, (slice(top, top + WINDOW), slice(left, left + WINDOW)))


@torch.no_grad()
def _accuracies(networks: nn.Module, faces: _Faces) -> Tensor:
    """Return the share of right answers on faces of each network."""
    parts = torch.arange(len(faces.order)).split(64)
    right = torch.cat([_margins(networks, faces.take(part)) > 0 for part in parts])
    return right.double().mean(0)


def _margins(networks: nn.Module, faces: Tensor) -> Tensor:
    """Return the margins of the answers, shape (2 N, S): positive where one is right."""
    logits = networks(faces.flatten(0, 1)).unflatten(0, (-1, 2))
    return (logits * logits.new_tensor([[-1], [1]])).flatten(0, 1)
