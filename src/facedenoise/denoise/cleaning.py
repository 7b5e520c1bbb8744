"""Denoise many images, each with the network for its own noise."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

from numpy.typing import NDArray

from facedenoise.denoise.choice import NONE, OTHER, Choice
from facedenoise.denoise.denoiser import Denoiser
from facedenoise.pictures.channels import colour_planes

Image = NDArray[Any]
"""uint8, uint16, or floating point in [0, 1]; (H, W), or (H, W, C) as `Denoiser` takes it."""


def clean(
    images: Sequence[Image],
    choose: Callable[[Image], Choice],
    load: Callable[[str], Denoiser],
    strength: float = 1.0,
) -> list[tuple[Image, Choice]]:
    """Denoise images of any sizes; those of one size and noise go through the network together.

    `choose` says which task's denoiser an image needs; `load` returns the denoiser of a task. A network that
    is told the level of the noise is told `strength` times that which was found.

    Returns
    -------
    list of (ndarray, Choice)
        In the same order, images of the same shapes and dtypes; where there is no network, the very image.
    """
    cleaned = [(image, choose(image)) for image in images]
    alike = defaultdict(list)
    for index, (image, choice) in enumerate(cleaned):
        if choice.task not in (NONE, OTHER):
            alike[choice.task, colour_planes(image).shape, image.dtype].append(index)
    for (task, _, _), members in alike.items():
        found = [cleaned[index][1].estimate for index in members]
        noise = [estimate.times(strength) for estimate in found if estimate]
        denoised = load(task).denoise_alike([images[index] for index in members], noise)
        for index, image in zip(members, denoised, strict=True):
            cleaned[index] = (image, cleaned[index][1])
    return cleaned
