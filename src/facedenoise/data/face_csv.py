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
    """A CSV of faces, called `name` in messages: its `header`, and the `columns` of what is known there.

    A byte order mark, CRLF, quoted fields, blank lines, blanks around fields and a missing last line end are
    accepted. Raises an InputError if the header is none, and, when it is read, if the file is damaged.
    """

    def __init__(self, name: str, opener: Callable[[], IO[bytes]]) -> None:
        self.name, self.stem = name, PurePath(name).name.split(".")[0].lower()
        self._lines = _read_lines(name, opener)
        line = next(self._lines, (1, ""))[1]
        has_pixels = "pixels" in [column.strip(' "\r\n').lower() for column in line.split(",")]
        try:
            if not has_pixels and (kind := kind_of(line)):
                raise InputError(kind)
            self.header = _split_fields(line)
        except InputError as error:
            raise InputError(f"{name}: line 1: {error}") from None
        self.names = [column.lower() for column in self.header]
        self.columns = {"pixels": "pixels", **known_columns(self.names)}
        for column in self.columns.values():
            self._require_one(column, "give emotion, pixels, Usage, once each, in")

    def _require_one(self, column: str, remedy: str) -> None:
        if (count := self.names.count(column.lower())) != 1:
            wrong = f"column '{column}': {count} of this name in the header; {remedy}"
            raise InputError(f"{self.name}: line 1: {wrong} {excerpt(','.join(self.header))}")

    def faces(self, split: str | None = None, noisy: Sequence[str] = ()) -> Iterator[Face]:
        """Yield the faces; `split` is that of a file without one, `noisy` the columns of noisy versions."""
        for name in noisy:
            self._require_one(name, "correct data.noisy or")
        number = None
        for number, line in self._lines:
            place, hint = f"{self.name}: line {number}", "" if line.endswith("\n") else _CUT
            try:
                row = self._row(fields := _split_fields(line))
            except InputError as error:
                yield Face(place, fault=str(error), hint=hint)
                continue
            words = {name: row[name.lower()] for name in ("pixels", *noisy)}
            label, word = row.get(self.columns.get("label")), row.get(self.columns.get("split"), split)
            yield Face(place, words, label, word, hint=hint, fields=fields)
        if not number:
            what = OLD_MAC if "\r" in "".join(self.header) else "a header without rows; get the file again"
            raise InputError(f"{self.name}: line 1: {what}")

    def _row(self, fields: list[str]) -> dict[str | None, str]:
        """Return fields by column; InputError if they are too few or many, or the picture is no square."""
        if len(fields) != len(self.names):
            wrong = f"{len(fields)} fields, the header has {len(self.names)}"
            raise InputError(f"{wrong}; check commas and quotes")
        row: dict[str | None, str] = dict(zip(self.names, fields, strict=True))
        size = [excerpt(row[name]) for name in ("width", "height") if name in row]
        if len({*size}) > 1:  # the pixels could pass for a square
            raise InputError(f"{' x '.join(size)} pixels are no square; give pictures as files")
        return row


def open_csv(files: Sequence[FaceCsv], noisy: Sequence[str]) -> Source:
    """Open what `find_csvs` finds as one source; the columns `noisy` have noisy versions."""
    are_many, columns = len(files) > 1, files[0].columns
    faces = (face for file in files for face in file.faces(file.stem if are_many else None, noisy))
    split_by = FILES if are_many else "column 'split'" if columns.get("split") == "split" else USAGE
    return Source(faces, Labels(columns.get("label", "emotion")), split_by)


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


def _split_fields(line: str) -> list[str]:
    """Return the fields of a line without the blanks around them; InputError for NUL or wrong quotes."""
    if "\0" in line:
        raise InputError("a NUL byte: no UTF-8 text, or damaged; save it as a UTF-8 CSV or get it again")
    line = line.removesuffix("\n").removesuffix("\r")
    fields = line.split(",")
    try:
        if '"' in line:
            (fields,) = csv.reader([_BEHIND_QUOTE.sub('"', line)], strict=True, skipinitialspace=True)
    except csv.Error:
        raise InputError("a misplaced or unclosed quote; mend it") from None
    return [field.strip(" ") for field in fields]
