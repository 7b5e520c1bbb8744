"""The panel: scores of all methods on the same pixels, image by image, then means with intervals."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from facedenoise.classifier.network import LabelClassifier
from facedenoise.classifier.scores import by_label
from facedenoise.evaluation.classical import Tuned
from facedenoise.evaluation.headline import HEADLINE, means
from facedenoise.evaluation.intervals import mean_interval
from facedenoise.evaluation.judge import answers
from facedenoise.evaluation.perception import gmsd, haarpsi
from facedenoise.evaluation.rounding import DECIMALS
from facedenoise.images.fidelity import psnr, ssim
from facedenoise.images.tensors import NO_LABEL

SCORES = {"psnr": psnr, "ssim": ssim, "gmsd": gmsd, "haarpsi": haarpsi}


def score_table(
    classifier: LabelClassifier,
    clean: torch.Tensor,
    rows: torch.Tensor,
    label: torch.Tensor,
    images: Mapping[str, torch.Tensor],
) -> pd.DataFrame:
    """Score each image of each method, and ask the classifier about each.

    Parameters
    ----------
    classifier : LabelClassifier
        In evaluation mode.
    clean : torch.Tensor
        float32, shape (N, C, H, W), values in [0, 1].
    rows : torch.Tensor
        int64, shape (N,): the row of each image in the CSV.
    label : torch.Tensor
        int64, shape (N,): the codes of the labels, -1 for none.
    images : mapping of str to torch.Tensor
        For each method float32, shape (N, C, H, W), values in [0, 1]. It is scored as it is: clipped to
        [0, 1], but not rounded to 8 bits.

    Returns
    -------
    pd.DataFrame
        One row per image, in the order of the batch: `row`; METHOD_psnr, METHOD_ssim, METHOD_gmsd and
        METHOD_haarpsi of each method, rounded to 4 decimals; `label`, `clean_label` (the answer on the
        clean image) and METHOD_label of each method.
    """
    given = {method: answers(classifier, batch) for method, batch in images.items()}
    labels = label_columns(label, answers(classifier, clean), given)
    return score_images(clean, rows, images).join(labels)


def score_images(clean: torch.Tensor, rows: torch.Tensor, images: Mapping[str, torch.Tensor]) -> pd.DataFrame:
    """Return the scores of `score_table` without the labels.

    Raises
    ------
    TypeError
        If a batch is not float32.
    ValueError
        If a batch has another shape or range, or there are not as many rows as images.
    """
    columns = {
        f"{method}_{name}": score(clean, batch)
        for method, batch in images.items()
        for name, score in SCORES.items()
    }
    return pd.DataFrame({"row": rows.numpy(), **columns}).round(DECIMALS)


def label_columns(
    label: torch.Tensor, clean_answers: NDArray[np.int64], answers: Mapping[str, NDArray[np.int64]]
) -> pd.DataFrame:
    """Return the labels of `score_table`: labels and answers, int64, shape (N,) each."""
    columns = {f"{method}_label": answer for method, answer in answers.items()}
    return pd.DataFrame({"label": label.numpy(), "clean_label": clean_answers, **columns})


def scores_of(table: pd.DataFrame, method: str) -> dict[str, list[NDArray[np.float64]]]:
    """Return a method's scores of all images, and how the classifier does on those that have a label.

    Each score is the mean of the means of one or more groups of images.

    Parameters
    ----------
    table : pd.DataFrame
        See `score_table`.
    method : str
        The method; `clean` has only the scores of the classifier.

    Returns
    -------
    dict of str to list of NDArray[np.float64]
        Each score image by image, in one group. If there are labelled images and the classifier is trained,
        also a 0 or 1 for each labelled image: `label_accuracy`, whether the answer is right;
        `balanced_accuracy`, the same in one group per label; `label_agreement`, whether the answer is the
        same as on the clean image.
    """
    scores = {
        name: [table[f"{method}_{name}"].to_numpy(np.float64)]
        for name in SCORES
        if f"{method}_{name}" in table
    }
    return scores | _label_scores(table, method)


def _label_scores(table: pd.DataFrame, method: str) -> dict[str, list[NDArray[np.float64]]]:
    judged = table[(table["label"] != NO_LABEL) & (table["clean_label"] != NO_LABEL)]
    if judged.empty:
        return {}
    answer, label = judged[f"{method}_label"], judged["label"]
    right = np.asarray(answer == label, np.float64)
    return {
        "label_accuracy": [right],
        "balanced_accuracy": by_label(right, label.to_numpy()),
        "label_agreement": [np.asarray(answer == judged["clean_label"], np.float64)],
    }


def summarise(table: pd.DataFrame, method: str) -> dict[str, dict[str, float]]:
    """Return the mean of each of a method's scores with its bootstrap 95% interval.

    PSNR is averaged in dB over images, not over pooled errors. ValueError if the table has no rows.
    """
    return {name: mean_interval(*groups) for name, groups in scores_of(table, method).items()}


def difference(table: pd.DataFrame, method: str, other: str) -> dict[str, dict[str, float]]:
    """Return by how much a method scores above another on the same images, with paired 95% intervals.

    `psnr`, `ssim` and, if there are labels, the accuracies each have `mean`, `low` and `high`.
    """
    of_method, of_other = scores_of(table, method), scores_of(table, other)
    stated = [name for name in HEADLINE if name in of_method]
    pairs = {name: zip(of_method[name], of_other[name], strict=True) for name in stated}
    return {name: mean_interval(*(one - two for one, two in groups)) for name, groups in pairs.items()}


def assemble_panel(
    table: pd.DataFrame,
    distances: Mapping[str, Mapping[str, float]],
    tuned: Mapping[str, Tuned],
    in_train: NDArray[np.bool_],
) -> dict[str, Any]:
    """Sum up a task: each method, the main differences, and the scores without images seen in training.

    Parameters
    ----------
    table : pd.DataFrame
        See `score_table`.
    distances : mapping of str to mapping of str to float
        Of each method `spectrum_error`, `two_sample` and `frechet`; see `facedenoise.evaluation.judge`.
    tuned : mapping of str to Tuned
        How the classical methods among them were tuned.
    in_train : NDArray[np.bool_]
        Shape (N,): which images have an exact copy among the training images.

    Returns
    -------
    dict
        For each method `strength` and `val_psnr` (classical ones), the scores of `summarise` and the
        distances. `clean`: the classifier's accuracies on the clean images.
        `best_classical`: the classical method with the highest PSNR on val. `differences`: what
        `difference` returns. `without_copies`, if any image was seen in training: the number of `faces`
        that are left, and, if there are any, each method's `psnr` and `ssim` on them.
    """
    panel: dict[str, Any] = {
        method: {**_tuning(tuned, method), **summarise(table, method), **own}
        for method, own in distances.items()
    }
    panel["clean"] = means(summarise(table, "clean"))
    panel["best_classical"] = classical = best_classical(tuned)
    panel["differences"] = {
        "unet_minus_noisy": difference(table, "unet", "noisy"),
        "unet_minus_classical": difference(table, "unet", classical),
        "gan_minus_unet": difference(table, "gan", "unet"),
    }
    if in_train.any():
        panel["without_copies"] = _without(table[~in_train], distances)
    return panel


def best_classical(tuned: Mapping[str, Tuned]) -> str:
    """Return the classical method with the highest PSNR on val."""
    return max(tuned, key=lambda method: tuned[method].psnr)


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
