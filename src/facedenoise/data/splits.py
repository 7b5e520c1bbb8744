"""The three splits, built from the rows of a CSV in bounded memory."""

import json
from contextlib import ExitStack
from hashlib import blake2b
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

import numpy as np
import polars as pl

from facedenoise.data.audit import audit_splits, is_in
from facedenoise.data.fer_csv import Block, read_blocks
from facedenoise.errors import InputError
from facedenoise.files import replacing, write_json
from facedenoise.images.fer2013 import EMOTIONS, USAGES
from facedenoise.images.streamed import Streamed, write_streamed
from facedenoise.progress import progress_bar

SPLITS = dict(zip(("train", "val", "test"), USAGES, strict=True))
"""Each split's name and its Usage in the CSV."""

_TENSORS = {"emotion": "int64", "row": "int64", "in_train": "uint8"}
_PIECE = 1024  # images in memory at a time


def write_splits(source: Path, folder: Path, audit: Path, *, deduplicate: bool, min_side: int = 1) -> None:
    """Split a CSV by its Usage column; nothing is written unless all of it is well-formed.

    Writes `train`, `val` and `test` `.safetensors`, rows in the order of the CSV: `images` uint8
    (N, 1, H, H), `emotion` int64 (N,), `row` int64 (N,), which counts the CSV's rows from 0, and in
    val and test `in_train` uint8 (N,), 1 for an exact copy of an image in `train`; in the metadata `labels`,
    a JSON list of the emotions by code. What `audit_splits` counts goes to `audit`, as JSON. To
    `deduplicate` is to leave out training rows whose pixels are also in val or test. The images wait in a
    temporary file: memory grows by a few bytes a row.

    Raises
    ------
    InputError
        If the CSV is malformed or lacks a Usage, no training row is left, or the images are smaller than
        `min_side`, in pixels.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        spool = stack.enter_context(TemporaryFile(dir=folder))
        rows, side = _read(source, spool)
        splits = _split(rows, deduplicate)
        _require(source, splits, side, min_side)
        for name, split in splits.items():
            temporary = stack.enter_context(replacing(folder / f"{name}.safetensors"))
            file = stack.enter_context(temporary.open("wb"))
            tensors = _tensors(split.filter("kept"), spool, side)
            write_streamed(file, tensors, {"labels": json.dumps(EMOTIONS)})
        write_json(audit, audit_splits(splits, side))


def _read(source: Path, spool: IO[bytes]) -> tuple[pl.DataFrame, int]:
    """Copy the images to a file; return what is remembered of each row, and the side of the images."""
    size = source.stat().st_size if source.is_file() else None
    rows = []
    with progress_bar(desc=f"reading {source.name}", total=size, unit="B", unit_scale=True) as bar:
        for block in read_blocks(source):
            spool.write(block.images.data)
            rows.append(_remembered(block))
            bar.update(block.offset - bar.n)
    return pl.concat(rows).with_row_index("row"), block.images.shape[-1]


def _remembered(block: Block) -> pl.DataFrame:
    # Among FER2013's faces, two different ones share a digest with a probability of 1 to 10^10.
    digests = b"".join(blake2b(image, digest_size=8).digest() for image in block.images)
    constant = (block.images == block.images[:, :, :1, :1]).all(axis=(1, 2, 3))
    row = {"usage": block.usage, "emotion": block.emotion.astype(np.int8), "constant": constant}
    return pl.DataFrame(row | {"digest": np.frombuffer(digests, np.uint64)})


def _split(rows: pl.DataFrame, deduplicate: bool) -> dict[str, pl.DataFrame]:
    """Mark the rows that are written, and those of val and test with a copy among train's."""
    train, *held_out = (rows.filter(usage=code) for code in range(len(SPLITS)))
    train = train.with_columns(kept=~(is_in(train, pl.concat(held_out)) & deduplicate))
    trained = train.filter("kept")
    marked = (split.with_columns(kept=True, in_train=is_in(split, trained)) for split in held_out)
    return dict(zip(SPLITS, (train, *marked), strict=True))


def _require(source: Path, splits: dict[str, pl.DataFrame], side: int, min_side: int) -> None:
    missing = [SPLITS[name] for name, split in splits.items() if split.is_empty()]
    problems = [f"column 'Usage': no row has {usage}; mark some rows so" for usage in missing]
    if not problems and not splits["train"]["kept"].any():
        problems = ["every Training row is a copy of a PublicTest or PrivateTest row; add others"]
    if side < min_side:
        problems.append(f"column 'pixels': {side} x {side}; give at least {min_side} x {min_side}")
    if problems:
        raise InputError("\n".join(f"{source}: {problem}" for problem in problems))


def _tensors(rows: pl.DataFrame, spool: IO[bytes], side: int) -> dict[str, Streamed]:
    """Return the tensors of a split's file."""
    spooled = np.memmap(spool, np.uint8, "r").reshape(-1, 1, side, side)
    pieces = (spooled[rows["row"][start : start + _PIECE]] for start in range(0, len(rows), _PIECE))
    tensors = {"images": Streamed("uint8", (len(rows), 1, side, side), pieces)}
    for name in _TENSORS.keys() & rows.columns:
        flat = rows[name].to_numpy().astype(_TENSORS[name])
        tensors[name] = Streamed(_TENSORS[name], flat.shape, [flat])
    return tensors
