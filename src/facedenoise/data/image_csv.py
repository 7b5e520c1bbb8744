"""Turn image files into a CSV in the layout of FER2013."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps
from tqdm import tqdm

from facedenoise.data.fer2013 import USAGES
from facedenoise.data.fer_writer import write_fer_rows
from facedenoise.data.image_folder import FaceFile
from facedenoise.errors import InputError
from facedenoise.pictures import read_picture

_STEP = 257  # 16-bit levels between two 8-bit ones


def write_image_csv(
    folder: Path, faces: Sequence[FaceFile], out: Path, *, size: int
) -> tuple[list[FaceFile], list[str]]:
    """Write faces as grey squares, in their order and one at a time; shows a progress bar.

    Parameters
    ----------
    folder : Path
        Where the files stand.
    faces : sequence of FaceFile
        Their paths are relative to `folder`. A file that cannot be read is left out.
    out : Path
        The CSV to write.
    size : int
        Height and width of the squares, in pixels.

    Returns
    -------
    written : list of FaceFile
        The rows of the CSV.
    problems : list of str
        A line for each file that is left out.

    Raises
    ------
    InputError
        If no file is left for one of the splits; then nothing is written.
    """
    written: list[FaceFile] = []
    problems: list[str] = []

    def rows() -> Iterator[tuple[NDArray[np.uint8], int, str]]:
        for face in tqdm(faces, unit=" images", leave=False, disable=None):
            try:
                picture = read_picture(folder / face.path)
            except InputError as error:
                problems.append(str(error))
                continue
            written.append(face)
            yield grey_square(picture.pixels, size), face.emotion, face.usage
        _require_all_splits(folder, written, problems)

    write_fer_rows(out, rows())
    return written, problems


def grey_square(pixels: NDArray[np.uint8] | NDArray[np.uint16], size: int) -> NDArray[np.uint8]:
    """Make an image grey, crop the largest square from its middle, and scale it with antialiasing (Lanczos).

    Parameters
    ----------
    pixels : ndarray of uint8 or uint16, shape (H, W) or (H, W, C)
        Grey; or grey and alpha, RGB, RGB and alpha. Alpha does not count.
    size : int
        Height and width of the result, in pixels.

    Returns
    -------
    ndarray of uint8, shape (size, size)
        Luma after ITU-R BT.601. A grey image of this size comes back as it is.
    """
    eight_bit = np.rint(pixels / np.float32(_STEP)).astype(np.uint8) if pixels.dtype == np.uint16 else pixels
    grey = Image.fromarray(eight_bit).convert("L")
    return np.asarray(ImageOps.fit(grey, (size, size), Image.Resampling.LANCZOS))


def _require_all_splits(folder: Path, written: Sequence[FaceFile], problems: Sequence[str]) -> None:
    missing = [usage for usage in USAGES if usage not in {face.usage for face in written}]
    if missing:
        lines = [
            *problems,
            f"{folder}: no image is left for {', '.join(missing)}; `dvc repro` needs some of each",
        ]
        raise InputError("\n".join(lines))
