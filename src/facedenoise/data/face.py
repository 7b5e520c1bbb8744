"""What all sources of faces have in common."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from facedenoise.data.labels import Labels, excerpt
from facedenoise.errors import InputError
from facedenoise.images.fer2013 import USAGES

SPLITS = dict(zip(("train", "val", "test"), USAGES, strict=True))
"""Each split's name, and FER2013's own."""

USAGE, FOLDERS, FILES = "column 'Usage'", "folders", "file names"
"""What says the splits of FER2013's CSV, of pictures, and of several files."""

LABEL, SPLIT = ("emotion", "label", "labels"), ("usage", "split")
"""The columns of labels and of splits; the first that is there counts."""

MAX_PROBLEMS = 10

_TRAIN, _TEST = "training train", "privatetest test testing"
_VAL = "publictest val valid validation validate dev eval"
_CODES = {word: code for code, words in enumerate((_TRAIN, _VAL, _TEST)) for word in words.split()}
_UNSAID = re.compile("[-_ ]|^fer2013|(set|images?|data|faces)$")
_VARYING = re.compile(r"(?<=: line )\d+|(?<=: row )\d+|(?<= is )['\"].*['\"]([.]{3})?(?=; )")

Picture: TypeAlias = str | bytes | Path | None
"""Values in words, what a picture file holds, or such a file; None if there is none."""


class Face(NamedTuple):
    """A face as its source holds it."""

    place: str  # how messages call it
    pictures: Mapping[str, Picture] = {}  # by column or folder: the clean one, then noisy ones
    label: str = ""  # or "-1": none
    split: str | None = None
    fault: str = ""  # what is wrong, if that has been seen already
    hint: str = ""  # is added to whatever is wrong
    fields: Sequence[Any] = ()  # all that the row of a table holds


class Table(NamedTuple):
    """A file of faces, with other columns among those that matter."""

    place: str  # how messages call its header
    header: list[str]
    pictures: list[str]  # the columns that may have the clean ones, in small letters
    rows: Iterator[Face]  # with `fields` alone, to be read once
    listed: Sequence[str] = ()  # the names of labels, by code

    @property
    def columns(self) -> list[str]:
        """The header in small letters."""
        return [name.lower() for name in self.header]

    def find(self, names: Sequence[str]) -> str | None:
        """Return the first of these columns that is there."""
        return next((name for name in names if name in self.columns), None)

    def checked(self, noisy: Sequence[str]) -> "Table":
        """Return itself; InputError unless there is one column of clean pictures, and of each other kind."""
        others = [*noisy, *filter(None, map(self.find, (LABEL, SPLIT)))]
        counts = {f"named '{name}'": self.columns.count(name.lower()) for name in others}
        for what, count in {**counts, "of pictures (pixels, or bytes)": len(self._clean(noisy))}.items():
            if count != 1:
                header = excerpt(",".join(self.header))
                raise InputError(f"{self.place}: {count} columns {what} among {header}; give one")
        return self

    def faces(self, noisy: Sequence[str] = (), split: str | None = None) -> Iterator[Face]:
        """Yield the faces; `noisy` are columns of noisy versions, `split` is that of a file without one."""
        pictures = {name: name.lower() for name in (*self._clean(noisy), *noisy)}
        columns, label, word = self.columns, self.find(LABEL), self.find(SPLIT)
        for face in self.rows:
            row: dict[str | None, Any] = dict(zip(columns, face.fields, strict=bool(face.fields)))
            contents = {name: row.get(column) for name, column in pictures.items()}
            yield face._replace(pictures=contents, label=row.get(label) or "", split=row.get(word, split))

    def _clean(self, noisy: Sequence[str]) -> list[str]:
        return [name for name in self.pictures if name not in map(str.lower, noisy)]


class Source(NamedTuple):
    """Faces to be read once, in order, and what is known of them before."""

    faces: Iterator[Face]
    labels: Labels
    split_by: str = FOLDERS
    remarks: tuple[str, ...] = ()


class Problems:
    """What is wrong with faces: raised ten at once as an InputError, or, to `skip` them, kept."""

    def __init__(self, *, skip: bool = False) -> None:
        self._skip, self.lines = skip, list[str]()

    @property
    def first(self) -> str:
        """A line on each of the first ten problems; one if they differ in the line or row alone."""
        lines = self.lines[:MAX_PROBLEMS]
        if len(lines) == MAX_PROBLEMS and len({_VARYING.sub("", line) for line in lines}) == 1:
            last = lines[-1].split(": ")[1]
            return f"{lines[0]} (likewise in the next {MAX_PROBLEMS - 1}, up to {last})"
        return "\n".join(lines)

    @contextmanager
    def noting(self, place: str, hint: str = "") -> Iterator[None]:
        """Note an InputError of the block as a problem of this place."""
        try:
            yield
        except InputError as error:
            self.lines.append(f"{place}: {str(error).removeprefix(f'{place}: ')}{hint}")
            self.settle(MAX_PROBLEMS)

    def settle(self, least: int = 1) -> None:
        """Raise the first problems, if there are so many at `least` and none is to be skipped."""
        if len(self.lines) >= least and not self._skip:
            raise InputError(self.first)


def split_code(word: str | None) -> int | None:
    """Return the index of the split that a word means, in any case, as `FER2013Train` or `train_set`."""
    return _CODES.get(_UNSAID.sub("", (word or "").lower()))
