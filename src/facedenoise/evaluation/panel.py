"""The panel: every method scored on the same pixels, image by image, then summed up with intervals."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from facedenoise.data.fer2013 import NO_EMOTION
from facedenoise.evaluation.classical import Tuned
from facedenoise.evaluation.intervals import mean_interval
from facedenoise.evaluation.judge import Judge
from facedenoise.evaluation.metrics import psnr, ssim
from facedenoise.evaluation.perception import gmsd, haarpsi

SCORES = {"psnr": psnr, "ssim": ssim, "gmsd": gmsd, "haarpsi": haarpsi}
HEADLINE = ("psnr", "ssim", "emotion_accuracy")
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
        One row per image, in the order of the batch: `row`, then METHOD_psnr, METHOD_ssim, METHOD_gmsd
        and METHOD_haarpsi of each method, rounded to 4 decimals.

    Raises
    ------
    TypeError
        If a batch is not float32.
    ValueError
        If a batch has another shape or range, or there are not as many rows as images.
    """
    columns = {
        f"{method}_{name}": score(clean, batch)
        for method, batch in denoised.items()
        for name, score in SCORES.items()
    }
    return pd.DataFrame({"row": rows.numpy(), **columns}).round(DECIMALS)


def emotion_columns(
    emotion: torch.Tensor, clean_answers: NDArray[np.int64], answers: Mapping[str, NDArray[np.int64]]
) -> pd.DataFrame:
    """Set the classifier's answers beside the labels.

    Parameters
    ----------
    emotion : torch.Tensor
        int64, shape (N,): the labels, -1 for none.
    clean_answers : NDArray[np.int64]
        Shape (N,): what the classifier answers on the clean images.
    answers : mapping of str to NDArray[np.int64]
        For each method, what it answers on that method's images.

    Returns
    -------
    pd.DataFrame
        `emotion`, `clean_emotion` and METHOD_emotion of each method.
    """
    columns = {f"{method}_emotion": answer for method, answer in answers.items()}
    return pd.DataFrame({"emotion": emotion.numpy(), "clean_emotion": clean_answers, **columns})


def scores_of(table: pd.DataFrame, method: str) -> dict[str, NDArray[np.float64]]:
    """Give a method's scores of all images, and how the classifier does on those that have a label.

    Parameters
    ----------
    table : pd.DataFrame
        The columns of `score_images` and `emotion_columns`.
    method : str
        Of which scores; `clean` has only those of the classifier.

    Returns
    -------
    dict of str to NDArray[np.float64]
        The per-image scores; `emotion_accuracy` and `emotion_agreement` (the answer is that on the clean
        image), each 0 or 1, of the labelled images alone, and only where there are any.
    """
    scores = {
        name: table[f"{method}_{name}"].to_numpy(np.float64) for name in SCORES if f"{method}_{name}" in table
    }
    labelled = table[table["emotion"] != NO_EMOTION]
    if len(labelled):
        answer = labelled[f"{method}_emotion"]
        scores["emotion_accuracy"] = (answer == labelled["emotion"]).to_numpy(np.float64)
        scores["emotion_agreement"] = (answer == labelled["clean_emotion"]).to_numpy(np.float64)
    return scores


def summarise(table: pd.DataFrame, method: str) -> dict[str, dict[str, float]]:
    """Give the mean of each of a method's scores with its bootstrap 95% interval.

    Parameters
    ----------
    table : pd.DataFrame
        The columns of `score_images` and `emotion_columns`.
    method : str
        Of which scores.

    Returns
    -------
    dict of str to dict of str to float
        For each score `mean`, `low` and `high`. PSNR is averaged in dB over images, not over pooled errors.

    Raises
    ------
    ValueError
        If the table has no rows.
    """
    return {name: mean_interval(values) for name, values in scores_of(table, method).items()}


def difference(table: pd.DataFrame, method: str, other: str) -> dict[str, dict[str, float]]:
    """Give by how much a method scores above another on the same images, with paired 95% intervals.

    Parameters
    ----------
    table : pd.DataFrame
        The columns of `score_images` and `emotion_columns`.
    method, other : str
        The difference is `method` minus `other`.

    Returns
    -------
    dict of str to dict of str to float
        For `psnr`, `ssim` and, where there are labels, `emotion_accuracy`: `mean`, `low` and `high`.
    """
    of_method, of_other = scores_of(table, method), scores_of(table, other)
    stated = [name for name in HEADLINE if name in of_method]
    return {name: mean_interval(of_method[name] - of_other[name]) for name in stated}


def fidelity(clean: torch.Tensor, denoised: torch.Tensor) -> dict[str, float]:
    """Give the mean `psnr` and `ssim` of a batch, rounded to 4 decimals; errors as for `score_images`."""
    scores = {"psnr": psnr(clean, denoised), "ssim": ssim(clean, denoised)}
    return {name: round(float(values.mean()), DECIMALS) for name, values in scores.items()}


def assemble_panel(
    table: pd.DataFrame,
    images: Mapping[str, torch.Tensor],
    judge: Judge,
    tuned: Mapping[str, Tuned],
    seen: NDArray[np.bool_],
) -> dict[str, Any]:
    """Sum up a task: each method, the differences that matter, and all without the images seen in training.

    Parameters
    ----------
    table : pd.DataFrame
        The columns of `score_images` and `emotion_columns`.
    images : mapping of str to torch.Tensor
        The images of each method, as they were scored.
    judge : Judge
        Measures the distances between sets of images.
    tuned : mapping of str to Tuned
        How the classical methods among them were tuned.
    seen : NDArray[np.bool_]
        Shape (N,): which images have an exact copy among the training images.

    Returns
    -------
    dict
        For each method `strength` and `val_psnr` (classical ones), the scores of `summarise` and the
        distances of `Judge`; `differences`, those of `difference`; and, where any image has been seen,
        `without_copies`: the number of `faces` that are left, and, where any are, each method's `psnr` and
        `ssim` on them.
    """
    panel: dict[str, Any] = {
        method: {**_tuning(tuned, method), **summarise(table, method), **judge.distances(batch)}
        for method, batch in images.items()
    }
    classical = best_classical(tuned)
    panel["differences"] = {
        "unet_minus_noisy": difference(table, "unet", "noisy"),
        "unet_minus_classical": difference(table, "unet", classical),
        "gan_minus_unet": difference(table, "gan", "unet"),
    }
    if seen.any():
        panel["without_copies"] = _without(table[~seen], images)
    return panel


def _tuning(tuned: Mapping[str, Tuned], method: str) -> dict[str, float]:
    if method not in tuned:
        return {}
    strength = tuned[method].strength
    return {**({} if strength is None else {"strength": strength}), "val_psnr": tuned[method].psnr}


def _without(unseen: pd.DataFrame, methods: Iterable[str]) -> dict[str, Any]:
    if unseen.empty:
        return {"faces": 0}
    fidelities = {
        method: {name: mean_interval(unseen[f"{method}_{name}"]) for name in ("psnr", "ssim")}
        for method in methods
    }
    return {"faces": len(unseen), **fidelities}


def best_classical(tuned: Mapping[str, Tuned]) -> str:
    """Name the classical method with the highest PSNR on val."""
    return max(tuned, key=lambda method: tuned[method].psnr)


def headline(panel: Mapping[str, Any], best: str) -> dict[str, dict[str, Any]]:
    """Take the few figures out of a panel by which versions are compared.

    Parameters
    ----------
    panel : mapping
        For each method what `summarise` gave.
    best : str
        The method that stands for the classical ones.

    Returns
    -------
    dict
        For `noisy`, `classical`, `unet` and `gan` the means of `psnr`, `ssim` and, where there are labels,
        `emotion_accuracy`; for `classical` also the name of the `method`.
    """
    methods = {"noisy": "noisy", "classical": best, "unet": "unet", "gan": "gan"}
    figures: dict[str, dict[str, Any]] = {"noisy": {}, "classical": {"method": best}, "unet": {}, "gan": {}}
    for name, method in methods.items():
        scores = panel[method]
        figures[name] |= {score: scores[score]["mean"] for score in HEADLINE if score in scores}
    return figures
