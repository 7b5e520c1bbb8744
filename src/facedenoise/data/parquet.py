"""Faces from Parquet files as the Hugging Face hub writes them."""

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import polars as pl

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
    files = sorted(paths, key=lambda path: (split_code(words[path] or "") or 0, path))
    schemas = {file: _read_schema(file) for file in files}
    pictures = _find_pictures(files[0], schemas[files[0]], noisy)
    for file, schema in schemas.items():
        _require_columns(file, schema, pictures)
    names = next((names for file in files if (names := _label_names(file, schemas[file]))), [])
    faces = (face for file in files for face in _faces(file, words[file], pictures, names))
    columns = known_columns(name for schema in schemas.values() for name in schema)
    by = {kind: f"column '{columns[kind]}'" if kind in columns else FILES for kind in ("label", "split")}
    return Source(faces, Labels(names, emotions="emotion" in by["label"].lower()), by["label"], by["split"])


def _read_schema(path: Path) -> pl.Schema:
    try:
        return pl.Schema(pl.read_parquet_schema(path))
    except (pl.exceptions.PolarsError, OSError) as error:
        raise _damaged(path, error) from None


def _find_pictures(path: Path, schema: pl.Schema, noisy: Sequence[str]) -> list[str]:
    """Return the columns of pictures, the clean one first."""
    pictures = [name for name, dtype in schema.items() if dtype == pl.Binary or _holds_bytes(dtype)]
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
    folders = path.relative_to(root).parts[:-1] if path != root else ()
    words = [*re.split("[-_.]", path.name), *reversed(folders)]
    return next((word for word in words if split_code(word) is not None), None)


def _holds_bytes(dtype: pl.DataType) -> bool:
    return isinstance(dtype, pl.Struct) and pl.Field("bytes", pl.Binary) in dtype.fields


def _faces(path: Path, word: str | None, pictures: list[str], names: list[str]) -> Iterator[Face]:
    listed = dict(enumerate(names))
    try:
        table = pl.scan_parquet(path)
        columns = known_columns(table.collect_schema())
        wanted = [*pictures, *(pl.col(column).alias(f"its {kind}") for kind, column in columns.items())]
        batches = table.select(wanted).collect_batches(chunk_size=_ROWS)
        rows = (row for table in batches for row in table.iter_rows(named=True))
        for number, row in enumerate(rows):
            label, split = row.get("its label"), row.get("its split", word)
            contents = {name: _content(row[name]) for name in pictures}
            name = None if label is None else listed.get(label, str(label))
            yield Face(f"{path}: row {number}", contents, name, None if split is None else str(split))
    except pl.exceptions.PolarsError as error:
        raise _damaged(path, error) from None


def _content(picture: bytes | dict[str, bytes] | None) -> bytes:
    return (picture["bytes"] if isinstance(picture, dict) else picture) or b""


def _damaged(path: Path, error: Exception) -> InputError:
    if path.is_file() and is_lfs_pointer(path):
        return InputError(f"{path}: {LFS_POINTER}")
    return InputError(f"{path}: cannot be read ({str(error).splitlines()[0]}); get it again")
