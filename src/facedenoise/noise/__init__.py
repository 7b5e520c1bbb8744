"""The noises: pure functions of (image, seed, task, row, draw).

Each kind of noise has a file here, named like its `kind` in params.yaml. It defines the subclass of `Noise`
with the same name in camel case: `salt_pepper.py` defines `SaltPepper`.

Random numbers come from Philox, a counter-based generator (Salmon et al., "Parallel random numbers: as easy
as 1, 2, 3", 2011): the noise of an image does not depend on order, batch, workers or what ran before.
"""

from abc import ABC, abstractmethod
from hashlib import sha256
from importlib import import_module
from pkgutil import iter_modules
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray


class Noise(ABC):
    """A kind of noise and its numbers, which are the fields of the subclass."""

    kind: str
    keeps_unsaturated: ClassVar[bool] = False
    """Whether a noisy pixel that is neither black nor white is a clean one."""

    @abstractmethod
    def corrupt(self, image: NDArray[np.uint8], generator: np.random.Generator) -> NDArray[np.uint8]:
        """Return a noisy copy of an image, of any shape, clipped and rounded to 8 bits."""

    @property
    @abstractmethod
    def description(self) -> str:
        """Words for readers, numbers included; intensities run from 0 to 1."""

    @property
    def sigma(self) -> float | None:
        """Standard deviation on intensities from 0 to 1, if it is the same for every pixel."""
        return None


def kinds() -> list[type[Noise]]:
    """Return the classes of all kinds, one from each file of this package."""
    names = sorted(module.name for module in iter_modules(__path__))
    return [getattr(import_module(f"{__name__}.{name}"), _class_name(name)) for name in names]


def corrupt(
    images: NDArray[np.uint8],
    rows: NDArray[np.int64],
    noise: Noise,
    *,
    seed: int,
    task: str,
    draw: int,
) -> NDArray[np.uint8]:
    """Corrupt images, each with the noise of its own (seed, task, row, draw).

    Parameters
    ----------
    images : ndarray of uint8, shape (N, ...)
        Clean images; the trailing shape is free.
    rows : ndarray of int64, shape (N,)
        The rows of the images in the CSV.
    noise : Noise
        Kind and strength.
    seed : int
        The seed of the project's noise, at least 0.
    task : str
        The task's name; each task has a stream of its own.
    draw : int
        The number of the draw, at least 0: an image has one noise a draw.

    Returns
    -------
    ndarray of uint8, shape (N, ...)
        Noisy images, clipped and rounded to 8 bits.
    """
    noisy = np.empty_like(images)
    for index, row in enumerate(rows.tolist()):
        noisy[index] = noise.corrupt(images[index], _generator(seed, task, row, draw))
    return noisy


def _generator(seed: int, task: str, row: int, draw: int) -> np.random.Generator:
    """Return the generator of one image: the low half of the counter is its stream."""
    stream = int.from_bytes(sha256(task.encode()).digest()[:8], "little")
    return np.random.Generator(np.random.Philox(key=[seed, stream], counter=[0, 0, row, draw]))


def _class_name(kind: str) -> str:
    return "".join(word.capitalize() for word in kind.split("_"))
