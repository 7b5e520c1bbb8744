"""What all sources of faces have in common."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, TypeAlias

from facedenoise.data.labels import Labels
from facedenoise.errors import InputError
from facedenoise.images.fer2013 import USAGES

SPLITS = dict(zip(("train", "val", "test"), USAGES, strict=True))
"""Each split's name, and FER2013's own."""

USAGE = "column 'Usage'"
"""What says the splits in FER2013's CSV."""

FOLDERS = "folders"
"""What says labels and splits of pictures."""

MAX_PROBLEMS = 10

_TRAIN, _VAL, _TEST = "training train", "publictest val valid validation", "privatetest test testing"
_CODES = {word: code for code, words in enumerate((_TRAIN, _VAL, _TEST)) for word in words.split()}


Picture: TypeAlias = str | bytes | Path
"""Values in words, what a picture file holds, or such a file."""


class Face(NamedTuple):
    """A face as its source holds it."""

    place: str  # how messages call it
    pictures: Mapping[str, Picture] = {}  # by column or folder: the clean one, then noisy ones
    label: str | None = None
    split: str | None = None
    fault: str = ""  # what is wrong, if that has been seen already
    hint: str = ""  # is added to whatever is wrong
    fields: list[str] = []  # noqa: RUF012 - all that the line of a CSV holds


class Source(NamedTuple):
    """Faces to be read once, in order, and what is known of them before."""

    faces: Iterator[Face]
    labels: Labels
    label_by: str = FOLDERS  # what says the labels, and the splits
    split_by: str = FOLDERS
    remarks: tuple[str, ...] = ()


class Problems:
    """Lines on what is wrong: raised ten at once as an InputError, or, to `skip` what they are on, kept."""

    def __init__(self, *, skip: bool = False) -> None:
        self._skip, self.lines = skip, list[str]()

    def add(self, *lines: str) -> None:
        """Note problems, in the order of the source."""
        self.lines += lines
        self.settle(MAX_PROBLEMS)

    def settle(self, least: int = 1) -> None:
        """Raise the first problems, if there are so many at `least` and none is to be skipped."""
        if len(self.lines) >= least and not self._skip:
            raise InputError("\n".join(self.lines[:MAX_PROBLEMS]))


def in_lines(faces: Sequence[Face], faults: Mapping[int, str]) -> list[str]:
    """Say what is wrong with faces, by their index, and where."""
    return [f"{faces[index].place}: {faults[index]}{faces[index].hint}" for index in sorted(faults)]


def split_code(word: str) -> int | None:
    """Return the index of the split that a word means, in any case, `FER2013Train` too; None for others."""
    return _CODES.get(re.sub("^fer2013[-_]?", "", word.lower()))
