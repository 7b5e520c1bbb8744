"""The noisy variant of a split on disk: draw 0 of the noise."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from facedenoise.data.streamed import Streamed, write_streamed
from facedenoise.data.tensors import read_tensors
from facedenoise.files import replacing
from facedenoise.noise import corrupt
from facedenoise.params import NoiseModel

PIECE = 1024  # images in memory at a time


def write_noisy(clean: Path, noisy: Path, noise: NoiseModel, *, seed: int, task: str) -> None:
    """Corrupt a split's images in bounded memory; shows a progress bar.

    Parameters
    ----------
    clean : Path
        A split: `images` uint8 (N, 1, H, W) and `row` int64 (N,).
    noisy : Path
        The file to write: `images` uint8 (N, 1, H, W), in the same order.
    noise : NoiseModel
        Kind and strength.
    seed, task : int, str
        See `facedenoise.noise.corrupt`.

    Raises
    ------
    InputError
        If the split cannot be read.
    """
    split = read_tensors(clean)
    images, rows = split["images"].numpy(), split["row"].numpy()

    def pieces() -> Iterator[NDArray[np.uint8]]:
        title = f"{noisy.parent.name}/{noisy.stem}"
        for start in tqdm(range(0, len(images), PIECE), desc=title, unit="k images", leave=False):
            piece = slice(start, start + PIECE)
            yield corrupt(images[piece], rows[piece], noise, seed=seed, task=task, draw=0)

    with replacing(noisy) as temporary, temporary.open("wb") as file:
        write_streamed(file, {"images": Streamed("uint8", images.shape, pieces())})
