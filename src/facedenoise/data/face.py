"""What all sources of faces have in common."""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, TypeAlias

from facedenoise.data.labels import Labels
from facedenoise.errors import InputError
from facedenoise.images.fer2013 import USAGES

SPLITS = dict(zip(("train", "val", "test"), USAGES, strict=True))
"""Each split's name, and FER2013's own."""

USAGE, FOLDERS, FILES = "column 'Usage'", "folders", "file names"
"""What says the splits of FER2013's CSV, of pictures, and of several files."""

MAX_PROBLEMS = 10

_TRAIN, _TEST = "training train", "privatetest test testing"
_VAL = "publictest val valid validation validate dev eval"
_CODES = {word: code for code, words in enumerate((_TRAIN, _VAL, _TEST)) for word in words.split()}
_UNSAID = re.compile("[-_ ]|^fer2013|(set|images?|data|faces)$")
_COLUMNS = {"label": ("emotion", "label", "labels"), "split": ("usage", "split")}
_VALUE = re.compile(r"(?<= is )['\"].*['\"]([.]{3})?(?=; )")  # as read

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
    split_by: str = FOLDERS
    remarks: tuple[str, ...] = ()


class Problems:
    """What is wrong with faces: raised ten at once as an InputError, or, to `skip` them, kept."""

    def __init__(self, *, skip: bool = False) -> None:
        self._skip, self._found = skip, list[tuple[str, str]]()

    @property
    def lines(self) -> list[str]:
        """A line on each problem."""
        return [f"{place}: {wrong}" for place, wrong in self._found]

    @property
    def first(self) -> list[str]:
        """A line on each of the first ten problems; one if all are on lines of a file and of one kind."""
        first = self._found[:MAX_PROBLEMS]
        kinds = {(place.rstrip("0123456789"), _VALUE.sub("", wrong)) for place, wrong in first}
        if len(first) == MAX_PROBLEMS and len(kinds) == 1:
            last = first[-1][0].rpartition(": ")[2]
            return [f"{self.lines[0]} (likewise in the next {MAX_PROBLEMS - 1}, up to {last})"]
        return self.lines[:MAX_PROBLEMS]

    @contextmanager
    def noting(self, face: Face) -> Iterator[None]:
        """Note an InputError of the block as a problem of this face."""
        try:
            yield
        except InputError as error:
            self._found.append((face.place, str(error).removeprefix(f"{face.place}: ") + face.hint))
            self.settle(MAX_PROBLEMS)

    def settle(self, least: int = 1) -> None:
        """Raise the first problems, if there are so many at `least` and none is to be skipped."""
        if len(self._found) >= least and not self._skip:
            raise InputError("\n".join(self.first))


def split_code(word: str | None) -> int | None:
    """Return the index of the split that a word means, in any case, as `FER2013Train` or `train_set`."""
    return _CODES.get(_UNSAID.sub("", (word or "").lower()))


def known_columns(header: Iterable[str]) -> dict[str, str]:
    """Return the columns of `label` and `split`, in any case, if they are there; FER2013's go first."""
    lower = {name.lower(): name for name in header}
    found = {kind: [lower[name] for name in names if name in lower] for kind, names in _COLUMNS.items()}
    return {kind: names[0] for kind, names in found.items() if names}
