"""CSV files of faces in the layouts of FER2013, read strictly, line by line.

A line is a face: `pixels`, and where they are known `emotion`, a label, and `Usage`, the split. The columns
may come in any order and case, others among them.
"""

import csv
import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from io import TextIOWrapper
from pathlib import Path, PurePath
from typing import IO

from facedenoise.data.archives import csv_members, readable
from facedenoise.data.face import USAGE, Face, Source
from facedenoise.data.labels import Labels, excerpt
from facedenoise.errors import InputError

_MAX_LINE = 1 << 24  # characters, for one image; no memory is spent on more, whatever the file is
_COLUMNS = ("emotion", "pixels", "usage")
_BEHIND_QUOTE = re.compile('" +(?=,|$)')
_CUT = " (the file ends in this line: it may be cut off, get it again)"
_NO_CSV = {  # what a file is whose first line begins so
    "version https://git-lfs": "a Git-LFS pointer, not the file itself; `git lfs pull` brings it",
    "outs:": "a DVC pointer; `dvc pull` brings the file, whose name has no .dvc at its end",
    r"\s*<(!doctype|html|\?xml)": "a web page; log in where it came from and get the file again",
    "[^,]*pixels[^,]*;|[^,]*;[^,]*pixels": "fields parted by semicolons; part them by commas",
    "[^,]*pixels[^,]*\t|[^,]*\t[^,]*pixels": "fields parted by tabs; part them by commas",
}

csv.field_size_limit(_MAX_LINE)


class FaceCsv:
    """A CSV of faces, called `name` in messages: its `header`, and what is at which `index` of a line.

    A byte order mark, CRLF, quoted fields, blank lines, blanks around fields and a missing last line end are
    accepted. Raises an InputError if the header is none, and, when it is read, if the file is damaged.
    """

    def __init__(self, name: str, opener: Callable[[], IO[bytes]]) -> None:
        self.name, self._lines = name, _read_lines(name, opener)
        self.header = _read_header(name, next(self._lines, (1, ""))[1])
        lower = [column.lower() for column in self.header]
        self.index = {column: lower.index(column) for column in _COLUMNS if column in lower}

    def faces(self, split: str | None = None) -> Iterator[Face]:
        """Yield the faces; `split` is that of a file without Usage."""
        emotion, pixels, usage = self.index.get("emotion"), self.index["pixels"], self.index.get("usage")
        number = None
        for number, line in self._lines:
            hint = "" if line.endswith("\n") else _CUT
            try:
                fields = _split_fields(line, len(self.header))
            except ValueError as error:
                yield Face(f"{self.name}: line {number}", fault=str(error), hint=hint)
            else:
                label = None if emotion is None else fields[emotion]
                word = split if usage is None else fields[usage]
                yield Face(f"{self.name}: line {number}", fields[pixels], label, word, "", hint, fields)
        if not number:
            raise InputError(f"{self.name}: line 1: a header without rows; get the file again")


def open_csv(path: Path) -> Source | None:
    """Open the CSV in a file, an archive or a folder; None for a folder without one.

    Of several, that is taken which has all columns, else the challenge's `train.csv` and `test.csv` together.
    Raises an InputError that names them if it is not clear which to read.
    """
    chosen = _choose(path, csv_members(path))
    files = {name: FaceCsv(name, opener) for name, opener in chosen.items()}
    is_challenge = len(files) > 1
    faces = (
        face for name, file in files.items() for face in file.faces(_stem(name) if is_challenge else None)
    )
    by = "file names" if is_challenge else USAGE
    return Source(faces, Labels(emotions=True), "column 'emotion'", by) if files else None


def open_face_csv(path: Path) -> FaceCsv:
    """Open the one CSV in a file or an archive; InputError if there are several."""
    name, *others = chosen = _choose(path, csv_members(path))
    if others:
        raise InputError(f"{path}: holds {len(chosen)} CSV files: {', '.join(chosen)}; take one at a time")
    return FaceCsv(name, chosen[name])


def _choose(path: Path, members: Mapping[str, Callable[[], IO[bytes]]]) -> dict[str, Callable[[], IO[bytes]]]:
    if len(members) == 1 and path.is_file():
        return dict(members)
    columns = {name: _columns_of(name, opener) for name, opener in members.items()}
    faces = [name for name in members if "pixels" in columns[name]]
    complete = [name for name in faces if columns[name].issuperset(_COLUMNS)]
    parts = {_stem(name): name for name in faces}
    if len(complete) == 1:
        faces = complete
    elif parts.keys() == {"train", "test"}:
        faces = [parts["train"], parts["test"]]
    elif len(faces) > 1 or (path.is_file() and not faces):
        names = ", ".join(name.removeprefix(f"{path}/") for name in members)
        raise InputError(
            f"{path}: holds {len(members)} CSV files: {names}; take out and name the one to read"
        )
    return {name: members[name] for name in faces}


def _stem(name: str) -> str:
    return PurePath(name).name.split(".")[0].lower()


def _columns_of(name: str, opener: Callable[[], IO[bytes]]) -> set[str]:
    try:
        return {column.lower() for column in _split_fields(next(_read_lines(name, opener), (1, ""))[1])}
    except ValueError:
        return set()


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
    for start, what in _NO_CSV.items():
        if re.match(start, line, re.IGNORECASE):
            raise InputError(f"{name}: line 1: {what}")
    try:
        columns = _split_fields(line)
    except ValueError as error:
        raise InputError(f"{name}: line 1: {error}") from None
    found = {column: [name.lower() for name in columns].count(column) for column in _COLUMNS}
    for column, count in found.items():
        if count > 1 or (column == "pixels" and not count):
            many = f"column '{column}': {count} of this name in the header {excerpt(line)}"
            raise InputError(f"{name}: line 1: {many}; give a CSV with emotion, pixels, Usage, once each")
    return columns
