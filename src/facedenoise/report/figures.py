"""Pictures of faces: as they are, under each noise, and denoised."""

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd
import torch
from matplotlib.figure import Figure
from numpy.typing import NDArray

from facedenoise.data.fer2013 import EMOTIONS, NO_EMOTION
from facedenoise.report.grid import Column, draw_grid
from facedenoise.report.style import METHOD_TITLES, TASK_TITLES

EMOTION_TITLES = {code: name.capitalize() for code, name in enumerate(EMOTIONS)} | {NO_EMOTION: "No label"}
SAMPLES = 4  # faces of each emotion
SAMPLE_CELL = 120  # points; seven emotions are about as wide as four of the larger faces
FACE_CELL = 240


def evenly_spaced(count: int, shown: int) -> NDArray[np.int64]:
    """Choose which of `count` faces are shown: the middles of `shown` equal parts, looking at nothing else.

    Nobody has picked them, and whatever the models do, the same faces are shown.

    Parameters
    ----------
    count, shown : int
        How many there are, and how many to choose. With fewer than `shown`, all are.

    Returns
    -------
    NDArray[np.int64]
        Ascending, without repetition.
    """
    chosen = min(count, shown)
    return np.array([(2 * part + 1) * count // (2 * chosen) for part in range(chosen)], dtype=np.int64)


def sample_figure(images: torch.Tensor, emotion: torch.Tensor) -> Figure:
    """Draw faces of each emotion that there is, evenly spaced over its rows.

    Parameters
    ----------
    images : torch.Tensor
        uint8, shape (N, 1, H, W), N at least 1.
    emotion : torch.Tensor
        int64, shape (N,), 0 to 6, or -1 for a face without a label.

    Returns
    -------
    Figure
        One column for each emotion, with the number of its faces.
    """
    columns = []
    for label, title in EMOTION_TITLES.items():
        rows = np.flatnonzero(emotion.numpy() == label)
        if len(rows):
            shown = rows[evenly_spaced(len(rows), SAMPLES)]
            columns.append(Column(title, (f"{len(rows):,}", ""), _pixels(images[shown])))
    note = f"{len(images):,} faces; under each emotion, how many"
    return draw_grid("Training faces", note, columns, cell=SAMPLE_CELL)


def noise_figure(
    clean: torch.Tensor,
    noisy: Mapping[str, torch.Tensor],
    tables: Mapping[str, pd.DataFrame],
    shown: NDArray[np.int64],
) -> Figure:
    """Draw faces clean and under the noise of each task.

    Parameters
    ----------
    clean : torch.Tensor
        uint8, shape (N, 1, H, W): all test faces.
    noisy : mapping of str to torch.Tensor
        For each task the noisy test faces, as `clean`.
    tables : mapping of str to pd.DataFrame
        For each task the scores of all test faces, in their order.
    shown : NDArray[np.int64]
        Which faces.

    Returns
    -------
    Figure
        A column of clean faces, then one for each task with the PSNR of each face.
    """
    columns = [_clean_column(clean[shown], next(iter(tables.values()))["row"].iloc[shown])]
    for task, images in noisy.items():
        table = tables[task]
        mean = (_decibels(table["noisy_psnr"].mean()), "")
        captions = [(_decibels(value), "") for value in table["noisy_psnr"].iloc[shown]]
        columns.append(Column(TASK_TITLES[task], mean, _pixels(images[shown]), captions))
    note = f"PSNR of evenly spaced test faces; at the top, the mean of all {len(clean):,}"
    return draw_grid("The three noises", note, columns, cell=FACE_CELL)


def task_figure(
    task: str, faces: Mapping[str, torch.Tensor], table: pd.DataFrame, shown: NDArray[np.int64]
) -> Figure:
    """Draw what the denoisers of a task make of some test faces.

    Parameters
    ----------
    task : str
        The task's name.
    faces : mapping of str to torch.Tensor
        The faces that are shown, `noisy`, `unet`, `gan` and `clean`: each uint8, shape (R, 1, H, W).
    table : pd.DataFrame
        The scores of all test faces, where each number is read from.
    shown : NDArray[np.int64]
        Shape (R,): where the faces stand in the table.

    Returns
    -------
    Figure
        Noisy, U-Net, GAN, clean: a column each, with PSNR and SSIM under the faces.
    """
    scores = table.iloc[shown]
    columns = []
    for method in ("noisy", "unet", "gan"):
        psnr, ssim = f"{method}_psnr", f"{method}_ssim"
        mean = _score(table[psnr].mean(), table[ssim].mean())
        captions = [_score(*pair) for pair in zip(scores[psnr], scores[ssim], strict=True)]
        columns.append(Column(METHOD_TITLES[method], mean, _pixels(faces[method]), captions))
    columns.append(_clean_column(faces["clean"], scores["row"]))
    note = f"PSNR and SSIM of evenly spaced test faces; at the top, the means of all {len(table):,}"
    return draw_grid(TASK_TITLES[task], note, columns, cell=FACE_CELL)


def _clean_column(images: torch.Tensor, rows: Iterable[int]) -> Column:
    """Show clean faces, each with its row in the CSV."""
    return Column("Clean", ("", ""), _pixels(images), [(f"row {row}", "") for row in rows])


def _pixels(images: torch.Tensor) -> NDArray[np.uint8]:
    """Give the pixels of a uint8 batch, shape (N, H, W)."""
    return images[:, 0].numpy()


def _decibels(psnr: float) -> str:
    return f"{psnr:.2f} dB"


def _score(psnr: float, ssim: float) -> tuple[str, str]:
    return _decibels(psnr), f"{ssim:.3f}"
