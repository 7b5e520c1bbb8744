"""Count what stands in the splits: rows, emotions, copies, constant images."""

from collections.abc import Mapping
from itertools import combinations
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from facedenoise.data.fer2013 import EMOTIONS, NO_EMOTION
from facedenoise.data.spooled import SpooledSplit

Counts: TypeAlias = dict[str, "int | Counts"]


def audit_splits(splits: Mapping[str, SpooledSplit], kept: Mapping[str, NDArray[np.bool_]]) -> Counts:
    """Count rows, emotions, exact copies and constant images.

    All counts but `kept` and `left_out` are of the CSV, before any row is left out.

    Parameters
    ----------
    splits : mapping of str to SpooledSplit
        By name.
    kept : mapping of str to numpy.ndarray
        By name, which rows are written; bool, shape (N,).

    Returns
    -------
    dict
        `image_size`; by split `rows`, `kept`, `left_out`, `constant` (images of one grey), `copies`
        (images that stand earlier in the same split) and `emotions` (rows of each); and
        `copies_across`, by pair of splits: images of the first that also stand in the second.
    """
    counts: Counts = {"image_size": max(split.side for split in splits.values())}
    for name, split in splits.items():
        counts[name] = _count_split(split, int(kept[name].sum()))
    counts["copies_across"] = {
        f"{one}_{other}": _count_shared(splits[one], splits[other]) for one, other in combinations(splits, 2)
    }
    return counts


def _count_split(split: SpooledSplit, kept: int) -> Counts:
    return {
        "rows": len(split),
        "kept": kept,
        "left_out": len(split) - kept,
        "constant": split.constant,
        "copies": _count_copies(split),
        "emotions": _count_emotions(split),
    }


def _count_copies(split: SpooledSplit) -> int:
    ordered = split.ordered_digests
    return int((ordered[1:] == ordered[:-1]).sum())


def _count_emotions(split: SpooledSplit) -> Counts:
    """Count rows by emotion; the last count is of those without one."""
    codes = len(EMOTIONS) + 1
    counts = [np.bincount(piece - NO_EMOTION, minlength=codes) for piece in split.emotions.pieces()]
    none, *rows = np.sum(counts, axis=0).tolist()
    return dict(zip((*EMOTIONS, "none"), (*rows, none), strict=True))


def _count_shared(one: SpooledSplit, other: SpooledSplit) -> int:
    return int(one.found_in(other).sum())
