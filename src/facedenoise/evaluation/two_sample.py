"""The classifier two-sample test: how well a network tells denoised faces from clean ones."""

import torch
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
    if len(clean) < FEWEST:
        raise ValueError(f"a two-sample test needs at least 2 faces, got {len(clean)}")
    generator = torch.Generator().manual_seed(seed)
    order = torch.randperm(len(clean), generator=generator)
    faces = _with_detail(clean, denoised)[order]
    one, other = faces.tensor_split(2)
    accuracies = [
        _accuracy(_trained(_network(faces.shape[2], seed), learnt, generator), asked)
        for learnt, asked in ((one, other), (other, one))
    ]
    return sum(accuracies) / len(accuracies)


def _with_detail(clean: Tensor, denoised: Tensor) -> Tensor:
    """Put each image beside its fine detail: (N, 2, 2C, H, W)."""
    images = torch.cat([to_float(to_uint8(batch.cpu())) for batch in (clean, denoised)], dim=1)
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


def _trained(network: nn.Module, faces: Tensor, generator: torch.Generator) -> nn.Module:
    """Train on faces, shape (N, 2, 2C, H, W), the second version of each the denoised one."""
    steps = max(1, min(STEPS, PASSES * len(faces) // FACES))
    optimiser = torch.optim.Adam(network.parameters())
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, HIGHEST_RATE, total_steps=steps)
    for _ in range(steps):
        loss = functional.softplus(-_margins(network, _windows(faces, generator))).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
    return network


def _windows(faces: Tensor, generator: torch.Generator) -> Tensor:
    """Cut one window, drawn at random, out of a few faces drawn at random."""
    chosen = torch.randint(len(faces), (FACES,), generator=generator)
    top, left = (
        int(torch.randint(max(side - WINDOW, 0) + 1, (), generator=generator)) for side in faces.shape[-2:]
    )
    return faces[chosen, ..., top : top + WINDOW, left : left + WINDOW]


@torch.no_grad()
def _accuracy(network: nn.Module, faces: Tensor) -> float:
    """Share of right answers on faces, shape (N, 2, 2C, H, W)."""
    right = torch.cat([_margins(network, part) > 0 for part in faces.split(256)])
    return right.double().mean().item()


def _margins(network: nn.Module, faces: Tensor) -> Tensor:
    """Return the margin of each answer, shape (2 N): positive where it is right."""
    logits = network(faces.flatten(0, 1)).view(-1, 2)
    return (logits * logits.new_tensor([-1, 1])).flatten()
