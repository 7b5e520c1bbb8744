"""Count what is in the splits: rows, emotions, exact copies, constant images."""

from itertools import combinations
from typing import Any

import polars as pl

from facedenoise.images.fer2013 import EMOTIONS, NO_EMOTION

_CODES = {name: code for code, name in enumerate(EMOTIONS)} | {"none": NO_EMOTION}


def audit_splits(splits: dict[str, pl.DataFrame], side: int) -> dict[str, Any]:
    """Count the rows of tables with `emotion`, `digest` (equal for equal images), `constant` and `kept`.

    Returns
    -------
    dict
        `image_size`, which is `side`; by split `rows`, `kept`, `left_out`, `constant` (images of one grey),
        `copies` (of an earlier image of the split) and `emotions` (rows of each); and `copies_across`, by
        pair of splits: images of the first that are also in the second. All but `kept` and `left_out`
        count before any row is left out.
    """
    pairs = combinations(splits, 2)
    across = {f"{one}_{other}": is_in(splits[one], splits[other]).sum() for one, other in pairs}
    counts = {name: _count_split(split) for name, split in splits.items()}
    return {"image_size": side, **counts, "copies_across": across}


def is_in(images: pl.DataFrame, others: pl.DataFrame) -> pl.Series:
    """Return whether each image has an exact copy among others; bool, shape (N,)."""
    return images["digest"].is_in(others["digest"].implode())


def _count_split(split: pl.DataFrame) -> dict[str, Any]:
    return {
        "rows": len(split),
        "kept": split["kept"].sum(),
        "left_out": (~split["kept"]).sum(),
        "constant": split["constant"].sum(),
        "copies": len(split) - split["digest"].n_unique(),
        "emotions": {name: (split["emotion"] == code).sum() for name, code in _CODES.items()},
    }
