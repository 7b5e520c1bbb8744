"""Parquet files of faces as the Hugging Face hub writes them."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import polars as pl

from facedenoise.data.archives import first_bytes, readable
from facedenoise.data.face import LABEL, SPLIT, Face, Source, table
from facedenoise.errors import InputError
from facedenoise.pictures.kinds import named

MARK = b"PAR1"
"""What such a file begins with."""

_ROWS = 256  # in memory at a time


def parquet_table(path: Path, noisy: Sequence[str] = ()) -> Source:
    """Open a Parquet file as a table; InputError if it cannot be read, or has lists of labels or splits.

    Pictures are in a column of bytes, or of `{bytes, path}`; a label is a whole number, whose name the
    schema's metadata may say, or a text.
    """
    head = first_bytes(path)
    if not head.startswith(MARK) and (what := named(head, "get it again")):
        raise InputError(f"{path}: {what}")
    with readable(path):
        schema = pl.read_parquet_schema(path)
        info = json.loads(pl.read_parquet_metadata(path).get("huggingface", "{}")).get("info", {})
    fields = {name: pl.lit(None) for name in schema}  # what does not matter is not read
    pictures = []
    for name, dtype in schema.items():
        if dtype == pl.Binary or pl.Field("bytes", pl.Binary) in getattr(dtype, "fields", ()):
            fields[name] = pl.col(name) if dtype == pl.Binary else pl.col(name).struct.field("bytes")
            pictures.append(name.lower())
        elif name.lower() in LABEL + SPLIT:
            fields[name] = pl.col(name).cast(pl.String)
            if dtype.is_nested():
                raise InputError(f"{path}: column '{name}': {dtype}; give one number or text a face")
    features = {name.lower(): feature for name, feature in info.get("features", {}).items()}
    listed: list[str] = next((features[name].get("names", []) for name in LABEL if name in features), [])
    return table(str(path), [*schema], pictures, noisy, _rows(path, fields), listed=listed)


def _rows(path: Path, fields: Mapping[str, pl.Expr]) -> Iterator[Face]:
    with readable(path):
        batches = pl.scan_parquet(path).select(**fields).collect_batches(chunk_size=_ROWS)
        rows = (row for batch in batches for row in batch.iter_rows())
        for number, row in enumerate(rows):
            yield Face(f"{path}: row {number}", fields=row)
