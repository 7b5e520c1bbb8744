"""Pictures of faces: as they are, under each noise, and denoised."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
import torch
from matplotlib.figure import Figure

from facedenoise.evaluation.shown import evenly_spaced
from facedenoise.images.tensors import NO_LABEL
from facedenoise.report.grid import Column, draw_grid
from facedenoise.report.shown import Faces, Shown, drawable
from facedenoise.report.style import METHOD_TITLES, capitalised, label_name

FACES_BY_LABEL, FACES_BY_NOISE, FACES_BY_TASK = 4, 3, 4
MOST_LABELS = 27  # three bands of the picture
SAMPLE_CELL = 120  # points; seven labels are about as wide as four of the larger faces
FACE_CELL = 240


def sample_figure(images: torch.Tensor, label: torch.Tensor, labels: Sequence[str]) -> Figure:
    """Draw faces of each label, evenly spaced over its rows; if there are many labels, of the most frequent.

    Parameters
    ----------
    images : torch.Tensor
        uint8, shape (N, C, H, W), C = 1 or 3, N at least 1.
    label : torch.Tensor
        int64, shape (N,): codes from 0, or -1 for a face without a label.
    labels : sequence of str
        The names of the labels by code.

    Returns
    -------
    Figure
        One column for each label by code, with the number of its faces; the last has faces without a label.
    """
    counts = Counter(label.tolist())
    columns = []
    for code in sorted(dict(counts.most_common(MOST_LABELS)), key=lambda code: (code == NO_LABEL, code)):
        rows = np.flatnonzero(label.numpy() == code)
        shown = rows[evenly_spaced(len(rows), FACES_BY_LABEL)]
        title = capitalised(label_name(labels, code))
        columns.append(Column(title, (f"{len(rows):,}",), drawable(images[shown])))
    note = f"{len(images):,} faces; under each label, how many"
    if len(counts) > MOST_LABELS:
        note += f"; the {MOST_LABELS} most frequent of {len(counts)}"
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
    """Show what a method makes of some faces, with scores, and at the top the means over all test faces."""
    columns = [f"{method}_{name}" for name in names]
    captions = [_caption(*scores) for scores in faces.scores[columns].itertuples(index=False)]
    return Column(title, _caption(*shown.table[columns].mean()), faces.images[method], captions)


def _caption(psnr: float, *ssim: float) -> tuple[str, ...]:
    return f"{psnr:.2f} dB", *(f"{value:.3f}" for value in ssim)
