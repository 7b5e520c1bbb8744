"""The test faces of a task that are shown, with the scores of all."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from torch import Tensor

from facedenoise.evaluation.shown import evenly_spaced

VERSIONS = ("noisy", "unet", "gan", "classical", "clean")


class Faces(NamedTuple):
    """The scores of some faces, one row each, and their images by version, as `drawable` returns them."""

    scores: pd.DataFrame
    images: dict[str, NDArray[np.uint8]]


@dataclass(frozen=True)
class Shown:
    """What `evaluate` wrote about the test faces of a task.

    Attributes
    ----------
    title : str
        The name of the task for readers.
    table : pd.DataFrame
        `reports/eval/TASK.csv`: the scores of all test faces.
    tensors : mapping of str to Tensor
        `reports/shown/TASK.safetensors`: see `facedenoise.evaluation.shown.shown_faces`.
    """

    title: str
    table: pd.DataFrame
    tensors: Mapping[str, Tensor]

    def faces(self, group: str, count: int) -> Faces:
        """Return at most `count` faces of `even`, evenly spaced again, or the first of `best` or `worst`."""
        sizes = {name: len(self.tensors[name]) for name in ("even", "best", "worst")}
        here = evenly_spaced(sizes[group], count) if group == "even" else np.arange(sizes[group])[:count]
        before = sum(list(sizes.values())[: list(sizes).index(group)])
        scores = self.table.iloc[self.tensors[group].numpy()[here]]
        return Faces(scores, {name: drawable(self.tensors[name][before + here]) for name in VERSIONS})


def drawable(images: Tensor) -> NDArray[np.uint8]:
    """Lay out images as Pillow takes them.

    Parameters
    ----------
    images : Tensor
        uint8, shape (N, C, H, W), C = 1 or 3.

    Returns
    -------
    NDArray[np.uint8]
        Shape (N, H, W), or (N, H, W, 3) for RGB.
    """
    return (images[:, 0] if images.shape[1] == 1 else images.movedim(1, -1)).numpy()
