"""Noisy copies of pictures and of CSVs in the layout of FER2013, to try a denoiser on."""

import os
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path, PurePath
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from facedenoise.channels import colour_planes
from facedenoise.data.fer2013 import USAGES
from facedenoise.data.fer_csv import read_blocks
from facedenoise.data.fer_writer import write_fer_rows
from facedenoise.noise import corrupt
from facedenoise.params import NoiseModel
from facedenoise.pictures import Picture, read_picture, write_picture

_STEP = 257  # 16-bit levels between two 8-bit ones


def write_noisy_picture(
    source: Path,
    target: Path,
    noise: NoiseModel,
    *,
    seed: int,
    task: str,
    name: PurePath,
) -> None:
    """Write a noisy copy of a picture.

    Parameters
    ----------
    source, target : Path
        Pictures that `facedenoise.pictures` can read and write.
    noise : NoiseModel
        Kind and strength.
    seed, task : int, str
        See `facedenoise.noise.corrupt`.
    name : PurePath
        What the picture is known by: another name, another noise.

    Raises
    ------
    InputError
        If the picture cannot be read, or not be written in the format of `target`.
    """
    picture = read_picture(source)
    pixels = corrupt_pixels(picture.pixels, noise, seed=seed, task=task, row=_row(name))
    write_picture(target, Picture(pixels, picture.icc_profile))


def corrupt_pixels(
    pixels: NDArray[Any], noise: NoiseModel, *, seed: int, task: str, row: int
) -> NDArray[Any]:
    """Corrupt a picture, each colour channel with a draw of its own; alpha stays as it is.

    Parameters
    ----------
    pixels : ndarray of uint8 or uint16, shape (H, W) or (H, W, C)
        Of two or four channels the last one is alpha.
    noise, seed, task, row
        See `facedenoise.noise.corrupt`.

    Returns
    -------
    ndarray
        Same shape and dtype. Noise has 8 bits, so colours of 16 bits come back with 256 levels.
    """
    step = _STEP if pixels.dtype == np.uint16 else 1
    noisy = pixels.copy()
    for draw, plane in enumerate(colour_planes(noisy)):
        eight_bit = np.rint(plane[np.newaxis] / step).astype(np.uint8)
        corrupted = corrupt(eight_bit, np.array([row]), noise, seed=seed, task=task, draw=draw)[0]
        plane[...] = corrupted.astype(pixels.dtype) * step
    return noisy


def write_noisy_csv(source: Path, target: Path, noise: NoiseModel, *, seed: int, task: str) -> None:
    """Write a noisy copy of a CSV in bounded memory; with the pipeline's seed it is the pipeline's noise.

    Parameters
    ----------
    source : Path
        A CSV that `read_blocks` accepts.
    target : Path
        The CSV to write.
    noise, seed, task
        See `write_noisy_picture`.

    Raises
    ------
    InputError
        If the CSV is malformed; then nothing is written.
    """

    def noisy_rows() -> Iterator[tuple[NDArray[np.uint8], int, str]]:
        for block in read_blocks(source):
            images = corrupt(block.images[:, 0], block.row, noise, seed=seed, task=task, draw=0)
            yield from zip(
                images, block.emotion.tolist(), (USAGES[code] for code in block.usage), strict=True
            )

    with tqdm(noisy_rows(), unit=" images", leave=False, disable=None) as rows:
        write_fer_rows(target, rows)


def _row(name: PurePath) -> int:
    """Give a number to a name: the noise of a picture does not depend on what else is in its folder."""
    return int.from_bytes(sha256(os.fsencode(name.as_posix())).digest()[:7], "little")
