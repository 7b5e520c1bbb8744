"""Pictures of faces: as they are, under each noise, and denoised."""

from collections.abc import Sequence

import numpy as np
import torch
from matplotlib.figure import Figure

from facedenoise.evaluation.shown import evenly_spaced
from facedenoise.report.grid import Column, draw_grid
from facedenoise.report.shown import Faces, Shown
from facedenoise.report.style import EMOTION_TITLES, METHOD_TITLES

FACES_BY_EMOTION, FACES_BY_NOISE, FACES_BY_TASK = 4, 3, 4
SAMPLE_CELL = 120  # points; seven emotions are about as wide as four of the larger faces
FACE_CELL = 240


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
            shown = rows[evenly_spaced(len(rows), FACES_BY_EMOTION)]
            columns.append(Column(title, (f"{len(rows):,}",), images[shown, 0].numpy()))
    note = f"{len(images):,} faces; under each emotion, how many"
    return draw_grid("Training faces", note, columns, cell=SAMPLE_CELL)


def noise_figure(tasks: Sequence[Shown]) -> Figure:
    """Draw test faces clean, then under the noise of each task with their PSNR."""
    columns = [_clean_column(tasks[0].faces("even", FACES_BY_NOISE))]
    for shown in tasks:
        faces = shown.faces("even", FACES_BY_NOISE)
        columns.append(_scored_column(shown.title, "noisy", shown, faces, ("psnr",)))
    note = f"PSNR of evenly spaced test faces; at the top, the mean of all {len(tasks[0].table):,}"
    return draw_grid("Clean and noisy faces", note, columns, cell=FACE_CELL)


def task_figure(shown: Shown) -> Figure:
    """Draw test faces noisy, as each denoiser of the task returns them, and clean, with PSNR and SSIM."""
    faces = shown.faces("even", FACES_BY_TASK)
    columns = [
        _scored_column(METHOD_TITLES[method], method, shown, faces, ("psnr", "ssim"))
        for method in ("noisy", "unet", "gan")
    ]
    note = f"PSNR and SSIM of evenly spaced test faces; at the top, the means of all {len(shown.table):,}"
    return draw_grid(shown.title, note, [*columns, _clean_column(faces)], cell=FACE_CELL)


def _clean_column(faces: Faces) -> Column:
    """Show clean faces, each with its row in the source."""
    return Column("Clean", (), faces.images["clean"], [(f"row {row}",) for row in faces.scores["row"]])


def _scored_column(title: str, method: str, shown: Shown, faces: Faces, names: Sequence[str]) -> Column:
    """Show what a method makes of some faces, with its scores; at the top their means over all test faces."""
    columns = [f"{method}_{name}" for name in names]
    captions = [_caption(*scores) for scores in faces.scores[columns].itertuples(index=False)]
    return Column(title, _caption(*shown.table[columns].mean()), faces.images[method], captions)


def _caption(psnr: float, *ssim: float) -> tuple[str, ...]:
    return f"{psnr:.2f} dB", *(f"{value:.3f}" for value in ssim)
