"""The noises: pure functions of (image, seed, task, row, draw).

Random numbers come from Philox, a counter-based generator (Salmon et al., "Parallel random numbers: as easy
as 1, 2, 3", 2011): the noise of an image does not depend on order, batch, workers or what ran before.
"""

from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from facedenoise.params import GaussianNoise, NoiseModel, SaltPepperNoise


def corrupt(
    images: NDArray[np.uint8],
    rows: NDArray[np.int64],
    noise: NoiseModel,
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
        What the images are known by: their rows in the CSV.
    noise : NoiseModel
        Kind and strength.
    seed : int
        The seed of the project's noise, at least 0.
    task : str
        The task's name; each task has a stream of its own.
    draw : int
        Which of an image's many possible noises, at least 0.

    Returns
    -------
    ndarray of uint8, shape (N, ...)
        Noisy images, clipped and rounded to 8 bits.
    """
    noisy = np.empty_like(images)
    for index, row in enumerate(rows.tolist()):
        noisy[index] = _corrupt_one(images[index], noise, _generator(seed, task, row, draw))
    return noisy


def _corrupt_one(
    image: NDArray[np.uint8], noise: NoiseModel, generator: np.random.Generator
) -> NDArray[np.uint8]:
    match noise:
        case GaussianNoise():
            return _add_gaussian(image, noise, generator)
        case SaltPepperNoise():
            return _replace_by_salt_and_pepper(image, noise, generator)


def _generator(seed: int, task: str, row: int, draw: int) -> np.random.Generator:
    """Give the generator of one image: the low half of the counter is its stream."""
    stream = int.from_bytes(sha256(task.encode()).digest()[:8], "little")
    return np.random.Generator(np.random.Philox(key=[seed, stream], counter=[0, 0, row, draw]))


def _add_gaussian(
    image: NDArray[np.uint8], noise: GaussianNoise, generator: np.random.Generator
) -> NDArray[np.uint8]:
    noisy = image + 255 * noise.sigma * generator.standard_normal(image.shape)
    return np.rint(noisy.clip(0, 255)).astype(np.uint8)


def _replace_by_salt_and_pepper(
    image: NDArray[np.uint8], noise: SaltPepperNoise, generator: np.random.Generator
) -> NDArray[np.uint8]:
    chance = generator.random(image.shape)
    salt = chance < noise.factor * noise.salt_ratio
    pepper = ~salt & (chance < noise.factor)
    return np.where(salt, 255, np.where(pepper, 0, image)).astype(np.uint8)
