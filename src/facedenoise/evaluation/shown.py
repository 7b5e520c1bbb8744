"""The test faces that readers see: some evenly spaced, and those that gain most and least."""

from collections.abc import Mapping
from typing import Protocol

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from facedenoise.images.tensors import to_uint8

EVEN, EXTREME = 8, 4  # faces: evenly spaced; of the largest and of the smallest gain


def evenly_spaced(count: int, shown: int) -> NDArray[np.int64]:
    """Choose `shown` of `count` faces: the middles of equal parts.

    The choice depends only on these two numbers. So nobody picks faces, and all models show the same faces.

    Parameters
    ----------
    count, shown : int
        How many there are, and how many to choose. If `count` is less than `shown`, all are chosen.

    Returns
    -------
    NDArray[np.int64]
        Ascending, without repetition.
    """
    chosen = min(count, shown)
    return np.array([(2 * part + 1) * count // (2 * chosen) for part in range(chosen)], dtype=np.int64)


def choose_faces(table: pd.DataFrame) -> dict[str, NDArray[np.int64]]:
    """Choose faces from the scores of a task.

    Parameters
    ----------
    table : pd.DataFrame
        One row per test face, with `noisy_psnr` and `unet_psnr`. Equal gains stay in its order.

    Returns
    -------
    dict of str to NDArray[np.int64]
        Positions in the table: `even`; `best` and `worst` gain of the U-Net in dB, the extreme first.
    """
    gains = (table["unet_psnr"] - table["noisy_psnr"]).to_numpy()
    extremes = min(EXTREME, len(gains))
    return {
        "even": evenly_spaced(len(gains), EVEN),
        "best": np.argsort(-gains, kind="stable")[:extremes],
        "worst": np.argsort(gains, kind="stable")[:extremes],
    }


class Faces(Protocol):
    """Images that need not be in memory."""

    def __getitem__(self, places: torch.Tensor, /) -> torch.Tensor:
        """Return those at some places."""


def shown_faces(table: pd.DataFrame, images: Mapping[str, Faces]) -> dict[str, torch.Tensor]:
    """Return the positions of `choose_faces`, and the faces there, in one batch per method.

    Parameters
    ----------
    table : pd.DataFrame
        As for `choose_faces`.
    images : mapping of str to Faces
        For each method float32, shape (N, C, H, W), values in [0, 1].

    Returns
    -------
    dict of str to torch.Tensor
        `even`, `best` and `worst`: int64; for each method uint8, shape (K, C, H, W), faces in this order.
    """
    groups = choose_faces(table)
    chosen = torch.from_numpy(np.concatenate(list(groups.values())))
    positions = {name: torch.from_numpy(group) for name, group in groups.items()}
    # A network may return its colours in another memory layout, which safetensors does not write.
    return positions | {method: to_uint8(batch[chosen]).contiguous() for method, batch in images.items()}
