"""Write face images as a CSV in the layout of FER2013."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from facedenoise.data.fer2013 import USAGES
from facedenoise.files import replacing

_TRAINING, _VALIDATION, _TEST = USAGES
_TURNS = (_TRAINING,) * 8 + (_VALIDATION, _TEST)


def interleaved_usage(rows: int) -> list[str]:
    """Deal rows to Training, PublicTest and PrivateTest as 8 to 1 to 1, in every ten rows alike.

    Parameters
    ----------
    rows : int
        How many rows.

    Returns
    -------
    list of str
        FER2013's names. Row r's depends on r alone.
    """
    return [_TURNS[row % len(_TURNS)] for row in range(rows)]


def write_fer_csv(
    path: Path, images: NDArray[np.uint8], emotion: NDArray[np.int64], usage: Sequence[str]
) -> None:
    """Write images and their labels, whole or not at all.

    Parameters
    ----------
    path : Path
        The CSV to write; its folder is made if it is missing.
    images : array of uint8, shape (N, H, W)
        Grey values.
    emotion : array of int64, shape (N,)
        FER2013 codes.
    usage : sequence of str, length N
        FER2013's names of the splits.

    Raises
    ------
    TypeError
        If `images` is not uint8.
    ValueError
        If the shapes do not fit together.
    """
    if images.dtype != np.uint8:
        raise TypeError(f"expected uint8 pixels, got {images.dtype}")
    if images.ndim != 3 or not len(images) == len(emotion) == len(usage):  # noqa: PLR2004
        raise ValueError(
            f"expected images (N, H, W) and N labels, got {images.shape}, {len(emotion)}, {len(usage)}"
        )
    write_fer_rows(path, zip(images, emotion.tolist(), usage, strict=True))


def write_fer_rows(path: Path, rows: Iterable[tuple[NDArray[np.uint8], int, str]]) -> None:
    """Write rows as they come, whole or not at all: if `rows` raises, nothing is left.

    Parameters
    ----------
    path : Path
        The CSV to write; its folder is made if it is missing.
    rows : iterable of (image, emotion, usage)
        uint8 of shape (H, W), FER2013's code and FER2013's name of the split.
    """
    with replacing(path) as temporary, temporary.open("w", encoding="ascii", newline="\n") as file:
        file.write("emotion,pixels,Usage\n")
        for image, code, part in rows:
            pixels = " ".join(map(str, image.ravel().tolist()))
            file.write(f"{code},{pixels},{part}\n")
