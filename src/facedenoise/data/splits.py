"""The three splits, built from the rows of a CSV in bounded memory."""

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from facedenoise.data.audit import audit_splits
from facedenoise.data.fer2013 import USAGES
from facedenoise.data.fer_csv import Block, read_blocks
from facedenoise.data.spooled import SpooledSplit
from facedenoise.data.streamed import write_streamed
from facedenoise.errors import InputError
from facedenoise.files import replacing

SPLITS = dict(zip(("train", "val", "test"), USAGES, strict=True))
"""Each split's name and its Usage in the CSV."""


def write_splits(
    source: Path, folder: Path, audit: Path, *, deduplicate: bool, smallest_side: int = 1
) -> None:
    """Split a CSV by its Usage column; nothing is written unless all of it is well-formed.

    Writes `train`, `val` and `test` `.safetensors`, rows in the order of the CSV, each with
    `images` uint8 (N, 1, H, H), `emotion` int64 (N,) and `row` int64 (N,), which counts the
    CSV's rows from 0. Memory grows by a few bytes a row. Shows a progress bar.

    Parameters
    ----------
    source : Path
        A CSV that `read_blocks` accepts.
    folder : Path
        Where the three files go.
    audit : Path
        The JSON file for what `audit_splits` counts.
    deduplicate : bool
        Leave out training rows whose pixels also stand in val or test.
    smallest_side : int, default 1
        Smaller images, in pixels, are refused.

    Raises
    ------
    InputError
        If the CSV is malformed, lacks a Usage, or no training row is left, or the images are too small.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        splits = {name: stack.enter_context(SpooledSplit(folder)) for name in SPLITS}
        for block in _with_progress(source, read_blocks(source)):
            _require_size(source, block, smallest_side)
            _sort_in(block, splits)
        _require_all(source, splits)
        kept = {name: np.ones(len(split), bool) for name, split in splits.items()}
        if deduplicate:
            kept["train"] = _not_held_out(source, splits)
        _write_all(stack, folder, splits, kept)
        temporary = stack.enter_context(replacing(audit))
        temporary.write_text(json.dumps(audit_splits(splits, kept), indent=2) + "\n", encoding="utf-8")


def _with_progress(source: Path, blocks: Iterable[Block]) -> Iterator[Block]:
    """Show how much of the file has been read."""
    size = source.stat().st_size if source.is_file() else None
    with tqdm(desc=f"reading {source.name}", total=size, unit="B", unit_scale=True) as bar:
        for block in blocks:
            bar.update(block.offset - bar.n)
            yield block


def _sort_in(block: Block, splits: Mapping[str, SpooledSplit]) -> None:
    """Append each row of a block to the split of its Usage."""
    for code, split in enumerate(splits.values()):
        chosen = np.flatnonzero(block.usage == code)
        if len(chosen):
            split.add(block, chosen)


def _require_size(source: Path, block: Block, smallest_side: int) -> None:
    side = block.images.shape[-1]
    if side < smallest_side:
        raise InputError(
            f"{source}: column 'pixels': images of {side} x {side} pixels; "
            f"give at least {smallest_side} x {smallest_side}"
        )


def _require_all(source: Path, splits: Mapping[str, SpooledSplit]) -> None:
    problems = [
        f"{source}: column 'Usage': no row has {SPLITS[name]}, so {name} would be empty; mark some rows so"
        for name, split in splits.items()
        if not len(split)
    ]
    if problems:
        raise InputError("\n".join(problems))


def _not_held_out(source: Path, splits: Mapping[str, SpooledSplit]) -> NDArray[np.bool_]:
    """Mark the training rows whose pixels stand neither in val nor in test."""
    train, val, test = (splits[name] for name in SPLITS)
    kept = ~(train.found_in(val) | train.found_in(test))
    if not kept.any():
        raise InputError(
            f"{source}: every Training row is a copy of a PublicTest or PrivateTest row; add others"
        )
    return kept


def _write_all(
    stack: ExitStack,
    folder: Path,
    splits: Mapping[str, SpooledSplit],
    kept: Mapping[str, NDArray[np.bool_]],
) -> None:
    """Write the kept rows of all splits; the files appear only when the stack closes without error."""
    for name, split in splits.items():
        temporary = stack.enter_context(replacing(folder / f"{name}.safetensors"))
        file = stack.enter_context(temporary.open("wb"))
        write_streamed(file, split.tensors(kept[name]))
