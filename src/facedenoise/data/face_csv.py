"""CSV files of faces in the layouts of FER2013, read strictly, line by line.

A line is a face: `pixels`, and where they are known `emotion`, a label, and `Usage`, the split; `label`,
`labels` and `split` serve too. The columns may come in any order and case, others among them.
"""

import csv
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from io import TextIOWrapper
from pathlib import Path, PurePath
from typing import IO

from facedenoise.data.archives import csv_members, readable
from facedenoise.data.face import FILES, USAGE, Face, Source, known_columns
from facedenoise.data.kinds import OLD_MAC, kind_of
from facedenoise.data.labels import Labels, excerpt
from facedenoise.errors import InputError

_MAX_LINE = 1 << 24  # characters, for one image; no memory is spent on more, whatever the file is
_BEHIND_QUOTE = re.compile('" +(?=,|$)')
_CUT = " (the file ends in this line: it may be cut off, get it again)"

csv.field_size_limit(_MAX_LINE)


class FaceCsv:
    """A CSV of faces, called `name` in messages: its `header`, its `columns`, and the `index` of each.

    A byte order mark, CRLF, quoted fields, blank lines, blanks around fields and a missing last line end are
    accepted. Raises an InputError if the header is none, and, when it is read, if the file is damaged.
    """

    def __init__(self, name: str, opener: Callable[[], IO[bytes]]) -> None:
        self.name, self.stem = name, PurePath(name).name.split(".")[0].lower()
        self._lines = _read_lines(name, opener)
        self.header = _read_header(name, next(self._lines, (1, ""))[1])
        self._lower = [column.lower() for column in self.header]
        self.columns = {"pixels": "pixels", **known_columns(self._lower)}
        self.index = {kind: self._lower.index(column) for kind, column in self.columns.items()}

    def faces(self, split: str | None = None, noisy: Sequence[str] = ()) -> Iterator[Face]:
        """Yield the faces; `split` is that of a file without one, `noisy` the columns of noisy versions."""
        pictures = {"pixels": self.index["pixels"]} | {name: self._find(name) for name in noisy}
        label_at, split_at = self.index.get("label"), self.index.get("split")
        number = None
        for number, line in self._lines:
            hint = "" if line.endswith("\n") else _CUT
            try:
                fields = _split_fields(line, len(self.header))
                self._require_square(fields)
            except ValueError as error:
                yield Face(f"{self.name}: line {number}", fault=str(error), hint=hint)
            else:
                words = {name: fields[index] for name, index in pictures.items()}
                label = None if label_at is None else fields[label_at]
                word = split if split_at is None else fields[split_at]
                yield Face(f"{self.name}: line {number}", words, label, word, "", hint, fields)
        if not number:
            what = OLD_MAC if "\r" in "".join(self.header) else "a header without rows; get the file again"
            raise InputError(f"{self.name}: line 1: {what}")

    def _find(self, name: str) -> int:
        if (count := self._lower.count(name.lower())) != 1:
            wrong = f"line 1: column '{name}' of data.noisy: {count} of this name in the header"
            raise InputError(f"{self.name}: {wrong}; correct data.noisy or the header")
        return self._lower.index(name.lower())

    def _require_square(self, fields: list[str]) -> None:
        """Raise a ValueError if columns `width` and `height` differ: the pixels could pass for a square."""
        size = [fields[self._lower.index(name)] for name in ("width", "height") if name in self._lower]
        if len(set(size)) > 1:
            raise ValueError(
                f"{excerpt(size[0])} x {excerpt(size[1])} pixels are no square; give pictures as files"
            )


def open_csv(path: Path, noisy: Sequence[str]) -> Source | None:
    """Open what `find_csvs` finds as one source; None for a folder without a CSV of faces."""
    files = find_csvs(path)
    if not files:
        return None
    faces = (face for file in files for face in file.faces(file.stem if len(files) > 1 else None, noisy))
    columns = {"label": "emotion"} | files[0].columns
    split_by = FILES if len(files) > 1 else "column 'split'" if columns.get("split") == "split" else USAGE
    label_by = f"column '{columns['label']}'"
    return Source(faces, Labels(emotions=columns["label"] == "emotion"), label_by, split_by)


def find_csvs(path: Path) -> list[FaceCsv]:
    """Return the CSV of faces in a file, an archive or a folder, or the challenge's train.csv and test.csv.

    Of several that one is taken which has all columns. An InputError names them if it is not clear which.
    """
    members = csv_members(path)
    if len(members) == 1 and path.is_file():
        return [FaceCsv(name, opener) for name, opener in members.items()]
    files = []
    for name, opener in members.items():
        with suppress(InputError):
            files.append(FaceCsv(name, opener))
    complete = [file for file in files if file.columns.keys() == {"pixels", "label", "split"}]
    if len(complete) == 1:
        return complete
    if sorted(file.stem for file in files) == ["test", "train"]:
        return sorted(files, key=lambda file: file.stem, reverse=True)
    if len(files) > 1 or (path.is_file() and not files):
        names = ", ".join(name.removeprefix(f"{path}/") for name in members)
        many = f"{path}: holds {len(members)} CSV files: {names}"
        raise InputError(f"{many}; take out and name the one to read")
    return files


def _read_lines(name: str, opener: Callable[[], IO[bytes]]) -> Iterator[tuple[int, str]]:
    """Yield the number of each line that is not blank, and the line with its end."""
    with readable(name), TextIOWrapper(opener(), "utf-8-sig", "surrogateescape", "\n") as text:
        for number, line in enumerate(iter(partial(text.readline, _MAX_LINE + 1), ""), 1):
            if len(line) > _MAX_LINE:
                raise InputError(f"{name}: line {number}: more than {_MAX_LINE >> 20} MB; is it a CSV?")
            if number == 1 or line.strip("\r\n"):
                yield number, line


def _split_fields(line: str, count: int | None = None) -> list[str]:
    """Return the fields of a line without the blanks around them; ValueError if there are not `count`."""
    if "\0" in line:
        raise ValueError("a NUL byte: no UTF-8 text, or damaged; save it as a UTF-8 CSV or get it again")
    line = line.removesuffix("\n").removesuffix("\r")
    fields = line.split(",")
    try:
        if '"' in line:
            (fields,) = csv.reader([_BEHIND_QUOTE.sub('"', line)], strict=True, skipinitialspace=True)
    except csv.Error:
        raise ValueError("a misplaced or unclosed quote; mend it") from None
    if count not in (None, len(fields)):
        raise ValueError(f"{len(fields)} fields, the header has {count}; check commas and quotes")
    return [field.strip(" ") for field in fields]


def _read_header(name: str, line: str) -> list[str]:
    try:
        has_pixels = "pixels" in [column.strip(' "\r\n').lower() for column in line.split(",")]
        if not has_pixels and (kind := kind_of(line)):
            raise ValueError(kind)
        columns = _split_fields(line)
        lower = [column.lower() for column in columns]
        for column in ("pixels", *known_columns(lower).values()):
            if (count := lower.count(column)) != 1:
                many = f"column '{column}': {count} of this name in the header {excerpt(line)}"
                raise ValueError(f"{many}; give a CSV with emotion, pixels, Usage, once each")
    except ValueError as error:
        raise InputError(f"{name}: line 1: {error}") from None
    return columns
