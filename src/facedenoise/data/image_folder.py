"""Turn a folder of image files into a CSV in the layout of FER2013; paths say emotion and split."""

from collections.abc import Iterator, Sequence
from itertools import cycle, repeat
from pathlib import Path, PurePath
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from facedenoise.data.fer_writer import write_fer_rows
from facedenoise.errors import InputError
from facedenoise.images.fer2013 import EMOTIONS, NO_EMOTION, USAGES
from facedenoise.pictures import read_picture
from facedenoise.progress import progress_bar

_TRAINING, _VALIDATION, _TEST = USAGES
_FOLDERS = (("train", "training"), ("val", "valid", "validation"), ("test", "testing"))
_SPLITS = {folder: usage for usage, folders in zip(USAGES, _FOLDERS, strict=True) for folder in folders}
_VARIANTS = {"anger": 0, "disgusted": 1, "fearful": 2, "happiness": 3, "sadness": 4, "surprised": 5}
_EMOTIONS = {name: code for code, name in enumerate(EMOTIONS)} | _VARIANTS


class FaceFile(NamedTuple):
    """An image file, relative to its folder, with FER2013's code of its emotion and name of its split."""

    path: PurePath
    emotion: int
    usage: str


def split_of(path: PurePath) -> str | None:
    """Return FER2013's name of the split whose folder a file is in: `train/`, `validation/` or `test/`."""
    return _SPLITS.get(path.parts[0].lower()) if len(path.parts) > 1 else None


def read_labels(paths: Sequence[PurePath]) -> list[FaceFile]:
    """Take emotion and split from where a file is, `train/EMOTION/...`; leave out the files of other folders.

    The words may be in any case. A folder that is none of FER2013's emotions gives `NO_EMOTION`. FER2013 as
    images has its validation images in `test/`, too: they are told by their names, `PublicTest_...`. Where no
    name tells and there is no `validation/` or `val/`, every other file of `test/` is a validation image.
    """
    turns = repeat(_TEST) if _VALIDATION in map(split_of, paths) else cycle((_VALIDATION, _TEST))
    return [FaceFile(path, _emotion(path), _usage(path, turns)) for path in paths if split_of(path)]


def _emotion(path: PurePath) -> int:
    word = path.parts[1].lower() if len(path.parts) > 2 else ""  # noqa: PLR2004
    return _EMOTIONS.get(word, NO_EMOTION)


def _usage(path: PurePath, turns: Iterator[str]) -> str:
    split, named = split_of(path), path.name.partition("_")[0]
    if split == _TEST:
        return named if named in (_VALIDATION, _TEST) else next(turns)
    return str(split)


def deal(paths: Sequence[PurePath], *, seed: int) -> list[FaceFile]:
    """Deal files without emotion at random: 80% to Training, 10% to each other split; of three, one each."""
    tenth = max(1, round(len(paths) / 10))
    usages = np.full(len(paths), _TRAINING, dtype="U11")
    shuffled = np.random.default_rng(seed).permutation(len(paths))
    usages[shuffled[:tenth]] = _VALIDATION
    usages[shuffled[tenth : 2 * tenth]] = _TEST
    return [FaceFile(path, NO_EMOTION, usage) for path, usage in zip(paths, usages.tolist(), strict=True)]


def write_image_csv(
    folder: Path, faces: Sequence[FaceFile], out: Path, *, size: int
) -> tuple[list[FaceFile], list[str]]:
    """Write faces as grey squares of `size` x `size`, in their order and one at a time; shows a progress bar.

    Returns what was written, and a line for each file that cannot be read: it is left out. Raises InputError,
    and writes nothing, if no file is left for one of the splits.
    """
    written: list[FaceFile] = []
    problems: list[str] = []

    def rows() -> Iterator[tuple[NDArray[np.uint8], int, str]]:
        for face in progress_bar(faces, unit=" images", disable=None):
            try:
                pixels = read_picture(folder / face.path).pixels
            except InputError as error:
                problems.append(str(error))
            else:
                written.append(face)
                yield grey_square(pixels, size), face.emotion, face.usage
        missing = ", ".join(usage for usage in USAGES if usage not in {face.usage for face in written})
        if missing:
            lines = [*problems, f"{folder}: no image is left for {missing}; `dvc repro` needs some of each"]
            raise InputError("\n".join(lines))

    write_fer_rows(out, rows())
    return written, problems


def grey_square(pixels: NDArray[np.uint8] | NDArray[np.uint16], size: int) -> NDArray[np.uint8]:
    """Return the largest square from the middle of an image, grey and scaled with antialiasing (Lanczos).

    The image has shape (H, W) or (H, W, C): grey, RGB, or either with an alpha, which does not count. Grey
    is the luma of ITU-R BT.601. A grey image of this size comes back as it is.
    """
    if pixels.dtype == np.uint16:
        pixels = np.rint(pixels / np.float32(257)).astype(np.uint8)  # 16-bit levels between two 8-bit ones
    grey = Image.fromarray(pixels).convert("L")
    return np.asarray(ImageOps.fit(grey, (size, size), Image.Resampling.LANCZOS))
