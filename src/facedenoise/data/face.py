"""What all sources of faces have in common."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from facedenoise.data.labels import excerpt
from facedenoise.errors import InputError
from facedenoise.images.fer2013 import USAGES

SPLITS = dict(zip(("train", "val", "test"), USAGES, strict=True))
"""Each split's name, and FER2013's own."""

USAGE = "column 'Usage'"
"""What says the splits of FER2013's CSV."""

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


class Source(NamedTuple):
    """Faces of a folder or a table, to be read once, in order; columns are in small letters."""

    faces: Iterator[Face]
    remarks: Sequence[str] = ()
    header: Sequence[str] = ()  # as it is
    pictures: Sequence[str] = ()  # the columns of clean and noisy ones
    label: str | None = None  # its column
    split: str | None = None
    listed: Sequence[str] = ()  # the names of labels, by code

    @property
    def split_by(self) -> str:
        """What says the splits, in words."""
        if self.split is None:
            return "names of files and folders"
        return USAGE if self.split == "usage" else f"column '{self.split}'"


def table(
    place: str,
    header: Sequence[str],
    clean: Sequence[str],
    noisy: Sequence[str],
    rows: Iterator[Face],
    *,
    listed: Sequence[str] = (),
) -> Source:
    """Return the faces of rows that have `fields` alone; `clean` are columns that may have the pictures.

    InputError, at the `place` of the header, unless there is one such column, and one of each other kind.
    """
    columns, noisy = [name.lower() for name in header], [name.lower() for name in noisy]
    pictures = [*(name for name in clean if name not in noisy), *noisy]
    label, split = (next((name for name in names if name in columns), None) for names in (LABEL, SPLIT))
    counts = {f"named '{name}'": columns.count(name) for name in filter(None, (*noisy, label, split))}
    for what, count in {**counts, "of pictures (pixels, or bytes)": len(pictures) - len(noisy)}.items():
        if count != 1:
            among = excerpt(",".join(header))
            raise InputError(f"{place}: {count} columns {what} among {among}; give one")

    def faces() -> Iterator[Face]:
        for face in rows:
            row: dict[str | None, Any] = dict(zip(columns, face.fields, strict=bool(face.fields)))
            contents = {name: row.get(name) for name in pictures}
            yield face._replace(pictures=contents, label=row.get(label) or "", split=row.get(split))

    return Source(faces(), (), header, pictures, label, split, listed)


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
