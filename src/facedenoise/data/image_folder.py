"""Tell by the paths of image files which emotion each shows and to which split it belongs."""

from collections.abc import Iterator, Sequence
from itertools import cycle, repeat
from pathlib import PurePath
from typing import NamedTuple

import numpy as np

from facedenoise.data.fer2013 import EMOTIONS, NO_EMOTION, USAGES

_TRAINING, _VALIDATION, _TEST = USAGES
_TRAINING_FOLDERS = {"train", "training"}
_VALIDATION_FOLDERS = {"val", "valid", "validation"}
_TEST_FOLDERS = {"test", "testing"}
_SPLIT_FOLDERS = _TRAINING_FOLDERS | _VALIDATION_FOLDERS | _TEST_FOLDERS
_EMOTION_FOLDERS = {name: code for code, name in enumerate(EMOTIONS)} | {
    "anger": 0,
    "disgusted": 1,
    "fearful": 2,
    "happiness": 3,
    "sadness": 4,
    "surprised": 5,
}


class FaceFile(NamedTuple):
    """An image file, relative to its folder, with FER2013's code of its emotion and name of its split."""

    path: PurePath
    emotion: int
    usage: str


def has_splits(paths: Sequence[PurePath]) -> bool:
    """Say whether image files, relative to their folder, stand in `train/` and others as in FER2013."""
    return any(_top_folder(path) in _TRAINING_FOLDERS for path in paths)


def has_test(paths: Sequence[PurePath]) -> bool:
    """Say whether image files, relative to their folder, stand in a folder for validation or test."""
    return any(_top_folder(path) in _VALIDATION_FOLDERS | _TEST_FOLDERS for path in paths)


def read_labels(paths: Sequence[PurePath]) -> list[FaceFile]:
    """Take emotion and split from where a file stands: `train/EMOTION/...`, `test/EMOTION/...`.

    The words may be in any case. A folder that is none of FER2013's emotions gives `NO_EMOTION`. FER2013 as
    images has its validation images in `test/`, too: they are told by their names, `PublicTest_...`. Where no
    name tells and there is no `validation/` or `val/`, every other file of `test/` is a validation image.

    Parameters
    ----------
    paths : sequence of PurePath
        Relative to the folder; their order decides how `test/` is halved.

    Returns
    -------
    list of FaceFile
        In the same order, without the files outside of these folders.
    """
    halve = not any(_top_folder(path) in _VALIDATION_FOLDERS for path in paths)
    turns = cycle((_VALIDATION, _TEST)) if halve else repeat(_TEST)
    return [
        FaceFile(path, _emotion(path), _usage(path, turns))
        for path in paths
        if _top_folder(path) in _SPLIT_FOLDERS
    ]


def deal(paths: Sequence[PurePath], *, seed: int) -> list[FaceFile]:
    """Give files without emotion to the splits at random: 80% to Training, 10% to each of the others.

    Parameters
    ----------
    paths : sequence of PurePath
        Their number and order decide, beside the seed, who goes where.
    seed : int
        At least 0.

    Returns
    -------
    list of FaceFile
        In the same order. From three files on no split is empty.
    """
    tenth = max(1, round(len(paths) / 10))
    usages = np.full(len(paths), _TRAINING, dtype="U11")
    shuffled = np.random.default_rng(seed).permutation(len(paths))
    usages[shuffled[:tenth]] = _VALIDATION
    usages[shuffled[tenth : 2 * tenth]] = _TEST
    return [FaceFile(path, NO_EMOTION, usage) for path, usage in zip(paths, usages.tolist(), strict=True)]


def _emotion(path: PurePath) -> int:
    """Read the word that stands where `train/EMOTION/...` has the emotion."""
    word = path.parts[1].lower() if len(path.parts) > 2 else ""  # noqa: PLR2004
    return _EMOTION_FOLDERS.get(word, NO_EMOTION)


def _top_folder(path: PurePath) -> str:
    return path.parts[0].lower() if len(path.parts) > 1 else ""


def _usage(path: PurePath, turns: Iterator[str]) -> str:
    if _top_folder(path) in _TRAINING_FOLDERS:
        return _TRAINING
    if _top_folder(path) in _VALIDATION_FOLDERS:
        return _VALIDATION
    named = path.name.partition("_")[0]
    return named if named in (_VALIDATION, _TEST) else next(turns)
