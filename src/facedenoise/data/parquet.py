"""Faces from Parquet files as the Hugging Face hub writes them."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import polars as pl

from facedenoise.data.face import Face, Source, split_code
from facedenoise.data.labels import Labels
from facedenoise.errors import InputError

_ROWS = 256  # in memory at a time
_LABELS, _SPLITS = ("label", "labels", "emotion"), ("split", "usage")


class _File(NamedTuple):
    path: Path
    split: str | None  # the word in its name
    columns: dict[str, str]  # of `image`, `label` and `split`, those that there are
    is_struct: bool
    names: tuple[str, ...]  # of the labels by code


def open_parquet(root: Path, paths: list[Path]) -> Source:
    """Open Parquet files in a folder, or the one that `root` is, in the order of their splits, then names.

    The image is a column of bytes, or of `{bytes, path}`; the label a whole number, whose name the schema's
    metadata may say, or a text; the split a column, else it is in the names of the files.
    Raises an InputError if a file cannot be read, has no such image, or lists other labels than another.
    """
    files = [_inspect(path, _split_word(path, root)) for path in paths]
    files.sort(key=lambda file: (split_code(file.split or "") or 0, file.path))
    if len({file.names for file in files}) > 1:
        raise InputError(f"{root}: its files list different labels; name one of them")
    columns = files[0].columns
    labels = Labels(files[0].names, emotions=columns.get("label", "").lower() == "emotion")
    split_by = f"column '{columns['split']}'" if "split" in columns else "file names"
    faces = (face for file in files for face in _faces(file))
    return Source(faces, labels, f"column '{columns.get('label')}'", split_by)


def _inspect(path: Path, split: str | None) -> _File:
    try:
        schema, metadata = pl.read_parquet_schema(path), pl.read_parquet_metadata(path)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise _damaged(path, error) from None
    images = [name for name, dtype in schema.items() if dtype == pl.Binary or _holds_bytes(dtype)]
    if len(images) != 1:
        many = f"{len(images)} columns of pictures among {', '.join(schema)}"
        raise InputError(f"{path}: {many}; give one, of bytes or of {{bytes, path}}")
    wanted = {"label": _LABELS, "split": _SPLITS}
    found = {kind: [name for name in schema if name.lower() in names] for kind, names in wanted.items()}
    columns = {"image": images[0]} | {kind: names[0] for kind, names in found.items() if names}
    features = json.loads(metadata.get("huggingface", "{}")).get("info", {}).get("features", {})
    names = tuple(features.get(columns.get("label"), {}).get("names", ()))
    return _File(path, split, columns, _holds_bytes(schema[images[0]]), names)


def _holds_bytes(dtype: pl.DataType) -> bool:
    return isinstance(dtype, pl.Struct) and pl.Field("bytes", pl.Binary) in dtype.fields


def _split_word(path: Path, root: Path) -> str | None:
    """Return the split in the name of a file, `train-00000-of-00001.parquet`, else in that of a folder."""
    folders = path.relative_to(root).parts[:-1] if path != root else ()
    words = [*re.split("[-_.]", path.name), *reversed(folders)]
    return next((word for word in words if split_code(word) is not None), None)


def _faces(file: _File) -> Iterator[Face]:
    kinds = {kind: pl.col(column) for kind, column in file.columns.items()}
    if file.is_struct:
        kinds["image"] = kinds["image"].struct.field("bytes")
    listed = dict(enumerate(file.names))
    try:
        batches = pl.scan_parquet(file.path).select(**kinds).collect_batches(chunk_size=_ROWS)
        rows = (row for table in batches for row in table.iter_rows(named=True))
        for number, row in enumerate(rows):
            label, split = row.get("label"), row.get("split", file.split)
            name = None if label is None else listed.get(label, str(label))
            fault = "" if row["image"] else "no picture, or only the name of one; embed its bytes"
            yield Face(f"{file.path}: row {number}", row["image"], name, split and str(split), fault)
    except pl.exceptions.PolarsError as error:
        raise _damaged(file.path, error) from None


def _damaged(path: Path, error: Exception) -> InputError:
    return InputError(f"{path}: cannot be read ({str(error).splitlines()[0]}); get it again")
