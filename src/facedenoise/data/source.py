"""Find the faces in what `data.source` names: in a table, in the parts of one, or in pictures."""

import re
from collections.abc import Sequence
from pathlib import Path, PurePath

from facedenoise.data.archives import CSV_SUFFIXES, first_bytes, members
from facedenoise.data.face import Problems, Source, split_code
from facedenoise.data.face_csv import csv_table
from facedenoise.data.folder import open_folder
from facedenoise.data.parquet import MARK, parquet_table
from facedenoise.errors import InputError


def open_source(path: Path, noisy: Sequence[str] = ()) -> Source:
    """Open Parquet files, CSVs or a folder of pictures, whichever is there; InputError if none is.

    `noisy` are the columns, or the folders beside the folder `clean`, of the noisy versions of its pictures.
    Labels and splits may be in some of several tables; a split may also be in the name of a file or a folder.
    """
    tables = find_tables(path, noisy)
    if not tables:
        return open_folder(path, noisy)
    words = {name: _split_word(path, name) for name in tables}
    names = sorted(tables, key=lambda name: (split_code(words[name]) or 0, name))
    faces = (
        face._replace(split=words[name]) if face.split is None else face
        for name in names
        for face in tables[name].faces
    )
    labelled = next((table for table in tables.values() if table.label), tables[names[0]])
    split = next((table.split for table in tables.values() if table.split), None)
    return labelled._replace(faces=faces, split=split)


def find_tables(path: Path, noisy: Sequence[str] = ()) -> dict[str, Source]:
    """Return the tables of faces in a file, an archive or a folder, by name; none if a folder has none.

    Of several CSVs that one is taken which has labels and splits. InputError if a Parquet file is damaged, a
    file `path` is no table, or it is not clear what belongs together.
    """
    csvs, parquets, problems = dict[str, Source](), dict[str, Source](), Problems(skip=True)
    for file in _files(path):
        if file.suffix.lower() == ".parquet" or first_bytes(file).startswith(MARK):
            parquets[str(file)] = parquet_table(file, noisy)
            continue
        with problems.noting(str(file)):
            for name, opener in members(file).items():
                with problems.noting(name):
                    csvs[name] = csv_table(name, opener, noisy)
    complete = [name for name, table in csvs.items() if table.label and table.split]
    tables = {complete[0]: csvs[complete[0]]} if len(complete) == 1 and not parquets else csvs | parquets
    if path.is_file() and not tables:
        raise InputError(problems.first)
    are_alike = len({tuple(table.pictures) for table in tables.values()}) == 1
    if len(tables) > 1 and not (are_alike and all(_split_word(path, name) for name in csvs)):
        names = ", ".join(sorted(name.removeprefix(f"{path}/") for name in tables))
        raise InputError(
            f"{path}: these tables are no parts of one: {names}; take out and name the one to read"
        )
    return tables


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    found = (file for file in path.rglob("[!.]*") if file.suffix.lower() in (*CSV_SUFFIXES, ".parquet"))
    return sorted(file for file in found if file.is_file())


def _split_word(path: Path, name: str) -> str | None:
    """Return the split in the name of a file, `train-00000-of-00001.parquet`, else in that of a folder."""
    *folders, file = PurePath(name).relative_to(path).parts or [path.name]
    words = [*re.split("[-_.]", file), *reversed(folders)]
    return next((word for word in words if split_code(word) is not None), None)
