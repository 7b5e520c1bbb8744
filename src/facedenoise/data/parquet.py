"""Faces from Parquet files as the Hugging Face hub writes them."""

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import polars as pl

from facedenoise.data.archives import readable
from facedenoise.data.face import FILES, Face, Source, known_columns, split_code
from facedenoise.data.labels import Labels
from facedenoise.errors import InputError
from facedenoise.files import LFS_POINTER, is_lfs_pointer

_ROWS = 256  # in memory at a time


def open_parquet(root: Path, paths: list[Path], noisy: Sequence[str]) -> Source:
    """Open Parquet files in a folder, or the one that `root` is, in the order of their splits, then names.

    The image is a column of bytes, or of `{bytes, path}`; the label a whole number, whose name the schema's
    metadata may say, or a text; the split a column, else it is in the names of the files; `noisy` are columns
    of noisy versions. Labels and splits may be in some of the files. Raises an InputError if a file cannot be
    read, or has no such image.
    """
    words = {path: _split_word(path, root) for path in paths}
    files = sorted(paths, key=lambda path: (split_code(words[path]) or 0, path))
    schemas = {file: _read_schema(file) for file in files}
    pictures = _find_pictures(files[0], schemas[files[0]], noisy)
    for file, schema in schemas.items():
        _require_columns(file, schema, pictures)
    names = next((names for file in files if (names := _label_names(file, schemas[file]))), [])
    faces = (face for file in files for face in _faces(file, schemas[file], words[file], pictures, names))
    columns = known_columns(name for schema in schemas.values() for name in schema)
    split_by = f"column '{columns['split']}'" if "split" in columns else FILES
    return Source(faces, Labels(columns.get("label"), names), split_by)


def _read_schema(path: Path) -> pl.Schema:
    with readable(path):
        if is_lfs_pointer(path):
            raise InputError(f"{path}: {LFS_POINTER}")
        return pl.Schema(pl.read_parquet_schema(path))


def _find_pictures(path: Path, schema: pl.Schema, noisy: Sequence[str]) -> list[str]:
    """Return the columns of pictures, the clean one first."""
    content = pl.Field("bytes", pl.Binary)
    pictures = [
        name
        for name, dtype in schema.items()
        if dtype == pl.Binary or content in getattr(dtype, "fields", ())
    ]
    clean = [name for name in pictures if name not in noisy]
    if len(clean) != 1 or not {*noisy} <= {*pictures}:
        few = f"{len(pictures)} columns of pictures among {', '.join(schema)}"
        wanted = " and ".join(["one", *(f"'{name}' of data.noisy" for name in noisy)])
        raise InputError(f"{path}: {few}; give {wanted}, of bytes or of {{bytes, path}}")
    return [*clean, *noisy]


def _require_columns(path: Path, schema: pl.Schema, pictures: list[str]) -> None:
    if missing := [name for name in pictures if name not in schema]:
        wrong = f"no column '{missing[0]}' among {', '.join(schema)}, but other files have it"
        raise InputError(f"{path}: {wrong}; give it one name in all")
    for kind, column in known_columns(schema).items():
        if schema[column].is_nested():
            several = "structs" if schema[column] == pl.Struct else "lists"
            raise InputError(f"{path}: column '{column}': {several}; give one {kind} a face")


def _label_names(path: Path, schema: pl.Schema) -> list[str]:
    info = json.loads(pl.read_parquet_metadata(path).get("huggingface", "{}")).get("info", {})
    names: list[str] = info.get("features", {}).get(known_columns(schema).get("label"), {}).get("names", [])
    return names


def _split_word(path: Path, root: Path) -> str | None:
    """Return the split in the name of a file, `train-00000-of-00001.parquet`, else in that of a folder."""
    folders = path.relative_to(root).parts[:-1]
    words = [*re.split("[-_.]", path.name), *reversed(folders)]
    return next((word for word in words if split_code(word) is not None), None)


def _faces(
    path: Path, schema: pl.Schema, word: str | None, pictures: list[str], names: list[str]
) -> Iterator[Face]:
    listed: dict[str | None, str] = {str(code): name for code, name in enumerate(names)}
    columns = [pl.col(column).cast(pl.String).alias(kind) for kind, column in known_columns(schema).items()]
    for name in pictures:
        column = pl.col(name).struct.field("bytes") if schema[name] == pl.Struct else pl.col(name)
        columns.append(column.cast(pl.Binary).alias(f"picture {name}"))
    with readable(path):
        batches = pl.scan_parquet(path).select(columns).collect_batches(chunk_size=_ROWS)
        rows = (row for table in batches for row in table.iter_rows(named=True))
        for number, row in enumerate(rows):
            label, split = row.get("label"), row.get("split", word)
            contents = {name: row[f"picture {name}"] or b"" for name in pictures}
            yield Face(f"{path}: row {number}", contents, listed.get(label, label), split)
