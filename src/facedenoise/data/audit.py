"""Count what is in the splits: rows, labels, exact copies, constant images; remark on what is odd."""

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from facedenoise.data.orientation import how_turned
from facedenoise.images.fer2013 import NO_EMOTION

_DARK = 128  # images without any pixel as bright are no 8-bit grey, or underexposed
_FEW = 16  # different values: 4 bits
_SAMPLE = 1000  # images by which it is told what all seem to be
_TAKEN = "taken as they are"


def audit_splits(splits: dict[str, pl.DataFrame], labels: Sequence[str], side: int) -> dict[str, Any]:
    """Count the rows of tables with `emotion`, `digest` (equal for equal images), `constant` and `kept`.

    Returns `image_size`, which is `side`; by split `rows`, `kept`, `left_out`, `constant` (images of one
    grey), `copies` (of an earlier image of the split) and `emotions` (rows of each label); and
    `copies_across`, by pair of splits: images of the first that are also in the second. All but `kept` and
    `left_out` count before any row is left out.
    """
    pairs = combinations(splits, 2)
    across = {f"{one}_{other}": is_in(splits[one], splits[other]).sum() for one, other in pairs}
    codes = {name: code for code, name in enumerate(labels)} | {"none": NO_EMOTION}
    counts = {name: _count_split(split, codes) for name, split in splits.items()}
    return {"image_size": side, **counts, "copies_across": across}


def remarks_on(splits: dict[str, pl.DataFrame], images: NDArray[np.uint8]) -> list[str]:
    """Say, a line each, what is no error and should be known of faces and of their images (N, C, H, W)."""
    sample = images[:: -(-len(images) // _SAMPLE)]
    brightest = pl.concat([split["brightest"] for split in splits.values()]).to_numpy().max()
    remarks = [*_remarks_on_values(sample, brightest), *_remarks_on_channels(sample)]
    if how := how_turned(sample):
        remarks.append(f"on average the faces seem {how}: {_TAKEN}")
    labelled = [name for name, split in splits.items() if (split["emotion"] != NO_EMOTION).any()]
    if not labelled:
        remarks.append("no face has a label: what needs them is left out")
    elif len(labelled) < len(splits):
        remarks.append(f"labels in {' and '.join(labelled)} alone: what needs them elsewhere is left out")
    return remarks


def _remarks_on_values(images: NDArray[np.uint8], brightest: int) -> Iterator[str]:
    count = len(np.unique(images))
    if brightest < _DARK:
        yield f"no pixel is brighter than {brightest} of 255: fewer bits than the file has room for? {_TAKEN}"
    elif count <= _FEW:
        yield f"pixels seem to have only {count} different values: made from fewer bits? {_TAKEN}"


def _remarks_on_channels(images: NDArray[np.uint8]) -> Iterator[str]:
    channels = np.moveaxis(images, 1, 0)
    if len(channels) == 1:
        return
    if (channels == channels[0]).all():
        yield "the pictures seem to be all grey: `data.colour: grey` gives smaller networks"
    for name, channel in zip(("red", "green", "blue"), channels, strict=True):
        if np.ptp(channel) == 0:
            yield f"{name} seems to be {channel.flat[0]} everywhere: are these RGB values? {_TAKEN}"


def is_in(images: pl.DataFrame, others: pl.DataFrame) -> pl.Series:
    """Return whether each image has an exact copy among others; bool, shape (N,)."""
    return images["digest"].is_in(others["digest"].implode())


def _count_split(split: pl.DataFrame, codes: dict[str, int]) -> dict[str, Any]:
    return {
        "rows": len(split),
        "kept": split["kept"].sum(),
        "left_out": (~split["kept"]).sum(),
        "constant": split["constant"].sum(),
        "copies": len(split) - split["digest"].n_unique(),
        "emotions": {name: (split["emotion"] == code).sum() for name, code in codes.items()},
    }
