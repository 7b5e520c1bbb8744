"""Write face images as a CSV in the layout of FER2013."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from facedenoise.files import replacing
from facedenoise.images.fer2013 import USAGES

# Many test faces, because with few of them the mean score would depend on the seed of the training.
_TURNS = (*USAGES[:1] * 8, *USAGES[1:2], *USAGES[2:] * 4)


def interleaved_usage(rows: int) -> list[str]:
    """Return names of splits, 8 to 1 to 4 in thirteen rows; each depends on the number of its row alone."""
    return [_TURNS[row % len(_TURNS)] for row in range(rows)]


def write_fer_csv(
    path: Path, images: NDArray[np.uint8], emotion: NDArray[np.int64], usage: Sequence[str]
) -> None:
    """Write images of shape (N, H, W) with N emotions and N names of splits, as `write_fer_rows` does."""
    if images.dtype != np.uint8:
        raise TypeError(f"expected uint8 pixels, got {images.dtype}")
    write_fer_rows(path, zip(images, emotion.tolist(), usage, strict=True))


def write_fer_rows(path: Path, rows: Iterable[tuple[NDArray[np.uint8], int, str]]) -> None:
    """Write rows as they come; if `rows` raises an error, no file is left.

    A row is an image, uint8 (H, W), FER2013's code of its emotion and FER2013's name of its split.
    """
    with replacing(path) as temporary, temporary.open("w", encoding="ascii", newline="\n") as file:
        file.write("emotion,pixels,Usage\n")
        for image, code, part in rows:
            pixels = " ".join(map(str, image.ravel().tolist()))
            file.write(f"{code},{pixels},{part}\n")
