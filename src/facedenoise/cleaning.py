"""Denoise many images, each with the network for its own noise."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from facedenoise.channels import colour_planes
from facedenoise.denoiser import Denoiser
from facedenoise.noise_level import Noise, NoiseKind, judge_noise
from facedenoise.params import Task


class Cleaned(NamedTuple):
    """A denoised image.

    Attributes
    ----------
    image : ndarray
        Without noise; where there was none, the image as it came.
    kind : str
        `none`, or the task whose network was used.
    judged : Noise or None
        What the image was judged to have; None if the task was given.
    """

    image: NDArray[Any]
    kind: NoiseKind
    judged: Noise | None


class Cleaner:
    """Denoisers for several noises, each loaded when the first image needs it.

    Parameters
    ----------
    load : callable
        Gives the denoiser of a task.
    task : str, optional
        Use this task's denoiser for all images; by default the noise of each is judged.
    """

    def __init__(self, load: Callable[[Task], Denoiser], task: Task | None = None) -> None:
        self._load = load
        self._task = task
        self._loaded: dict[Task, Denoiser] = {}

    def clean(self, images: Sequence[NDArray[Any]]) -> list[Cleaned]:
        """Denoise images of any sizes; those of one size and noise go through the network together.

        Parameters
        ----------
        images : sequence of ndarray of uint8, uint16, or floating point in [0, 1]
            Each (H, W), or (H, W, C) as `Denoiser` takes it.

        Returns
        -------
        list of Cleaned
            In the same order, images of the same shapes and dtypes.
        """
        cleaned = [self._judged(image) for image in images]
        alike = defaultdict(list)
        for index, (image, kind, _) in enumerate(cleaned):
            if kind != "none":
                alike[kind, image.shape[:2], image.dtype].append(index)
        for (kind, _, _), members in alike.items():
            denoised = self._denoise_alike(kind, [images[index] for index in members])
            for index, image in zip(members, denoised, strict=True):
                cleaned[index] = cleaned[index]._replace(image=image)
        return cleaned

    def _judged(self, image: NDArray[Any]) -> Cleaned:
        if self._task is not None:
            return Cleaned(image, self._task, None)
        noise = judge_noise(image)
        return Cleaned(image, noise.kind, noise)

    def _denoise_alike(self, task: Task, images: list[NDArray[Any]]) -> list[NDArray[Any]]:
        """Denoise the colours of images of one size and dtype; copy alpha."""
        if task not in self._loaded:
            self._loaded[task] = self._load(task)
        denoised = [image.copy() for image in images]
        planes = [colour_planes(image) for image in denoised]
        stack = self._loaded[task].denoise_stack(np.concatenate(planes))
        ends = np.cumsum([len(each) for each in planes])
        for each, part in zip(planes, np.split(stack, ends[:-1]), strict=True):
            each[...] = part
        return denoised
