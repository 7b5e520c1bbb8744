"""The three splits, built from any source of faces in bounded memory."""

import json
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import polars as pl

from facedenoise.data.audit import audit_splits, is_in, remarks_on
from facedenoise.data.face import SPLITS, USAGE
from facedenoise.data.labels import read_votes
from facedenoise.data.layout import MIN_SIDE
from facedenoise.data.pixels import Decoder
from facedenoise.data.reading import Reading
from facedenoise.errors import InputError
from facedenoise.files import replacing, scratch, write_json
from facedenoise.images.tensors import Gathered, save_arrays, spooled
from facedenoise.params import Data

_PIECE = 1024  # images in memory at a time
_VAL, _TEST = 1, 2
_REMEDY = "put faces into all three, or give shares, as `data.split: [0.8, 0.1, 0.1]`"
_TENSORS = {"emotion": np.int64, "row": np.int64, "in_train": np.uint8}


def write_splits(data: Data, folder: Path, audit: Path) -> list[str]:
    """Split the faces of a source; return remarks on what is no error and should be known.

    Writes `train`, `val` and `test` `.safetensors`, faces in the order of the source: `images` uint8
    (N, C, H, H), and for each name of `data.noisy` as much, `noisy/NAME`; `emotion` int64 (N,), a label or
    -1; `row` int64 (N,), which face of the source, from 0; and in val and test `in_train` uint8 (N,), 1 for
    an exact copy of an image in `train`. Their metadata has `labels`: the names by code, as JSON. What
    `audit_splits` counts goes to `audit`, with a line on each broken face that is left out. Memory grows by a
    few bytes a face. If anything is malformed or a split has no face, raises an InputError, writes nothing.
    """
    shares = None if isinstance(data.split, str) else data.split
    decoder = Decoder(data.size, MIN_SIDE, data.channels)
    with ExitStack() as stack:
        reading = Reading(data, decoder, stack.enter_context(scratch(folder)))
        labels, rows = _voted(reading, Path(data.labels)) if data.labels else reading.labelled()
        rows = _dealt(rows, shares) if shares else _given(reading, rows)
        splits = _split(rows, data.deduplicate)
        _require(reading, rows, splits)
        for name, split in splits.items():
            temporary = stack.enter_context(replacing(folder / f"{name}.safetensors"))
            _write(temporary, split.filter("kept"), reading.images, data.noisy, labels)
        remarks = [*reading.remarks, *remarks_on(splits, labels, reading.images)]
        counts = audit_splits(splits, labels, decoder.shape[-1])
        write_json(audit, {**counts, "remarks": remarks, "broken": reading.problems.lines})
    return remarks


def _voted(reading: Reading, path: Path) -> tuple[list[str], pl.DataFrame]:
    """As `labelled` does, with labels and splits from the votes of FER+, and without what is no face."""
    rows, (names, votes) = reading.labelled()[1], read_votes(path)
    if len(votes) != reading.count:
        wrong = f"{len(votes)} rows, but {reading.path} has {reading.count}"
        raise InputError(f"{path}: {wrong}; give the votes on these very faces")
    votes = votes[rows["row"]]
    same = (rows["split"] == votes["split"]).fill_null(True)
    if reading.source.split_by != USAGE:  # others call both val and test so
        same |= (rows["split"] == _TEST) & (votes["split"] == _VAL)
    if not same.all():
        wrong = f"row {rows['row'].filter(~same)[0]} is of another split than in {reading.path}"
        raise InputError(f"{path}: {wrong}; give the votes on these very faces")
    if count := (~votes["is_face"]).sum():
        reading.remarks.append(f"{count} faces are left out: most votes in {path} see none")
    return names, rows.with_columns(votes["emotion"], votes["split"]).filter(votes["is_face"])


def _given(reading: Reading, rows: pl.DataFrame) -> pl.DataFrame:
    """Take the splits as they are; without val, and without Usage, every other face of test is for val."""
    if reading.source.split_by == USAGE or rows["split"].has_nulls() or (rows["split"] == _VAL).any():
        return rows
    test = pl.col("split") == _TEST
    is_val = test & (test.cum_sum() % 2 == 1)
    return rows.with_columns(split=pl.when(is_val).then(_VAL).otherwise("split"))


def _dealt(rows: pl.DataFrame, shares: Sequence[float]) -> pl.DataFrame:
    """Deal by a hash of the pixels: copies share a split, and faces that are added later move none."""
    uniform = rows["digest"].to_numpy() / 2.0**64
    split = np.searchsorted(np.cumsum(shares)[:-1], uniform, side="right")
    return rows.with_columns(split=pl.Series(split))


def _split(rows: pl.DataFrame, deduplicate: bool) -> dict[str, pl.DataFrame]:
    """Mark the rows that are written, and those of val and test with a copy among train's."""
    train, *held_out = (rows.filter(split=code) for code in range(len(SPLITS)))
    train = train.with_columns(kept=~(is_in(train, pl.concat(held_out)) & deduplicate))
    trained = train.filter("kept")
    marked = (split.with_columns(kept=True, in_train=is_in(split, trained)) for split in held_out)
    return dict(zip(SPLITS, (train, *marked), strict=True))


def _require(reading: Reading, rows: pl.DataFrame, splits: dict[str, pl.DataFrame]) -> None:
    """Raise an InputError if a face has no split, a split has no face, or none is left to train with."""
    none = rows["row"].filter(rows["split"].is_null())
    if len(none) or any(split.is_empty() for split in splits.values()):
        counts = ", ".join(f"{len(split)} in {name} ({SPLITS[name]})" for name, split in splits.items())
        first = f", the first is number {none[0]} from 0" if len(none) else ""
        found = f"{reading.source.split_by}: {counts}, {len(none)} in no split{first}"
        raise InputError(f"{reading.path}: {found}; {_REMEDY}")
    if not splits["train"]["kept"].any():
        raise InputError(f"{reading.path}: every training face is a copy of one in val or test; add others")


def _write(path: Path, rows: pl.DataFrame, pairs: Gathered, noisy: Sequence[str], labels: list[str]) -> None:
    places = rows["place"].to_numpy()
    flat = {name: rows[name].to_numpy().astype(_TENSORS[name]) for name in _TENSORS if name in rows.columns}
    with ExitStack() as stack:
        images = {}
        for number, name in enumerate(["images", *(f"noisy/{name}" for name in noisy)]):
            starts = range(0, len(places), _PIECE)
            pieces = (pairs[places[start : start + _PIECE]][:, number] for start in starts)
            images[name] = stack.enter_context(spooled(pieces, path.parent))
        save_arrays(path, {**images, **flat}, {"labels": json.dumps(labels)})
