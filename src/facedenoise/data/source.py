"""Find the faces in what `data.source` names: in a table, in the parts of one, or in pictures."""

import re
from collections.abc import Sequence
from itertools import chain
from pathlib import Path, PurePath
from typing import NamedTuple

from facedenoise.data.archives import CSV_SUFFIXES, first_bytes, members
from facedenoise.data.face import Problems, Source, split_code
from facedenoise.data.face_csv import csv_table
from facedenoise.data.folder import open_folder
from facedenoise.data.parquet import MARK, parquet_table
from facedenoise.errors import InputError


class Part(NamedTuple):
    """What is read in one go: a table of a source, or all pictures of a folder."""

    file: Path  # or the folder
    name: str  # of the table, as messages call it
    split: str | None = None  # what the name of the file says, `train-00000-of-00001.parquet`, or of a folder

    def __str__(self) -> str:
        return self.name

    def open(self, noisy: Sequence[str] = ()) -> Source:
        """Open it; InputError if it cannot be read."""
        if self.file.is_dir():
            return open_folder(self.file, noisy)
        table = _tables_in(self.file, noisy, Problems())[self.name]
        faces = (face._replace(split=self.split) if face.split is None else face for face in table.faces)
        return table._replace(faces=faces)


def open_source(path: Path, noisy: Sequence[str] = ()) -> tuple[Source, list[Part]]:
    """Open Parquet files, CSVs or a folder of pictures, whichever is there; InputError if none is.

    `noisy` are the columns, or the folders beside the folder `clean`, of the noisy versions of its pictures.
    Labels and splits may be in some of several tables; a split may also be in the name of a file or a folder.
    The parts have the faces of the source, in their order.
    """
    tables = find_tables(path, noisy) or {Part(path, str(path)): open_folder(path, noisy)}
    parts = sorted(tables, key=lambda part: (split_code(part.split) or 0, part.name))
    sources = [tables[part] for part in parts]
    labelled = next((source for source in sources if source.label), sources[0])
    split = next((source.split for source in sources if source.split), None)
    faces = chain.from_iterable(source.faces for source in sources)
    return labelled._replace(faces=faces, split=split), parts


def find_tables(path: Path, noisy: Sequence[str] = ()) -> dict[Part, Source]:
    """Return the tables of faces in a file, an archive or a folder; none if a folder has none.

    Of several CSVs that one is taken which has labels and splits. InputError if a Parquet file is damaged, a
    file `path` is no table, or it is not clear what belongs together.
    """
    problems = Problems(skip=True)
    tables = {
        Part(file, name, _split_word(path, name)): table
        for file in _files(path)
        for name, table in _tables_in(file, noisy, problems).items()
    }
    csvs = [part for part in tables if not _is_parquet(part.file)]
    complete = [part for part in csvs if tables[part].label and tables[part].split]
    if len(complete) == 1 and len(csvs) == len(tables):
        return {complete[0]: tables[complete[0]]}
    if path.is_file() and not tables:
        raise InputError(problems.first)
    are_alike = len({tuple(table.pictures) for table in tables.values()}) == 1
    if len(tables) > 1 and not (are_alike and all(part.split for part in csvs)):
        names = ", ".join(sorted(part.name.removeprefix(f"{path}/") for part in tables))
        raise InputError(
            f"{path}: these tables are no parts of one: {names}; take out and name the one to read"
        )
    return tables


def _tables_in(file: Path, noisy: Sequence[str], problems: Problems) -> dict[str, Source]:
    """Return the tables in a file, by name; note what is wrong with a CSV."""
    if _is_parquet(file):
        return {str(file): parquet_table(file, noisy)}
    tables = {}
    with problems.noting(str(file)):
        for name, opener in members(file).items():
            with problems.noting(name):
                tables[name] = csv_table(name, opener, noisy)
    return tables


def _is_parquet(file: Path) -> bool:
    return file.suffix.lower() == ".parquet" or first_bytes(file).startswith(MARK)


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    found = (file for file in path.rglob("[!.]*") if file.suffix.lower() in (*CSV_SUFFIXES, ".parquet"))
    return sorted(file for file in found if file.is_file())


def _split_word(path: Path, name: str) -> str | None:
    *folders, file = PurePath(name).relative_to(path).parts or [path.name]
    words = [*re.split("[-_.]", file), *reversed(folders)]
    return next((word for word in words if split_code(word) is not None), None)
