"""The panel: every method scored on the same pixels, image by image, then averaged."""

from collections.abc import Mapping

import pandas as pd
import torch

from facedenoise.evaluation.metrics import psnr, ssim

METRICS = {"psnr": psnr, "ssim": ssim}
DECIMALS = 4  # so that a diff of two versions shows only what changed


def score_images(
    clean: torch.Tensor, rows: torch.Tensor, denoised: Mapping[str, torch.Tensor]
) -> pd.DataFrame:
    """Score each image of each method against the clean one.

    Parameters
    ----------
    clean : torch.Tensor
        float32, shape (N, 1, H, W), values in [0, 1].
    rows : torch.Tensor
        int64, shape (N,): what names each image, its row in the CSV.
    denoised : mapping of str to torch.Tensor
        For each method its batch, as `clean`. It is scored as it is: clipped to [0, 1], but not
        rounded to 8 bits.

    Returns
    -------
    pd.DataFrame
        One row per image, in the order of the batch: `row`, then METHOD_psnr and METHOD_ssim of each
        method, rounded to 4 decimals.

    Raises
    ------
    TypeError
        If a batch is not float32.
    ValueError
        If a batch has another shape or range, or there are not as many rows as images.
    """
    columns = {
        f"{method}_{name}": metric(clean, batch)
        for method, batch in denoised.items()
        for name, metric in METRICS.items()
    }
    return pd.DataFrame({"row": rows.numpy(), **columns}).round(DECIMALS)


def mean_scores(table: pd.DataFrame) -> dict[str, dict[str, float]]:
    """Average the scores of a table over its images: PSNR in dB, not over pooled errors.

    Parameters
    ----------
    table : pd.DataFrame
        What `score_images` gave, or that table read from its file: the means are the same.

    Returns
    -------
    dict of str to dict of str to float
        ``{method: {"psnr": ..., "ssim": ...}}`` in the order of the columns, rounded to 4 decimals.

    Raises
    ------
    ValueError
        If the table has no rows.
    """
    if table.empty:
        raise ValueError("there are no images to average over")
    scores: dict[str, dict[str, float]] = {}
    for column in table.columns.drop("row"):
        method, metric = column.rsplit("_", 1)
        scores.setdefault(method, {})[metric] = round(float(table[column].mean()), DECIMALS)
    return scores
