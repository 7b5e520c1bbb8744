"""Count what is in the splits: rows, labels, exact copies, constant images; remark on what is odd."""

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from skimage.transform import resize

from facedenoise.data.labels import excerpt, is_number
from facedenoise.images.fer2013 import NO_EMOTION
from facedenoise.images.tensors import Gathered

_DARK = 128  # images without any pixel as bright are no 8-bit grey, or underexposed
_FEW = 16  # different values: 4 bits
_SAMPLE = 1000  # images by which it is told what all seem to be
_TAKEN = "taken as they are"
# The average of the drawn faces; that of photographed ones has the same dark eyes and bright cheeks.
_HALF_FACE = (
    (104, 82, 102, 126),
    (96, 95, 135, 162),
    (95, 102, 119, 145),
    (100, 112, 131, 149),
    (108, 118, 148, 156),
    (114, 114, 136, 143),
    (116, 108, 113, 115),
    (120, 112, 103, 106),
)
_FACE = np.concatenate([_HALF_FACE, np.fliplr(_HALF_FACE)], axis=1)
_LEAST_FACES, _LEAST_LIKENESS, _LEAST_LEAD = 20, 0.65, 0.1


def audit_splits(splits: dict[str, pl.DataFrame], labels: Sequence[str], side: int) -> dict[str, Any]:
    """Count the rows of tables with `emotion`, `digest` (equal for equal images), `constant` and `kept`.

    Returns `image_size`, which is `side`; by split `rows`, `kept`, `left_out`, `constant` (images of one
    grey), `copies` (of an earlier image of the split) and `emotions` (rows of each label); and
    `copies_across`, by pair of splits: images of the first that are also in the second. All but `kept` and
    `left_out` count before any row is left out.
    """
    codes = {name: code for code, name in enumerate(labels)} | {"none": NO_EMOTION}
    counts = {
        name: {
            "rows": len(split),
            "kept": split["kept"].sum(),
            "left_out": (~split["kept"]).sum(),
            "constant": split["constant"].sum(),
            "copies": len(split) - split["digest"].n_unique(),
            "emotions": {label: (split["emotion"] == code).sum() for label, code in codes.items()},
        }
        for name, split in splits.items()
    }
    pairs = combinations(splits, 2)
    across = {f"{one}_{other}": is_in(splits[one], splits[other]).sum() for one, other in pairs}
    return {"image_size": side, **counts, "copies_across": across}


def is_in(images: pl.DataFrame, others: pl.DataFrame) -> pl.Series:
    """Return whether each image has an exact copy among others; bool, shape (N,)."""
    return images["digest"].is_in(others["digest"].implode())


def remarks_on(splits: dict[str, pl.DataFrame], labels: Sequence[str], images: Gathered) -> Iterator[str]:
    """Yield, a line each, what is no error and should be known of faces and of their images (p, C, H, W)."""
    sample = images[np.arange(0, len(images), -(-len(images) // _SAMPLE))][:, 0]
    values = np.unique(sample)
    if values[-1] < _DARK or len(values) <= _FEW:
        found = f"{len(values)} different values, up to {values[-1]} of 255"
        yield f"pixels seem to have only {found}: made from fewer bits? {_TAKEN}"
    if sample.shape[1] > 1:
        if (sample == sample[:, :1]).all():
            yield "the pictures seem to be all grey: `data.colour: grey` gives smaller networks"
        for name, channel in zip(("red", "green", "blue"), np.moveaxis(sample, 1, 0), strict=True):
            if np.ptp(channel) == 0:
                yield f"{name} seems to be {channel.flat[0]} everywhere: are these RGB values? {_TAKEN}"
    if how := _how_turned(sample):
        yield f"on average the faces seem {how}: {_TAKEN}"
    yield from _remarks_on_labels(splits, labels)


def _remarks_on_labels(splits: dict[str, pl.DataFrame], labels: Sequence[str]) -> Iterator[str]:
    numbers = [excerpt(name) for name in labels if is_number(name)]
    words = [excerpt(name) for name in labels if not is_number(name)]
    if numbers and words:
        yield f"labels are both numbers and names, as {numbers[0]} and {words[0]}: {_TAKEN}"
    labelled = [name for name, split in splits.items() if (split["emotion"] != NO_EMOTION).any()]
    if not labelled:
        yield "no face has a label: what needs them is left out"
    elif len(labelled) < len(splits):
        yield f"labels in {' and '.join(labelled)} alone: what needs them elsewhere is left out"


def _how_turned(images: NDArray[np.uint8]) -> str:
    """Say how all faces of (N, C, H, W) are turned, if the opposite makes their average more like one."""
    mean = resize(images.mean(axis=(0, 1)), _FACE.shape, anti_aliasing=True)
    if len(images) < _LEAST_FACES or np.ptp(mean) == 0:
        return ""
    upright = {
        "": mean,
        "upside down": np.flipud(mean),
        "turned to the left, or to have rows for columns": mean.T,
        "turned to the right": np.rot90(mean),
        "inverted": -mean,
    }
    likeness = {how: np.corrcoef(each.ravel(), _FACE.ravel())[0, 1] for how, each in upright.items()}
    how = max(likeness, key=likeness.__getitem__)
    return how if likeness[how] > max(_LEAST_LIKENESS, likeness[""] + _LEAST_LEAD) else ""
